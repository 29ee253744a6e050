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
import { counts, levels, restarted, type SeriesSamples } from './samples.js'
import type { Transfers } from './transfers.js'

/** Anonymous memory by interval, pages. */
export interface AnonFlows {
  /** First touches that take a page. */
  grow: Float64Array
  /** Pages given back by processes. */
  shrink: Float64Array
  /** Pages in use before the recording that the machine description does not know of. */
  before: number
  /** Free pages at the end of each interval, as the balance has it. */
  free: Float64Array
  /** Share of the minor faults that took a page, and of the unexplained frees that gave memory of a process back. */
  faultShare: number
  freeShare: number
}

export function balance(samples: SeriesSamples, transfers: Transfers, capacity: Capacity): AnonFlows {
  const faults = minorFaults(samples)
  const freed = counts(samples, 'pgfree')
  const levelFree = levels(samples, 'nr_free_pages')
  const anonLevel = levels(samples, 'nr_anon_pages')
  if (!faults) return fromLevels(samples, transfers, capacity)
  if (!freed) return blind(faults, transfers, capacity)

  const gone = freed.map((f, i) => Math.max(0, f - transfers.stolen[i]))
  let start = capacity.free
  if (levelFree) start = Math.min(start, levelFree[0] - freed[0] + taken(transfers, 0) + faults[0])
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
  const grow = faults.map((f) => f * faultShare)
  const shrink = gone.map((g) => g * freeShare)
  if (anonLevel) followLevel(samples, grow, shrink, anonLevel, transfers)

  const out = walk(samples, grow, shrink, transfers, capacity, levelFree ? start : Number.NaN)
  return { ...out, faultShare, freeShare }
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

function taken(t: Transfers, i: number): number {
  return t.read[i] + t.mapped[i] + t.swapIn[i] + t.write[i]
}

function minorFaults(samples: SeriesSamples): Float64Array | undefined {
  const all = counts(samples, 'pgfault')
  const major = counts(samples, 'pgmajfault')
  return all?.map((f, i) => Math.max(0, f - (major?.[i] ?? 0)))
}

/** Where the anonymous pages are known at each end, the difference of both flows is what they changed by. */
function followLevel(
  samples: SeriesSamples,
  grow: Float64Array,
  shrink: Float64Array,
  level: Float64Array,
  t: Transfers,
): void {
  for (let i = 1; i < grow.length; i++) {
    if (restarted(samples, i)) continue
    const net = level[i] - level[i - 1] + t.swapOut[i] - t.swapIn[i]
    grow[i] = Math.max(grow[i], net, 0)
    shrink[i] = grow[i] - net
  }
}

/**
 * Follows free memory through the recording. Where reclaim took more than a watermark boost asks for, memory was full: the
 * balance must stand near the high marks then. If it has more, frees since the last such moment are not believed (the
 * kernel counts pages that compaction looked at as freed), those that reach the oldest memory first; what is left of the
 * difference was in use before the recording, the first time, or was taken in that interval without being counted.
 * @param known free pages at the start, NaN where only the machine description says something
 */
function walk(
  samples: SeriesSamples,
  grow: Float64Array,
  shrink: Float64Array,
  t: Transfers,
  c: Capacity,
  known: number,
): Omit<AnonFlows, 'faultShare' | 'freeShare'> {
  const n = grow.length
  const free = new Float64Array(n)
  let before = Number.isNaN(known) ? 0 : Math.max(0, c.free - known)
  let level = c.free - before
  let live = 0
  let full = -1
  for (let i = 0; i < n; i++) {
    if (restarted(samples, i)) {
      level = c.free
      live = 0
      full = i
    }
    shrink[i] = Math.min(shrink[i], live + grow[i])
    const have = level + t.stolen[i] - taken(t, i)
    grow[i] = Math.min(grow[i], Math.max(0, have + shrink[i] - c.min))
    shrink[i] = Math.min(shrink[i], live + grow[i])
    level = Math.min(c.managed, have + shrink[i] - grow[i])
    live += grow[i] - shrink[i]
    free[i] = level
    if (t.stolen[i] <= c.boost) continue
    let excess = level - c.high - c.boost - shrink[i]
    for (let j = i - 1; j >= Math.max(0, full) && excess > 0; j--) {
      const doubted = Math.min(excess, shrink[j])
      shrink[j] -= doubted
      live += doubted
      for (let k = j; k <= i; k++) free[k] -= doubted
      excess -= doubted
    }
    if (excess > 0 && full < 0 && Number.isNaN(known)) {
      before = excess
      for (let k = 0; k <= i; k++) free[k] -= excess
    } else if (excess > 0) {
      grow[i] += excess
      live += excess
      free[i] -= excess
    }
    level = free[i]
    full = i
  }
  return { grow, shrink, before, free }
}

/** vmstat counts no faults: what left free memory and did not go to the page cache is anonymous. */
function fromLevels(samples: SeriesSamples, t: Transfers, c: Capacity): AnonFlows {
  const n = samples.length
  const freeLevel = levels(samples, 'nr_free_pages')
  const cached = levels(samples, 'cached')
  const buffers = levels(samples, 'buffers')
  const grow = new Float64Array(n)
  const shrink = new Float64Array(n)
  const before = freeLevel ? Math.max(0, c.free - freeLevel[0] - taken(t, 0)) : 0
  if (!freeLevel || !cached) {
    return { ...walk(samples, grow, shrink, t, c, c.free - before), faultShare: 0, freeShare: 0 }
  }
  for (let i = 1; i < n; i++) {
    if (restarted(samples, i)) continue
    const file = cached[i] - cached[i - 1] + (buffers ? buffers[i] - buffers[i - 1] : 0)
    const net = freeLevel[i - 1] - freeLevel[i] - file + t.swapOut[i] - t.swapIn[i]
    if (net > 0) grow[i] = net
    else shrink[i] = -net
  }
  for (let i = 0, live = 0; i < n; i++) {
    if (restarted(samples, i)) live = 0
    shrink[i] = Math.min(shrink[i], live)
    live += grow[i] - shrink[i]
  }
  return { grow, shrink, before, free: freeLevel, faultShare: 0, freeShare: 1 }
}

/** Faults without frees: nothing tells what was given back, so first touches end where memory and swap do. */
function blind(faults: Float64Array, t: Transfers, c: Capacity): AnonFlows {
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
