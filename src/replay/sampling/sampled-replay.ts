/**
 * Replays a sample of a trace's pages on a machine of the same fraction of the size, and reports in full size.
 *
 * The cost of a replay then follows the sample, whatever the size of the machine.
 */

import type { EventBatch } from '../../trace/events.js'
import type { ReplaySummary } from '../records.js'
import { Replay, type ReplayOptions } from '../replay.js'
import { EventSampler } from './event-sampler.js'
import { PageSample } from './page-sample.js'
import { scaleMachine } from './scale-machine.js'
import { scaledSink, scaledSummary } from './scaled-sink.js'

/** Which pages are replayed: one in `every`, a power of two; 1 for all. */
export interface Sampling {
  every: number
  seed: number
}

/** What a replay is to who feeds it. */
export type Replayer = Pick<Replay, 'feed' | 'finish'>

/** A replay of all pages, or of a sample. @param options of the whole machine and the whole trace */
export function createReplay(options: ReplayOptions, sampling: Sampling): Replayer {
  return sampling.every === 1 ? new Replay(options) : new SampledReplay(options, sampling)
}

class SampledReplay implements Replayer {
  private readonly sampler: EventSampler
  private readonly replay: Replay

  constructor(
    options: ReplayOptions,
    private readonly sampling: Sampling,
  ) {
    const { every, seed } = sampling
    this.sampler = new EventSampler(new PageSample(every, seed), options.files ?? {})
    this.replay = new Replay({
      ...options,
      config: scaleMachine(options.config, every),
      files: this.sampler.files,
      sink: scaledSink(options.sink, every),
    })
  }

  feed(batch: EventBatch): void {
    this.replay.feed(this.sampler.take(batch))
  }

  /** Events and page accesses are those of the whole trace, as far as those of the sample were replayed. */
  finish(): ReplaySummary {
    const summary = this.replay.finish()
    const { all, kept } = this.sampler
    const whole = (done: number, kept: number, all: number): number =>
      kept === 0 ? all : Math.round((done / kept) * all)
    return {
      ...scaledSummary(summary, this.sampling.every),
      events: whole(summary.events, kept.events, all.events),
      pageEvents: whole(summary.pageEvents, kept.pageEvents, all.pageEvents),
    }
  }
}
