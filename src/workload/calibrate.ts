/**
 * Calibration: trial replays under the recorded settings that settle what the counters leave open.
 *
 * Two things happen side by side. Reads again that miss the cache read from disk, so that first reads have to be fewer
 * for `pgpgin` to come out: each trial shows by how much, interval by interval. And each open parameter is moved by
 * factors of two as long as that brings the totals of scans, steals, major faults, swapping and reads nearer to the
 * recorded ones: reads again (they decide how hard reclaim presses on anonymous memory), how fast anonymous memory is
 * touched again (it decides what swapped-out memory comes back), and the size of a burst (it decides who reclaims).
 *
 * The work is bounded by the page accesses replayed, not by time, so that the result is always the same.
 */

import type { ResolvedMachine } from '../machine/resolve.js'
import { type Deviation, deviations, meanError } from './deviation.js'
import { DEFAULT_DEMAND, type DemandOptions } from './options.js'
import { reconstruct } from './reconstruct.js'
import type { SeriesSamples } from './samples.js'
import { runTrial } from './trial.js'

export interface CalibrateOptions {
  /** Where to begin; what is given is kept as given. */
  options?: Partial<DemandOptions>
  /** Most trial replays. */
  trials?: number
  /** Most page accesses over all trials. */
  pageEvents?: number
  /** Told after each trial. */
  onTrial?(trial: number, error: number): void
}

export interface Calibration {
  /** For {@link reconstruct}. */
  options: DemandOptions
  /** Recorded and replayed totals under the recorded settings, with what error remains. */
  counters: Deviation[]
  /** Weighted mean of the errors; NaN when the recording is too large for a trial. */
  error: number
  trials: number
}

interface Point {
  options: DemandOptions
  counters: Deviation[]
  error: number
  /** Read correction for the next trial, pages by interval. */
  next: Float64Array
}

type Knob = 'rereads' | 'anonHalfSeconds' | 'chunkPages'

/** What each parameter may be set to. */
const LADDERS: Record<Knob, readonly number[]> = {
  rereads: [0, 0.25, 0.5, 1, 2, 4, 8],
  anonHalfSeconds: [3.75, 7.5, 15, 30, 60, 120, 240, 480],
  chunkPages: [32, 64, 128, 256, 512],
}
/** In the order of how much they decide. */
const KNOBS: readonly Knob[] = ['rereads', 'anonHalfSeconds', 'rereads', 'chunkPages']
const TRIALS = 20
const PAGE_EVENTS = 50e6
/** A step has to be worth more than the luck of a replay. */
const WORTH = 0.01
/** Intervals on each side over which the read correction is smoothed: readahead reads some pages an interval early. */
const SMOOTHING = 2

/** Settles the open parameters for a recording. @param machine as it was recorded */
export function calibrate(samples: SeriesSamples, machine: ResolvedMachine, o: CalibrateOptions = {}): Calibration {
  const search = new Search(samples, machine, o)
  const start: DemandOptions = { ...DEFAULT_DEMAND, ...o.options }
  if (!search.affordable(start)) return { options: start, counters: [], error: Number.NaN, trials: 0 }
  let best = search.refine(search.at(start))
  for (const knob of KNOBS) {
    if (o.options?.[knob] === undefined) best = search.climb(best, knob)
  }
  best = search.refine(best)
  return { options: best.options, counters: best.counters, error: best.error, trials: search.trials }
}

class Search {
  trials = 0
  private spent = 0
  private readonly most: number
  private readonly mostEvents: number

  constructor(
    private readonly samples: SeriesSamples,
    private readonly machine: ResolvedMachine,
    private readonly limits: CalibrateOptions,
  ) {
    this.most = limits.trials ?? TRIALS
    this.mostEvents = limits.pageEvents ?? PAGE_EVENTS
  }

  /** Whether a recording is small enough for a trial at all. */
  affordable(options: DemandOptions): boolean {
    const { plan } = reconstruct(this.samples, this.machine, options)
    let pages = 0
    for (let i = 0; i < plan.length; i++) {
      pages += plan.heapGrow[i] + plan.burstGrow[i] + plan.mapped[i] + plan.write[i] + 2 * plan.read[i]
    }
    return this.most > 0 && pages < this.mostEvents
  }

  get exhausted(): boolean {
    return this.trials >= this.most || this.spent >= this.mostEvents
  }

  at(options: DemandOptions): Point {
    const demand = reconstruct(this.samples, this.machine, options)
    const trial = runTrial(demand, this.machine)
    this.trials++
    this.spent += trial.pageEvents
    const counters = deviations(this.samples, demand.plan, trial.counters)
    const error = meanError(counters)
    this.limits.onTrial?.(this.trials, error)
    const excess = trial.readIn.map((pages, i) => pages - demand.plan.readIn[i])
    return { options, counters, error, next: added(options.readCorrection, smoothed(excess), demand.plan.read) }
  }

  /** One more trial with the reads corrected; the better of both. */
  refine(point: Point): Point {
    if (this.exhausted) return point
    const corrected = this.at({ ...point.options, readCorrection: point.next })
    return corrected.error < point.error ? corrected : point
  }

  /** Moves one parameter up its ladder, or down, as long as it helps. */
  climb(from: Point, knob: Knob): Point {
    for (const direction of [1, -1]) {
      let best = from
      for (;;) {
        const value = LADDERS[knob].at(rung(LADDERS[knob], best.options[knob]) + direction)
        const outside = value === undefined || (value - best.options[knob]) * direction <= 0
        if (outside || this.exhausted) break
        const tried = this.at({ ...best.options, readCorrection: scaled(best, knob, value), [knob]: value })
        if (tried.error > best.error - WORTH) break
        best = tried
      }
      if (best !== from) return best
    }
    return from
  }
}

/** Position of the nearest step. */
function rung(ladder: readonly number[], value: number): number {
  let at = 0
  for (let i = 1; i < ladder.length; i++) if (Math.abs(ladder[i] - value) < Math.abs(ladder[at] - value)) at = i
  return at
}

/** Reads again in proportion read from disk in proportion. */
function scaled(from: Point, knob: Knob, value: number): Float64Array {
  const factor = knob === 'rereads' && from.options.rereads > 0 ? value / from.options.rereads : 1
  return factor === 1 ? from.next : from.next.map((pages) => pages * factor)
}

function smoothed(values: Float64Array): Float64Array {
  return values.map((_, i) => {
    const from = Math.max(0, i - SMOOTHING)
    const to = Math.min(values.length, i + SMOOTHING + 1)
    let sum = 0
    for (let j = from; j < to; j++) sum += values[j]
    return sum / (to - from)
  })
}

/** No interval is corrected by more than it read. */
function added(known: Float64Array | undefined, more: Float64Array, read: Float64Array): Float64Array {
  return more.map((pages, i) => Math.max(-read[i], Math.min(read[i], pages + (known?.[i] ?? 0))))
}
