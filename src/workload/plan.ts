/**
 * Demand by interval: what the synthetic processes are to do, in pages. Made from the recorded flows by telling lasting
 * memory from passing one, and by moving writes from when they reached the disk to when they were made.
 */

import type { MmConfig } from '../mm/config.js'
import { balance } from './balance.js'
import { capacityOf } from './capacity.js'
import { restarted, type SeriesSamples } from './samples.js'
import { mostSlots } from './slots.js'
import { transfers } from './transfers.js'

/** All columns by interval, in pages. */
export interface DemandPlan {
  readonly length: number
  /** Anonymous memory that stays for more than a minute: taken and given back. */
  heapGrow: Float64Array
  heapShrink: Float64Array
  /** Anonymous memory that passes. */
  burstGrow: Float64Array
  burstShrink: Float64Array
  /** File pages read from disk, reads again of evicted pages included. */
  read: Float64Array
  /** Pages of mapped files faulted in from disk. */
  mapped: Float64Array
  /** File pages written, when they were made. */
  write: Float64Array
  /** File pages that reached the disk. */
  written: Float64Array
  /** Page cache at the end of the interval, estimated. */
  cache: Float64Array
  /** All pages read from the disks, swap-ins included, as recorded. */
  readIn: Float64Array
  /** Pages taken by reclaim, as recorded. */
  stolen: Float64Array
  /** Most pages ever on the heap and in bursts. */
  heapPeak: number
  burstPeak: number
  /** Pages in use before the recording that the machine description does not know of, and anonymous ones among them. */
  before: number
  anonBefore: number
  faultShare: number
  freeShare: number
  notes: string[]
}

/** Memory given back within this many seconds, or within the next interval, is passing. */
const PASSING_SECONDS = 60
/** Seconds between two commits of a journal, which write data out (ext4, xfs: 5 and 30; flusher: 5). */
export const COMMIT_SECONDS = 5

export function planDemand(samples: SeriesSamples, config: MmConfig): DemandPlan {
  const capacity = capacityOf(config)
  const moved = transfers(samples, capacity)
  const anon = balance(samples, moved, capacity)
  // The synthetic processes fault while they start, too.
  const has = (values: Float64Array): number => (values.some((v) => v > 0) ? 1 : 0)
  const processes = 2 * has(anon.grow) + 2 * has(moved.read) + 2 * has(moved.write) + has(moved.mapped)
  let debt = (processes * config.process.spawnMinorFaults) / (config.pageScale ?? 1)
  for (let i = 0; i < anon.grow.length && debt > 0; i++) {
    const part = Math.min(debt, anon.grow[i])
    anon.grow[i] -= part
    debt -= part
  }
  const stacks = splitByLife(samples, wholePages(anon.grow), wholePages(anon.shrink))
  const held = capacity.managed - capacity.free + anon.before
  return {
    length: samples.length,
    ...stacks,
    read: moved.read,
    mapped: moved.mapped,
    write: whenMade(samples, moved.write),
    written: moved.write,
    cache: anon.free.map((f, i) => Math.max(0, capacity.managed - held - f - stacks.live[i])),
    readIn: moved.readIn,
    stolen: moved.stolen,
    before: Math.min(anon.before, capacity.free),
    anonBefore: anon.anonBefore,
    faultShare: anon.faultShare,
    freeShare: anon.freeShare,
    notes: moved.notes,
  }
}

/** Rounds to whole pages; what is cut off is added to the next interval. */
function wholePages(values: Float64Array): Float64Array {
  let left = 0
  return values.map((v) => {
    const whole = Math.floor(v + left + 1e-6)
    left = Math.max(0, v + left - whole)
    return Math.max(0, whole)
  })
}

/**
 * Last taken, first given back: young memory dies first. What an interval adds is lasting as far as the least size of the
 * next minute reaches up to it, and passing above.
 */
function splitByLife(samples: SeriesSamples, grow: Float64Array, shrink: Float64Array) {
  const n = grow.length
  const top = new Float64Array(n)
  let level = 0
  for (let i = 0; i < n; i++) {
    if (restarted(samples, i)) level = 0
    shrink[i] = Math.min(shrink[i], level + grow[i])
    level += grow[i] - shrink[i]
    top[i] = level
  }
  const least = leastAhead(samples, top)
  const heapGrow = new Float64Array(n)
  const heapShrink = new Float64Array(n)
  const burstGrow = new Float64Array(n)
  const burstShrink = new Float64Array(n)
  let heap = 0
  let burst = 0
  let heapPeak = 0
  let burstPeak = 0
  for (let i = 0; i < n; i++) {
    if (restarted(samples, i)) heap = burst = 0
    const both = Math.min(grow[i], shrink[i])
    const net = grow[i] - shrink[i]
    burstGrow[i] = burstShrink[i] = both
    if (net > 0) {
      heapGrow[i] = Math.min(net, Math.max(0, least[i] - heap - burst))
      burstGrow[i] += net - heapGrow[i]
    } else {
      const fromBurst = Math.min(-net, burst)
      burstShrink[i] += fromBurst
      heapShrink[i] = Math.min(heap, -net - fromBurst)
    }
    const before = burst
    heap += heapGrow[i] - heapShrink[i]
    burst += burstGrow[i] - burstShrink[i]
    heapPeak = Math.max(heapPeak, heap)
    // Within the interval what passes is given back slot by slot, right after it was taken.
    burstPeak = Math.max(burstPeak, Math.max(before, burst) + both / mostSlots(samples.dt[i]))
  }
  return { heapGrow, heapShrink, burstGrow, burstShrink, heapPeak, burstPeak, live: top }
}

/** Least value of the next minute (at least the next interval), within the same life of the host. */
function leastAhead(samples: SeriesSamples, top: Float64Array): Float64Array {
  const n = top.length
  const out = new Float64Array(n)
  // Positions of a rising sequence of values: the first is the least of the window.
  const queue: number[] = []
  let head = 0
  let to = 0
  for (let i = 0; i < n; i++) {
    const until = Math.max(samples.t[i] + PASSING_SECONDS, samples.t[Math.min(n - 1, i + 1)])
    while (to < n && samples.segment[to] === samples.segment[i] && samples.t[to] <= until) {
      while (queue.length > head && top[queue[queue.length - 1]] >= top[to]) queue.pop()
      queue.push(to++)
    }
    while (head < queue.length && queue[head] < i) head++
    out[i] = head < queue.length ? top[queue[head]] : top[i]
    if (head > 4096) {
      queue.splice(0, head)
      head = 0
    }
  }
  return out
}

/** Spreads what reached the disk over the commit interval before it. */
function whenMade(samples: SeriesSamples, written: Float64Array): Float64Array {
  const out = new Float64Array(written.length)
  for (let i = 0; i < written.length; i++) {
    if (written[i] === 0) continue
    const start = samples.t[i] - COMMIT_SECONDS
    let first = i
    while (first > 0 && samples.t[first - 1] > start && samples.segment[first - 1] === samples.segment[i]) first--
    let span = 0
    for (let j = first; j <= i; j++) span += samples.dt[j]
    for (let j = first; j <= i; j++) out[j] += (written[i] * samples.dt[j]) / span
  }
  return out
}
