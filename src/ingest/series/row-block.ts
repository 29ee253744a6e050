/**
 * Rows of one table on their way from a reader to those who listen: some hundreds at a time, so that each of them goes
 * through the values column by column, in short loops over arrays, instead of being called for every row.
 */

/** Values of one row at most; sar's widest memory table has 17. */
export const MAX_VALUES = 64

/** Rows that are handed on at once. No power of two: all columns would share a few sets of the first cache. */
export const BLOCK_ROWS = 1000

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
  /** 1 where the clock went past midnight between the row before and this one. */
  readonly midnight: Uint8Array
  /** Column after column, {@link stride} of each. */
  values: Float64Array
  /** From a value to that of the next column. */
  readonly stride: number

  /** @param given arrays that somebody else fills, `values` for as many columns as there can be */
  constructor(rows = BLOCK_ROWS, given?: Pick<RowBlock, 'clock' | 'line' | 'values'>) {
    this.stride = rows
    this.clock = given?.clock ?? new Float64Array(rows).fill(Number.NaN)
    this.end = new Float64Array(rows)
    this.dt = new Float64Array(rows)
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

/**
 * Puts values, times a factor, into the samples of their rows.
 * @param first the sample of the first, where the others follow it; else −1, and `places` tells each
 */
export function putColumn(
  values: Float64Array,
  factor: number,
  into: Float64Array,
  first: number,
  places: Int32Array,
): void {
  if (first < 0) scatter(values, factor, into, places)
  else if (factor === 1) into.set(values, first)
  else scale(values, factor, into, first)
}

function scatter(values: Float64Array, factor: number, into: Float64Array, places: Int32Array): void {
  for (let i = 0; i < values.length; i++) into[places[i]] = values[i] * factor
}

function scale(values: Float64Array, factor: number, into: Float64Array, first: number): void {
  for (let i = 0; i < values.length; i++) into[first + i] = values[i] * factor
}
