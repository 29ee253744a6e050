/** Replays events built in a test, and gathers what is reported. */

import type { MmConfig } from '../../src/mm/config.js'
import type {
  IntervalRecord,
  KswapdCycleRecord,
  OomRecord,
  RefusedMmapRecord,
  ReplaySummary,
  StallRecord,
  ZoneIntervalRecord,
} from '../../src/replay/records.js'
import { Replay, type ReplayOptions } from '../../src/replay/replay.js'
import { type TestEvent, TraceBuilder } from './trace-builder.js'

export interface Records {
  intervals: IntervalRecord[]
  zones: ZoneIntervalRecord[]
  ooms: OomRecord[]
  stalls: StallRecord[]
  cycles: KswapdCycleRecord[]
  refused: RefusedMmapRecord[]
}

export function emptyRecords(): Records {
  return { intervals: [], zones: [], ooms: [], stalls: [], cycles: [], refused: [] }
}

export function sinkInto(r: Records): ReplayOptions['sink'] {
  return {
    interval: (x) => void r.intervals.push(x),
    zoneInterval: (x) => void r.zones.push(x),
    oom: (x) => void r.ooms.push(x),
    stall: (x) => void r.stalls.push(x),
    kswapdCycle: (x) => void r.cycles.push(x),
    refusedMmap: (x) => void r.refused.push(x),
  }
}

export interface Replayed extends Records {
  replay: Replay
  summary: ReplaySummary
}

export interface HarnessOptions extends Partial<Omit<ReplayOptions, 'config' | 'sink'>> {
  /** After each event was taken, before the next. */
  between?(replay: Replay, event: TestEvent): void
  /** Whenever an actor has run or a timer has fired. */
  afterStep?(replay: Replay): void
}

/** Enough page indices for the small machines of the tests. */
const PAGE_CAPACITY = 2 ** 16

export function replayEvents(config: MmConfig, events: Iterable<TestEvent>, options: HarnessOptions = {}): Replayed {
  const records = emptyRecords()
  const { between, afterStep, ...rest } = options
  const replay = new Replay({ config, sink: sinkInto(records), pageCapacity: PAGE_CAPACITY, ...rest })
  if (afterStep) {
    const { scheduler } = replay as unknown as { scheduler: { step(until: number): void } }
    const step = scheduler.step.bind(scheduler)
    scheduler.step = (until) => {
      step(until)
      afterStep(replay)
    }
  }
  const builder = new TraceBuilder()
  for (const event of events) {
    replay.feed(builder.batch(event))
    between?.(replay, event)
  }
  return { ...records, replay, summary: replay.finish() }
}
