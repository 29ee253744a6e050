/**
 * Rows of one table on their way from a reader to those who listen: some hundreds at a time, so that each of them goes
 * through the values column by column, in short loops over arrays, instead of being called for every row.
 */

/** Values of one row at most; sar's widest memory table has 17. */
export const MAX_VALUES = 64

/** Rows that are handed on at once. No power of two: all columns would share a few sets of the first cache. */
export const BLOCK_ROWS = 1000

/** Rows from which on a pass over all of them at once is worth its call: live output of many tables has one at a time. */
export const SOME_ROWS = 16

/** Arrays of a block that somebody else fills. `values` has room for as many columns as there can be. */
export type GivenArrays = Pick<RowBlock, 'clock' | 'end' | 'dt' | 'line' | 'values'>

/** Rows of one table and one segment that followed one another. Filled again and again: copy what is to be kept. */
export class RowBlock {
  length = 0
  /** Values of a row, as many as the table has columns; see {@link widen}. */
  width = 0
  /** Counted up at each restart that rows follow. */
  segment = 0
  /** Seconds of the day as printed; NaN where a date is printed. */
  readonly clock: Float64Array
  /** End of the interval in seconds, on a scale that only grows within a segment. */
  readonly end: Float64Array
  /** Length of the interval in seconds; NaN when the recording does not tell. */
  readonly dt: Float64Array
  readonly line: Float64Array
  /**
   * Longest time from a row to the next, or its own interval, where each ends later than the one before and all their
   * intervals are known; else NaN.
   */
  longest = Number.NaN
  /** Sum of the intervals, where {@link longest} is known. */
  span = 0
  /** Smallest and largest of what {@link count} made last, and 0; a NaN does not count. */
  least = 0
  most = 0
  /** 1 where the clock went past midnight between the row before and this one. */
  readonly midnight: Uint8Array
  /** Column after column, {@link stride} of each. */
  values: Float64Array
  /** From a value to that of the next column. */
  readonly stride: number

  protected counts: Float64Array = new Float64Array(0)

  constructor(rows = BLOCK_ROWS, given?: GivenArrays) {
    this.stride = rows
    this.clock = given?.clock ?? new Float64Array(rows).fill(Number.NaN)
    this.end = given?.end ?? new Float64Array(rows)
    this.dt = given?.dt ?? new Float64Array(rows)
    this.line = given?.line ?? new Float64Array(rows)
    this.midnight = new Uint8Array(rows)
    this.values = given?.values ?? new Float64Array(0)
  }

  get full(): boolean {
    return this.length === this.stride
  }

  /** Makes it a block of a table of so many columns, with nothing in it. */
  widen(width: number): void {
    this.length = 0
    this.width = width
    if (width * this.stride > this.values.length) this.values = new Float64Array(width * this.stride)
  }

  /** The values of a column, one a row. */
  column(c: number, from = 0, to = this.length): Float64Array {
    return this.values.subarray(c * this.stride + from, c * this.stride + to)
  }

  /**
   * Finds what was counted in the rows `[from, to)` of a table of rates, see {@link counted}, and adds it up in `sums`,
   * one a column.
   */
  count(from: number, to: number, sums: Float64Array): void {
    const { values, dt, stride, width } = this
    const counts = new Float64Array(width * stride)
    this.counts = counts
    let [least, most] = [0, 0]
    for (let c = 0; c < width; c++) {
      for (let i = from; i < to; i++) {
        const count = values[c * stride + i] * dt[i]
        counts[c * stride + i - from] = count
        sums[c] += count
        if (count < least) least = count
        if (count > most) most = count
      }
    }
    this.least = least
    this.most = most
  }

  /** What {@link count} found last in `n` rows of a column. */
  counted(c: number, n: number): Float64Array {
    return this.counts.subarray(c * this.stride, c * this.stride + n)
  }

  /**
   * Gives rows from `from` on their times by their clocks, as long as each is later than the one before, which ended at
   * `time` by the clock `before`. What it does not do, the caller does with more care.
   * @returns the first row without its times
   */
  follow(from: number, _before: number, _time: number): number {
    return from
  }

  /** Makes it one row, for readers that meet the tables of a time one after another. */
  one(end: number, dt: number, values: readonly number[], line: number): this {
    this.widen(values.length)
    this.length = 1
    this.end[0] = end
    this.dt[0] = dt
    this.line[0] = line
    this.values.set(values)
    return this
  }
}
