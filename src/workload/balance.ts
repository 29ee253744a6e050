/**
 * The balance of pages: how much anonymous memory a recording shows coming and going.
 *
 *   free after = free before + pages freed − pages read − pages written − first touches
 *
 * holds in every interval. `pgfree` counts what reclaim and processes gave back together, so the frees that no steal
 * explains are those of processes. Two shares remain: not every minor fault takes a page (mapped files, shared pages), and
 * not every free gives back memory of a process (the kernel's own short-lived pages). Both are taken as large as the
 * balance allows: memory never runs below its marks, and no process gives back what it never took.
 */

import type { Capacity } from './capacity.js'
import { type Churn, followFree, inferFree, cacheBefore as stolenCache } from './free-memory.js'
import { counts, levels, restarted, type SeriesSamples } from './samples.js'
import { type Transfers, taken } from './transfers.js'

/** Anonymous memory by interval, pages. */
export interface AnonFlows {
  /** First touches that take a page. */
  grow: Float64Array
  /** Pages given back by processes. */
  shrink: Float64Array
  /** Pages in use before the recording that the machine description does not know of. */
  before: number
  /** How much of that was anonymous; the rest was page cache. */
  anonBefore: number
  /** Free pages at the end of each interval, as the balance has it. */
  free: Float64Array
  /** Share of the minor faults that took a page, and of the unexplained frees that gave memory of a process back. */
  faultShare: number
  freeShare: number
}

type Flows = Omit<AnonFlows, 'anonBefore'>

/** Of memory whose use is not known, this share is anonymous at most; the rest is page cache that nobody reads again. */
const ANON_SHARE = 0.5

export function balance(samples: SeriesSamples, transfers: Transfers, capacity: Capacity): AnonFlows {
  const faults = minorFaults(samples)
  const freed = counts(samples, 'pgfree')
  const cache = stolenCache(samples, transfers, capacity)
  const flows = !faults
    ? fromLevels(samples, transfers, capacity)
    : !freed
      ? blind(faults, transfers, capacity)
      : fromCounters(samples, faults, freed, transfers, capacity, cache)
  const cached = levels(samples, 'cached')
  const anonBefore = cached
    ? flows.before - Math.max(cache, cached[0] - capacity.file)
    : Math.min(flows.before * ANON_SHARE, flows.before - cache)
  return { ...flows, anonBefore: Math.max(0, anonBefore) }
}

/** @param cache pages of the page cache that are known to have been there before */
function fromCounters(
  samples: SeriesSamples,
  faults: Float64Array,
  freed: Float64Array,
  transfers: Transfers,
  capacity: Capacity,
  cache: number,
): Flows {
  const free = levels(samples, 'nr_free_pages')
  const gone = freed.map((f, i) => Math.max(0, f - transfers.stolen[i]))
  let start = capacity.free - cache
  if (free) start = Math.min(capacity.free, free[0] - freed[0] + taken(transfers, 0) + faults[0])
  let faultShare = 1
  let freeShare = 1
  for (let round = 0; round < 2; round++) {
    faultShare = largestShare(
      faults,
      (i) => transfers.stolen[i] + freeShare * gone[i] - taken(transfers, i),
      start - capacity.low,
    )
    freeShare = largestShare(gone, (i) => faultShare * faults[i], 0)
  }
  const churn = { grow: faults.map((f) => f * faultShare), shrink: gone.map((g) => g * freeShare) }
  const used = anonLevel(samples)
  if (used) followLevel(samples, churn, used, transfers)
  const outcome = free
    ? followFree(samples, churn, transfers, capacity, free)
    : inferFree(samples, churn, transfers, capacity, cache)
  return { ...churn, ...outcome, faultShare, freeShare }
}

/** Anonymous memory as recorded; else, but for a constant, what is neither free nor cached. */
function anonLevel(samples: SeriesSamples): Float64Array | undefined {
  const anon = levels(samples, 'nr_anon_pages')
  if (anon) return anon
  const free = levels(samples, 'nr_free_pages')
  const cached = levels(samples, 'cached')
  if (!free || !cached) return undefined
  const others = [free, cached, levels(samples, 'buffers'), levels(samples, 'nr_slab')]
  return free.map((_, i) => -others.reduce((sum, level) => sum + (level?.[i] ?? 0), 0))
}

/** Largest share in [0, 1] of `part` that keeps `start + Σ (rest − share · part)` at 0 or above throughout. */
function largestShare(part: Float64Array, rest: (i: number) => number, start: number): number {
  let share = 1
  let spent = 0
  let room = Math.max(0, start)
  for (let i = 0; i < part.length; i++) {
    spent += part[i]
    room += rest(i)
    // A few pages more or less say nothing about a share.
    if (spent > 256) share = Math.min(share, Math.max(0, room) / spent)
  }
  return share
}

function minorFaults(samples: SeriesSamples): Float64Array | undefined {
  const all = counts(samples, 'pgfault')
  const major = counts(samples, 'pgmajfault')
  return all?.map((f, i) => Math.max(0, f - (major?.[i] ?? 0)))
}

/** Where the anonymous pages are known at each end, the difference of both flows is what they changed by. */
function followLevel(samples: SeriesSamples, churn: Churn, level: Float64Array, t: Transfers): void {
  const { grow, shrink } = churn
  for (let i = 1; i < grow.length; i++) {
    if (restarted(samples, i)) continue
    const net = level[i] - level[i - 1] + t.swapOut[i] - t.swapIn[i]
    grow[i] = Math.max(grow[i], net, 0)
    shrink[i] = grow[i] - net
  }
}

/** vmstat counts no faults: what left free memory and did not go to the page cache is anonymous. */
function fromLevels(samples: SeriesSamples, t: Transfers, c: Capacity): Flows {
  const n = samples.length
  const used = anonLevel(samples)
  const free = levels(samples, 'nr_free_pages')
  const churn = { grow: new Float64Array(n), shrink: new Float64Array(n) }
  if (used) followLevel(samples, churn, used, t)
  for (let i = 0, live = 0; i < n; i++) {
    if (restarted(samples, i)) live = 0
    // Noise of a level is no churn: only what is left of it counts.
    churn.shrink[i] = Math.min(churn.shrink[i], live)
    live += churn.grow[i] - churn.shrink[i]
  }
  if (!free) return { ...churn, ...inferFree(samples, churn, t, c, 0), faultShare: 0, freeShare: 0 }
  const before = Math.max(0, c.free - free[0] - taken(t, 0))
  return { ...churn, before, free, faultShare: 0, freeShare: used ? 1 : 0 }
}

/** Faults without frees: nothing tells what was given back, so first touches end where memory and swap do. */
function blind(faults: Float64Array, t: Transfers, c: Capacity): Flows {
  const n = faults.length
  const free = new Float64Array(n)
  let level = c.free
  let live = 0
  const grow = faults.map((f, i) => {
    const pages = Math.min(f, Math.max(0, c.free - c.high - live))
    live += pages
    level = Math.max(c.low, level - pages - taken(t, i))
    free[i] = level
    return pages
  })
  return { grow, shrink: new Float64Array(n), before: 0, free, faultShare: 1, freeShare: 0 }
}
