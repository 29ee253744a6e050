/**
 * What arithmetic can put right in recorded counters, and what has to be said where it cannot. Each repair is named in
 * an issue and keeps the values as they were recorded.
 */

import type { SeriesColumn, SeriesMeta } from '../../trace/series.js'
import type { IssueList } from './issue-list.js'
import { isPossible } from './possible.js'
import type { SampleStore } from './sample-store.js'
import { repairSteal } from './steal-repair.js'

/** Median length of the known intervals, seconds; NaN when none is known. */
export function medianInterval(store: SampleStore): number {
  // Some thousands of intervals, spread over all, tell the median well enough.
  const step = Math.max(1, Math.floor(store.length / 4096))
  const lengths = new Float64Array(Math.ceil(store.length / step))
  let n = 0
  for (let i = 0; i < store.length; i += step) if (store.dt[i] > 0) lengths[n++] = store.dt[i]
  if (n === 0) return Number.NaN
  const known = lengths.subarray(0, n).sort()
  return known[known.length >> 1]
}

/** Gives samples without an interval length the median, or one second where no length is known at all. */
export function fillIntervals(store: SampleStore, median: number, issues: IssueList): void {
  if (store.longestStep < Number.POSITIVE_INFINITY) return
  for (let i = 0; i < store.length; i++) {
    if (store.dt[i] > 0) continue
    const length = Number.isNaN(median) ? 1 : median
    issues.add(
      'unknown-interval',
      `length of this interval is not known: ${length} s assumed`,
      'repaired',
      store.line[i],
    )
    store.giveInterval(i, length)
  }
}

/** Which defects of the recorder may be there, told by the reader of the format. */
export interface RecorderTraits {
  /** Counts come from sysstat, which has counted stolen pages twice and has lost scans (see steal-repair). */
  readonly sysstat: boolean
  /** The paging table has %vmeff: sysstat 8.1 to 12.7.4. */
  readonly vmeff: boolean
  /** A memory table has kbavail: sysstat 11.5.3 or later. */
  readonly kbavail: boolean
  /** The format gives each interval's own length, so that a longer distance between samples is a gap. */
  readonly ownInterval: boolean
}

/** What was found in one stretch of a long recording and holds for the rest. */
export interface RepairMemory {
  countedTwice: boolean
}

/**
 * Repairs the first `n` samples, all of whose intervals are known.
 * @returns the values before the repair of each column that was changed
 */
export function repair(
  store: SampleStore,
  n: number,
  meta: SeriesMeta,
  issues: IssueList,
  traits: RecorderTraits,
  memory: RepairMemory,
): Map<SeriesColumn, Float64Array> {
  const raw = new Map<SeriesColumn, Float64Array>()
  for (const [column, values] of store.columns) {
    const checked = store.rates.has(column) && !store.unchecked.has(column)
    if (!checked && !arePossible(values, n)) dropImpossible(store, column, n, issues, raw)
  }
  if (traits.sysstat) repairSteal(store, n, meta, issues, traits, memory, raw)
  return raw
}

/** Whether all values are possible, or not known. */
function arePossible(values: Float64Array, n: number): boolean {
  for (let i = 0; i < n; i++) if (!isPossible(values[i]) && !Number.isNaN(values[i])) return false
  return true
}

/** The column before it is changed for the first time. */
export function keepRaw(
  store: SampleStore,
  column: SeriesColumn,
  n: number,
  raw: Map<SeriesColumn, Float64Array>,
): Float64Array {
  const values = store.columns.get(column) as Float64Array
  if (!raw.has(column)) raw.set(column, values.slice(0, n))
  return values
}

function dropImpossible(
  store: SampleStore,
  column: SeriesColumn,
  n: number,
  issues: IssueList,
  raw: Map<SeriesColumn, Float64Array>,
): void {
  const values = keepRaw(store, column, n, raw)
  for (let i = 0; i < n; i++) {
    const value = values[i]
    if (isPossible(value) || Number.isNaN(value)) continue
    values[i] = Number.NaN
    issues.add(
      'impossible-value',
      `${column} of ${value} is no count: the counter was reset or wrapped`,
      'dropped',
      store.line[i],
    )
  }
}

/** Says where time is missing between samples of one segment. */
export function reportGaps(
  store: SampleStore,
  n: number,
  median: number,
  traits: RecorderTraits,
  issues: IssueList,
): void {
  const { end, dt, line } = store
  const isLong = (apart: number): boolean => apart > 1.5 * median && apart - median > 1
  if (!traits.ownInterval && !isLong(store.longestStep)) return
  for (let i = 1; i < n; i++) {
    const apart = end[i] - end[i - 1]
    if (traits.ownInterval) {
      const missing = apart - dt[i]
      if (missing <= 0.5 * dt[i] || missing <= 1 || restarted(store, i)) continue
      const message = `${Math.round(missing)} s before this interval of ${dt[i]} s are missing`
      issues.add('gap', message, 'kept', line[i])
    } else if (isLong(apart) && !restarted(store, i)) {
      issues.add('gap', `an interval of ${Math.round(apart)} s where ${median} s are usual`, 'kept', line[i])
    }
  }
}

/** Whether the host was restarted between a sample and the one before. */
function restarted(store: SampleStore, i: number): boolean {
  if (store.segment[i] !== store.segment[i - 1]) return true
  return store.breaksBefore(store.end[i]) !== store.breaksBefore(store.end[i - 1])
}
