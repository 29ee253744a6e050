/** Values of many rows at once into the columns of a store. */

import type { SeriesColumn } from '../../trace/series.js'
import { isPossible } from './possible.js'
import type { RowBlock } from './row-block.js'
import type { ColumnKind, SampleStore } from './sample-store.js'

/**
 * Puts values, times a factor, into the samples of their rows; `into` are the column's.
 * @param first the sample of the first, where the others follow it; else −1, and `places` tells each
 */
export function putColumn(
  store: SampleStore,
  column: SeriesColumn,
  kind: ColumnKind,
  into: Float64Array,
  values: Float64Array,
  factor: number,
  first: number,
  places: Int32Array,
): void {
  if (kind === 'rate') {
    if (!count(values, factor, store.dt, into, first, places)) store.unchecked.add(column)
  } else if (first < 0) scatter(values, factor, into, places)
  else if (factor === 1) into.set(values, first)
  else scale(values, factor, into, first)
}

/** Puts what {@link RowBlock.count} found in a column of rates into samples that follow one another. */
export function putCounts(
  store: SampleStore,
  column: SeriesColumn,
  into: Float64Array,
  rows: RowBlock,
  c: number,
  first: number,
  n: number,
): void {
  into.set(rows.counted(c, n), first)
  if (!isPossible(rows.least) || !isPossible(rows.most)) store.unchecked.add(column)
}

/** Makes counts of rates, where the interval is known. @returns whether all that was put is possible */
function count(
  rates: Float64Array,
  factor: number,
  dt: Float64Array,
  into: Float64Array,
  first: number,
  places: Int32Array,
): boolean {
  let possible = true
  for (let i = 0; i < rates.length; i++) {
    const at = first < 0 ? places[i] : first + i
    const rate = rates[i] * factor
    const seconds = dt[at]
    const value = seconds > 0 ? rate * seconds : rate
    into[at] = value
    if (!isPossible(value)) possible = false
  }
  return possible
}

function scatter(values: Float64Array, factor: number, into: Float64Array, places: Int32Array): void {
  for (let i = 0; i < values.length; i++) into[places[i]] = values[i] * factor
}

function scale(values: Float64Array, factor: number, into: Float64Array, first: number): void {
  for (let i = 0; i < values.length; i++) into[first + i] = values[i] * factor
}
