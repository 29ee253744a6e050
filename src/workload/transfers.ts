/**
 * What went to and came from the disks in each interval, told apart: file reads, mapped-file faults, swap-ins, file
 * writes, swap-outs. `pgpgin` and `pgpgout` count them together, in KiB.
 */

import type { Capacity } from './capacity.js'
import { counts, type SeriesSamples } from './samples.js'

/** Pages by interval. */
export interface Transfers {
  /** File pages read by read(). */
  read: Float64Array
  /** Major faults on mapped files, a page each. */
  mapped: Float64Array
  swapIn: Float64Array
  /** All of them together. */
  readIn: Float64Array
  /** File pages written back. */
  write: Float64Array
  swapOut: Float64Array
  /** Pages taken by reclaim. */
  stolen: Float64Array
  /** Major faults that swap-ins explain. */
  swapFaults: Float64Array
  notes: string[]
}

/** Pages that an interval's transfers took from free memory. */
export function taken(t: Transfers, i: number): number {
  return t.read[i] + t.mapped[i] + t.swapIn[i] + t.write[i]
}

/** KiB in a page. */
const PAGE_KB = 4
/** Pages read for one major fault on swap: readahead finds little for scattered faults. */
const PAGES_PER_SWAP_FAULT = 1.1
/** Swapped-out pages for each that comes back, at least and at most, where the recording does not count them. */
const OUT_PER_IN = 2
const MOST_OUT_PER_IN = 25

export function transfers(samples: SeriesSamples, capacity: Capacity): Transfers {
  const n = samples.length
  const zeros = (): Float64Array => new Float64Array(n)
  const pages = (column: 'pgpgin' | 'pgpgout'): Float64Array =>
    counts(samples, column)?.map((kb) => kb / PAGE_KB) ?? zeros()
  const into = pages('pgpgin')
  const out = pages('pgpgout')
  const major = counts(samples, 'pgmajfault') ?? zeros()
  const notes: string[] = []
  if (!counts(samples, 'pgfault') && !counts(samples, 'nr_free_pages')) {
    notes.push('neither faults nor free memory recorded: anonymous memory is not known, only file reads are replayed')
  }
  const taken = stolen(samples, notes)

  let swapIn = counts(samples, 'pswpin')
  let swapOut = counts(samples, 'pswpout')
  if (!swapIn && !swapOut && capacity.swap > 0) ({ swapIn, swapOut } = inferSwap(samples, major, into, out, taken))
  swapIn = atMost(swapIn ?? zeros(), into)
  swapOut = atMost(swapOut ?? zeros(), out)

  // Majors that no swap-in explains read mapped files: a page each, and they are a part of pgpgin too.
  const swapFaults = major.map((m, i) => Math.min(m, (swapIn as Float64Array)[i]))
  const mapped = atMost(
    major.map((m, i) => m - swapFaults[i]),
    into.map((p, i) => p - (swapIn as Float64Array)[i]),
  )
  return {
    read: into.map((p, i) => p - (swapIn as Float64Array)[i] - mapped[i]),
    mapped,
    swapIn,
    readIn: into,
    write: out.map((p, i) => p - (swapOut as Float64Array)[i]),
    swapOut,
    stolen: taken,
    swapFaults,
    notes,
  }
}

function atMost(values: Float64Array, limit: Float64Array): Float64Array {
  return values.map((v, i) => Math.min(v, limit[i]))
}

/**
 * Swapping where only faults and transfers are known. A page comes back that went out before, so major faults can be
 * swap-ins only as far as there were writes to the disks while reclaim ran. Of these writes those are swap-outs that go
 * beyond what was written at other times, or that swap-ins ask for; and each was a page looked at and not taken.
 */
function inferSwap(
  samples: SeriesSamples,
  major: Float64Array,
  into: Float64Array,
  out: Float64Array,
  taken: Float64Array,
): { swapIn: Float64Array; swapOut: Float64Array } {
  const n = samples.length
  const scans = scanned(samples)
  const used = samples.columns.get('swap_used')?.[0] ?? 0
  const swapIn = new Float64Array(n)
  const swapOut = new Float64Array(n)
  let inSwap = Number.isFinite(used) ? used : 0
  const under = { seconds: 0, out: 0, kept: 0 }
  const rest = { seconds: 0, out: 0 }
  let back = 0
  for (let i = 0; i < n; i++) {
    if (scans[i] > 0) {
      under.seconds += samples.dt[i]
      under.out += out[i]
      under.kept += Math.max(0, scans[i] - taken[i])
      inSwap += out[i]
    } else {
      rest.seconds += samples.dt[i]
      rest.out += out[i]
    }
    swapIn[i] = Math.min(major[i] * PAGES_PER_SWAP_FAULT, into[i], inSwap)
    inSwap -= swapIn[i]
    back += swapIn[i]
  }
  if (under.out === 0) return { swapIn, swapOut }
  const usual = rest.seconds > 0 ? (rest.out / rest.seconds) * under.seconds : under.out
  const beyond = usual < under.out / 2 ? under.out - usual : 0
  const total = Math.min(under.out, under.kept, MOST_OUT_PER_IN * back, Math.max(beyond, OUT_PER_IN * back))
  const share = total / under.out
  for (let i = 0; i < n; i++) if (scans[i] > 0) swapOut[i] = share * out[i]
  return { swapIn, swapOut }
}

function scanned(samples: SeriesSamples): Float64Array {
  const kswapd = counts(samples, 'pgscan_kswapd')
  const direct = counts(samples, 'pgscan_direct')
  return Float64Array.from({ length: samples.length }, (_, i) => (kswapd?.[i] ?? 0) + (direct?.[i] ?? 0))
}

/** Pages reclaimed; sysstat before 12.7.9 adds them up twice on kernels since 5.8, which shows as more than were scanned. */
function stolen(samples: SeriesSamples, notes: string[]): Float64Array {
  const n = samples.length
  const kswapd = counts(samples, 'pgsteal_kswapd')
  const direct = counts(samples, 'pgsteal_direct')
  const sum =
    counts(samples, 'pgsteal') ?? Float64Array.from({ length: n }, (_, i) => (kswapd?.[i] ?? 0) + (direct?.[i] ?? 0))
  const freed = counts(samples, 'pgfree')
  const scans = scanned(samples)
  let twice = 0
  let seen = 0
  for (let i = 0; i < n; i++) {
    if (sum[i] < 64) continue
    const limit = scans[i] > 0 ? scans[i] : Number.POSITIVE_INFINITY
    seen += sum[i]
    if (sum[i] > 1.05 * Math.min(limit, freed?.[i] ?? Number.POSITIVE_INFINITY)) twice += sum[i]
  }
  if (seen === 0 || twice < 0.1 * seen) return sum
  notes.push('more pages were stolen than scanned or freed: pgsteal is taken as counted twice')
  return sum.map((s) => s / 2)
}
