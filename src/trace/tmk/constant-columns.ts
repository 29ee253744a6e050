/** Columns that hold one value throughout. */

import type { ColumnArray } from './columns.js'

/**
 * Remembers which columns hold what, from block to block: to write what is there already costs more than to read the
 * file, since a batch does not fit the first-level cache.
 */
export class ConstantColumns {
  private readonly held = new WeakMap<ColumnArray, number>()

  /** Makes all of `column` hold `value`. */
  fill(column: ColumnArray, value: number): void {
    if (this.held.get(column) === value) return
    column.fill(value)
    this.held.set(column, value)
  }

  /** To be called before anything else is written to `column`. */
  forget(column: ColumnArray): void {
    this.held.delete(column)
  }
}
