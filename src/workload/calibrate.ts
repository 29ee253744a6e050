/**
 * Calibration: trial replays under the recorded settings that settle what the counters leave open.
 *
 * Two things happen side by side. Reads again that miss the cache read from disk, so that first reads have to be fewer
 * for `pgpgin` to come out: each trial finds out by how much, interval by interval. And each open parameter is moved by
 * factors of two as long as that brings the totals of scans, steals, major faults, swapping and reads nearer to the
 * recorded ones: reads again (they decide how hard reclaim presses on anonymous memory), how fast anonymous memory is
 * touched again (it decides what swapped-out memory comes back), and the size of a burst (it decides who reclaims).
 *
 * The work is bounded by the page accesses replayed, not by time, so that the result is always the same.
 */

import type { ResolvedMachine } from '../machine/resolve.js'
import { capacityOf } from './capacity.js'
import { type Deviation, deviations, meanError } from './deviation.js'
import { DEFAULT_DEMAND, type DemandOptions } from './options.js'
import type { DemandPlan } from './plan.js'
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
  onTrial?(trial: number, point: TrialPoint): void
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

/** What one set of options came to. */
export interface TrialPoint {
  options: DemandOptions
  counters: Deviation[]
  /** Weighted mean of the counters' errors. */
  error: number
}

type Knob = 'rereads' | 'anonHalfSeconds' | 'chunkPages'

/** What each parameter may be set to. */
const LADDERS: Record<Knob, readonly number[]> = {
  rereads: [0, 0.25, 0.5, 1, 2, 4, 8],
  anonHalfSeconds: [3.75, 7.5, 15, 30, 60, 120, 240, 480],
  chunkPages: [32, 64, 128, 256],
}
const TRIALS = 20
const PAGE_EVENTS = 50e6
/** As many pages of a counter say nothing. */
const FEW_PAGES = 64
/** A step has to be worth more than the luck of a replay. */
const WORTH = 0.005

/** Settles the open parameters for a recording. @param machine as it was recorded */
export function calibrate(samples: SeriesSamples, machine: ResolvedMachine, o: CalibrateOptions = {}): Calibration {
  const search = new Search(samples, machine, o)
  const start: DemandOptions = { ...DEFAULT_DEMAND, ...o.options }
  if (!search.affordable(start)) return { options: start, counters: [], error: Number.NaN, trials: 0 }
  let best = search.at(start)
  const few = FEW_PAGES / (machine.config.pageScale ?? 1)
  // Whether a counter is worth looking at, recorded or replayed.
  const shows = (name: string): boolean =>
    best.counters.some((d) => d.name === name && Math.max(d.recorded, d.replayed) > few)
  const open = (knob: Knob): boolean => o.options?.[knob] === undefined
  if (open('rereads') && shows('pgpgin')) best = search.scan(best, 'rereads')
  if (open('anonHalfSeconds') && shows('pgmajfault')) best = search.climb(best, 'anonHalfSeconds')
  if (open('chunkPages') && shows('pgscan')) best = search.climb(best, 'chunkPages')
  return { ...best, trials: search.trials }
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
    let pages = this.standing(plan)
    for (let i = 0; i < plan.length; i++) {
      pages += plan.heapGrow[i] + plan.burstGrow[i] + plan.mapped[i] + plan.write[i] + 2 * plan.read[i]
    }
    return this.most > 0 && pages < this.mostEvents
  }

  /** Pages that have to be put into the model before a trial can start. */
  private standing(plan: DemandPlan): number {
    return plan.before + capacityOf(this.machine.config).file
  }

  /** A trial replay. */
  at(options: DemandOptions): TrialPoint {
    const readCorrection = new Float64Array(this.samples.length)
    const corrected = { ...options, readCorrection }
    const demand = reconstruct(this.samples, this.machine, corrected)
    const trial = runTrial(demand, this.machine, readCorrection)
    this.trials++
    this.spent += trial.pageEvents + this.standing(demand.plan)
    const counters = deviations(this.samples, demand.plan, trial.counters, this.machine.config.pageScale)
    const point = { options: corrected, counters, error: meanError(counters) }
    this.limits.onTrial?.(this.trials, point)
    return point
  }

  /** Tries every step of a ladder; the default's luck has to be beaten. */
  scan(from: TrialPoint, knob: Knob): TrialPoint {
    let best = from
    for (const value of LADDERS[knob]) {
      if (value !== from.options[knob] && !this.exhausted) best = this.better(best, { [knob]: value }, knob)
    }
    return best
  }

  /** Moves one parameter up its ladder, or down, as long as it helps. */
  climb(from: TrialPoint, knob: Knob): TrialPoint {
    const ladder = LADDERS[knob]
    for (const direction of [1, -1]) {
      let best = from
      for (let at = rung(ladder, from.options[knob]) + direction; ladder[at] !== undefined; at += direction) {
        if (this.exhausted) return best
        const next = this.better(best, { [knob]: ladder[at] }, knob)
        if (next === best) break
        best = next
      }
      if (best !== from) return best
    }
    return from
  }

  private get exhausted(): boolean {
    return this.trials >= this.most || this.spent >= this.mostEvents
  }

  private better(best: TrialPoint, change: Partial<DemandOptions>, knob: Knob): TrialPoint {
    // How bursty demand is shows in who reclaims, the rest does not.
    const error = (p: TrialPoint): number => meanError(p.counters, knob === 'chunkPages' ? '' : 'pgscan_direct')
    const tried = this.at({ ...best.options, ...change })
    return error(tried) < error(best) - WORTH ? tried : best
  }
}

/** Position of the nearest step. */
function rung(ladder: readonly number[], value: number): number {
  let at = 0
  for (let i = 1; i < ladder.length; i++) if (Math.abs(ladder[i] - value) < Math.abs(ladder[at] - value)) at = i
  return at
}
