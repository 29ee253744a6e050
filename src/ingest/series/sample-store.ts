/**
 * Samples while they are put together: tables of one recording that came one after another are joined by time here.
 * Columns of doubles that grow; one column for each name that the recording has.
 */

import type { SeriesColumn } from '../../trace/series.js'

/** What the values of a column are when they come in. */
export type ColumnKind =
  /** Per second: becomes a count as soon as the interval of its sample is known. */
  | 'rate'
  /** A count over the interval, or a level: stays as it is. */
  | 'plain'

/** Intervals of one segment, as they come out of a recording. */
export interface SampleTimes {
  readonly segment: number
  /** See {@link SampleStore.end}, {@link SampleStore.dt}. */
  readonly end: Float64Array
  readonly dt: Float64Array
  readonly line: Float64Array
  /** See {@link RowBlock.longest}. */
  readonly longest: number
}

/** Samples that columns are made ready for at once; further room stays untouched until it is needed. */
const READY = 4096
/** Room for samples once there are more than a few: copying costs more than memory that is not touched. */
const LARGE = 4096
const HUGE = 262_144

export class SampleStore {
  length = 0
  /** Changes whenever the arrays of the columns are others than before. */
  version = 0
  /**
   * Longest time from a sample's end to the next one's, where all intervals are known; infinite where that is for others
   * to find out. Counts what was handed on, too.
   */
  longestStep = 0
  /** End of the interval, seconds on the recording's own scale. */
  end = new Float64Array(256)
  /** Length of the interval, seconds; NaN while unknown. */
  dt = new Float64Array(256)
  segment = new Int32Array(256)
  line = new Float64Array(256)
  readonly columns = new Map<SeriesColumn, Float64Array>()
  readonly rates = new Set<SeriesColumn>()
  /** Columns of rates that may have impossible counts in them. */
  readonly unchecked = new Set<SeriesColumn>()
  /** The sample found last: tables that follow one another go through the same times in the same order. */
  private cursor = -1
  /** Samples that came out of order, by their time; the rest is sorted and can be searched. */
  private readonly late = new Map<number, number>()
  private sorted = 0
  /** Samples up to which the columns hold values or NaN. */
  private ready = 0
  private readonly breaks: number[] = []

  /**
   * The host was restarted right before `end`, as is found while reading or only at its end: samples from there on
   * belong to a new segment.
   */
  breakAt(end: number): void {
    if (this.breaks.includes(end)) return
    this.breaks.push(end)
    this.breaks.sort((a, b) => a - b)
  }

  /** Whether {@link breakAt} has found any restart. */
  get broken(): boolean {
    return this.breaks.length > 0
  }

  /** Restarts up to a time, among those found by {@link breakAt}. */
  breaksBefore(end: number): number {
    let n = 0
    while (n < this.breaks.length && this.breaks[n] <= end) n++
    return n
  }

  /** The sample that ends at `end`: the one that is there, or a new one. */
  sample(segment: number, end: number, dt: number, line: number): number {
    const { length } = this
    // Most samples come in the order of time, each after all others: nothing to look for.
    if (this.sorted === length && (length === 0 || end > this.end[length - 1])) {
      this.sorted++
      return this.append(segment, end, dt, line)
    }
    const known = this.find(end)
    if (known >= 0) {
      if (Number.isNaN(this.dt[known])) this.giveInterval(known, dt)
      return known
    }
    this.late.set(end, length)
    return this.append(segment, end, dt, line)
  }

  /**
   * The samples of some rows of one segment, in their order; see {@link sample}.
   * @returns the sample of the first row if those of the others follow it; else −1, and `places` got the sample of each
   *   row, from 0 on
   */
  samples(rows: SampleTimes, from: number, to: number, places: Int32Array): number {
    const { segment, end, dt, line, longest } = rows
    const first = this.length
    let i = from
    if (this.sorted === first) {
      const last = first === 0 ? Number.NEGATIVE_INFINITY : this.end[first - 1]
      i = longest > 0 && end[from] > last ? to : later(end, from, to, last)
      const step = first === 0 ? 0 : end[from] - last
      this.appendAll(rows, from, i)
      if (i > from)
        this.longestStep = longest > 0 ? Math.max(this.longestStep, longest, step) : Number.POSITIVE_INFINITY
      if (i === to) return first
      for (let k = from; k < i; k++) places[k - from] = first + k - from
    }
    for (; i < to; i++) places[i - from] = this.sample(segment, end[i], dt[i], line[i])
    return -1
  }

  /** Appends samples that come in the order of time. */
  private appendAll(rows: SampleTimes, from: number, to: number): void {
    const first = this.length
    while (this.ready < first + to - from) this.prepare()
    this.end.set(rows.end.subarray(from, to), first)
    this.dt.set(rows.dt.subarray(from, to), first)
    this.line.set(rows.line.subarray(from, to), first)
    this.length = first + to - from
    this.segment.fill(rows.segment, first, this.length)
    this.sorted = this.length
    this.cursor = this.length - 1
  }

  /** Tells the length of a sample's interval, which was not known. */
  giveInterval(sample: number, dt: number): void {
    this.dt[sample] = dt
    if (!(dt > 0)) return
    for (const column of this.rates) {
      const values = this.columns.get(column)
      if (values === undefined) continue
      values[sample] *= dt
      this.unchecked.add(column)
    }
  }

  private append(segment: number, end: number, dt: number, line: number): number {
    const i = this.length++
    if (i === this.ready) this.prepare()
    this.end[i] = end
    this.dt[i] = dt
    this.segment[i] = segment
    this.line[i] = line
    this.longestStep = Number.POSITIVE_INFINITY
    this.cursor = i
    return i
  }

  private find(end: number): number {
    const next = this.cursor + 1
    if (next < this.sorted && this.end[next] === end) {
      this.cursor = next
      return next
    }
    let low = 0
    let high = this.sorted - 1
    if (high < 0 || end > this.end[high]) return this.late.size === 0 ? -1 : (this.late.get(end) ?? -1)
    while (low < high) {
      const middle = (low + high) >> 1
      if (this.end[middle] < end) low = middle + 1
      else high = middle
    }
    if (this.end[low] !== end) return this.late.get(end) ?? -1
    this.cursor = low
    return low
  }

  /** Puts samples that came late into their places. */
  sort(): void {
    if (this.late.size === 0) return
    const order = Array.from({ length: this.length }, (_, i) => i).sort((a, b) => this.end[a] - this.end[b])
    const arrange = <T extends Float64Array | Int32Array>(values: T): void => {
      values.set(order.map((i) => values[i]))
    }
    for (const column of [this.end, this.dt, this.segment, this.line, ...this.columns.values()]) arrange(column)
    this.late.clear()
    this.sorted = this.length
    this.cursor = -1
  }

  set(sample: number, column: SeriesColumn, value: number, kind: ColumnKind): void {
    const values = this.column(column, kind)
    const dt = this.dt[sample]
    values[sample] = kind === 'rate' && dt > 0 ? value * dt : value
    if (kind === 'rate') this.unchecked.add(column)
  }

  /**
   * The values of a column, NaN where none was set. The array is another one when {@link version} has changed: whoever
   * keeps it for speed has to look.
   */
  column(column: SeriesColumn, kind: ColumnKind): Float64Array {
    let values = this.columns.get(column)
    if (values === undefined) {
      values = new Float64Array(this.end.length).fill(Number.NaN, 0, this.ready)
      this.columns.set(column, values)
      if (kind === 'rate') this.rates.add(column)
    }
    return values
  }

  /** Forgets the first `n` samples, which have been handed on; the rest must be sorted. */
  drop(n: number): void {
    this.end.copyWithin(0, n, this.length)
    this.dt.copyWithin(0, n, this.length)
    this.segment.copyWithin(0, n, this.length)
    this.line.copyWithin(0, n, this.length)
    for (const values of this.columns.values()) values.copyWithin(0, n, this.length)
    this.length -= n
    this.ready = this.length
    this.sorted = this.length
    this.cursor = -1
  }

  /** Makes room for further samples. */
  private prepare(): void {
    const from = this.ready
    if (from === this.end.length) this.grow()
    this.ready = Math.min(from + READY, this.end.length)
    for (const values of this.columns.values()) values.fill(Number.NaN, from, this.ready)
  }

  private grow(): void {
    const size = this.end.length < LARGE ? LARGE : Math.max(HUGE, this.end.length * 2)
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
    this.version++
  }
}

/** Up to where the times from `from` on are each later than the one before, the first later than `last`. */
function later(end: Float64Array, from: number, to: number, last: number): number {
  let before = last
  let i = from
  while (i < to && end[i] > before) before = end[i++]
  return i
}
