/**
 * Samples while they are put together: tables of one recording that came one after another are joined by time here.
 * Columns of doubles that grow; one column for each name that the recording has.
 */

import type { SeriesColumn } from '../../trace/series.js'

/** What the values of a column are when they come in. */
export type ColumnKind =
  /** Per second: becomes a count when the interval is known. */
  | 'rate'
  /** A count over the interval, or a level: stays as it is. */
  | 'plain'

export class SampleStore {
  length = 0
  /** End of the interval, seconds on the recording's own scale. */
  end = new Float64Array(256)
  /** Length of the interval, seconds; NaN while unknown. */
  dt = new Float64Array(256)
  segment = new Int32Array(256)
  line = new Float64Array(256)
  readonly columns = new Map<SeriesColumn, Float64Array>()
  readonly rates = new Set<SeriesColumn>()
  private index = new Map<number, number>()
  private indexSegment = -1

  /** The sample of `segment` that ends at `end`: the one that is there, or a new one. */
  sample(segment: number, end: number, dt: number, line: number): number {
    // Tables of one segment are never mixed with those of another, so one index at a time is enough.
    if (segment !== this.indexSegment) {
      this.index.clear()
      this.indexSegment = segment
    }
    const known = this.index.get(end)
    if (known !== undefined) {
      if (Number.isNaN(this.dt[known])) this.dt[known] = dt
      return known
    }
    const i = this.length++
    if (i === this.end.length) this.grow()
    this.end[i] = end
    this.dt[i] = dt
    this.segment[i] = segment
    this.line[i] = line
    for (const values of this.columns.values()) values[i] = Number.NaN
    this.index.set(end, i)
    return i
  }

  set(sample: number, column: SeriesColumn, value: number, kind: ColumnKind): void {
    let values = this.columns.get(column)
    if (values === undefined) {
      values = new Float64Array(this.end.length).fill(Number.NaN)
      this.columns.set(column, values)
      if (kind === 'rate') this.rates.add(column)
    }
    values[sample] = value
  }

  /** Forgets the first `n` samples, which have been handed on. */
  drop(n: number): void {
    this.end.copyWithin(0, n, this.length)
    this.dt.copyWithin(0, n, this.length)
    this.segment.copyWithin(0, n, this.length)
    this.line.copyWithin(0, n, this.length)
    for (const values of this.columns.values()) values.copyWithin(0, n, this.length)
    this.length -= n
    const index = new Map<number, number>()
    for (const [end, i] of this.index) if (i >= n) index.set(end, i - n)
    this.index = index
  }

  private grow(): void {
    const size = this.end.length * 2
    const wider = (old: Float64Array): Float64Array<ArrayBuffer> => {
      const grown = new Float64Array(size)
      grown.set(old)
      return grown
    }
    this.end = wider(this.end)
    this.dt = wider(this.dt)
    this.line = wider(this.line)
    const segment = new Int32Array(size)
    segment.set(this.segment)
    this.segment = segment
    for (const [name, values] of this.columns) this.columns.set(name, wider(values))
  }
}
