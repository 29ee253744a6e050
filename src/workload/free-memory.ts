/** Free memory through a recording, and what the balance of pages has to be corrected by so that it comes out. */

import type { AnonFlows } from './balance.js'
import type { Capacity } from './capacity.js'
import { restarted, type SeriesSamples } from './samples.js'
import { type Transfers, taken } from './transfers.js'

/** Pages taken and given back, changed in place. */
export interface Churn {
  grow: Float64Array
  shrink: Float64Array
}

/** Watermark boosts that may follow one another while memory is not full. */
const BOOSTS_IN_A_ROW = 4

/** How far above the high marks free memory may stand when an interval with reclaim ends, as a share of the machine. */
const OVERSHOOT = 0.005

type Outcome = Pick<AnonFlows, 'before' | 'free'>

/** What reclaim took and nobody was seen to bring in: page cache from before the recording, pages. */
export function cacheBefore(samples: SeriesSamples, t: Transfers, c: Capacity): number {
  let missing = 0
  let most = 0
  for (let i = 0; i < samples.length && !restarted(samples, i); i++) {
    missing += t.stolen[i] - t.read[i] - t.mapped[i] - t.write[i] - t.swapOut[i]
    most = Math.max(most, missing)
  }
  // Readahead and delayed writes shift pages between intervals.
  const slack = c.boost + 0.02 * c.managed
  return most - c.file > slack ? most - c.file : 0
}

/**
 * Follows free memory where its level is not recorded. Where reclaim took more than a watermark boost asks for, memory was
 * full: the balance must stand near the high marks then. If it has more, frees since the last such moment are not
 * believed (the kernel counts pages that compaction looked at as freed), those that reach the oldest memory first; what
 * is left of the difference was in use before the recording, the first time, or was taken without being counted.
 * @param before pages in use before the recording as far as they are known
 */
export function inferFree(samples: SeriesSamples, churn: Churn, t: Transfers, c: Capacity, before: number): Outcome {
  const { grow, shrink } = churn
  const free = new Float64Array(grow.length)
  let level = c.free - before
  let used = before
  let live = 0
  let full = -1
  let run = 0
  for (let i = 0; i < grow.length; i++) {
    if (restarted(samples, i)) {
      level = c.free
      live = run = 0
      full = i
    }
    shrink[i] = Math.min(shrink[i], live + grow[i])
    const have = level + t.stolen[i] - taken(t, i)
    grow[i] = Math.min(grow[i], Math.max(0, have + shrink[i] - c.min))
    shrink[i] = Math.min(shrink[i], live + grow[i])
    level = Math.min(c.managed, have + shrink[i] - grow[i])
    live += grow[i] - shrink[i]
    free[i] = level
    run = t.stolen[i] > 0 ? run + t.stolen[i] : 0
    if (t.stolen[i] <= c.boost && run <= BOOSTS_IN_A_ROW * c.boost) continue
    let excess = level - c.high - OVERSHOOT * c.managed - shrink[i]
    for (let j = i - 1; j >= Math.max(0, full) && excess > 0; j--) {
      const doubted = Math.min(excess, shrink[j])
      shrink[j] -= doubted
      live += doubted
      for (let k = j; k <= i; k++) free[k] -= doubted
      excess -= doubted
    }
    if (full < 0) {
      // A boost may have set reclaim going just now: only what goes beyond it is certain.
      const certain = Math.max(0, free[i] - c.high - c.boost - shrink[i])
      used += certain
      for (let k = 0; k <= i; k++) free[k] -= certain
    } else if (excess > 0) {
      grow[i] += excess
      live += excess
      free[i] -= excess
    }
    level = free[i]
    full = i
  }
  return { before: used, free }
}

/**
 * Follows the recorded level of free memory. What is missing while reclaim works was taken without being counted, and is
 * given back when there is more again. Other differences (files deleted, memory of the kernel) are let be.
 */
export function followFree(
  samples: SeriesSamples,
  churn: Churn,
  t: Transfers,
  c: Capacity,
  recorded: Float64Array,
): Outcome {
  const { grow, shrink } = churn
  const before = Math.max(0, c.free - (recorded[0] - t.stolen[0] - shrink[0] + taken(t, 0) + grow[0]))
  let level = c.free - before
  let uncounted = 0
  for (let i = 0; i < grow.length; i++) {
    if (restarted(samples, i)) {
      level = c.free
      uncounted = 0
    }
    const missing = level + t.stolen[i] + shrink[i] - taken(t, i) - grow[i] - recorded[i]
    if (missing > 0 && t.stolen[i] > 0) {
      grow[i] += missing
      uncounted += missing
    } else if (missing < 0) {
      const back = Math.min(uncounted, -missing)
      shrink[i] += back
      uncounted -= back
    }
    level = recorded[i]
  }
  return { before, free: recorded }
}
