/** What the readers of sysstat's output report while they read; who listens makes a series or a report of it. */

import type { TableId } from './tables.js'

export interface SysstatTable {
  /** Undefined for a table that says nothing of memory. */
  readonly id: TableId | undefined
  /** Names of the value columns, without time and item. */
  readonly columns: readonly string[]
  /** Line of the header. */
  readonly line: number
}

/** When a row was taken. One object, changed for each row. */
export interface RowTime {
  /** Seconds of the day as printed; NaN where a date is printed. */
  clock: number
  /** End of the interval in seconds, on a scale that only grows within a segment. */
  end: number
  /** Length of the interval in seconds; NaN when the recording does not tell. */
  dt: number
  /** Counted up at each restart that rows follow. */
  segment: number
  /** The clock went past midnight between the row before and this one. */
  midnight: boolean
}

export interface Banner {
  kernel: string
  host: string
  date: string
  arch?: string
  cpus?: number
}

export interface SysstatSink {
  banner(banner: Banner, line: number): void
  /** One row of a known table; `values[0 … columns.length)`, reused for the next row. */
  row(table: SysstatTable, time: RowTime, values: Float64Array, line: number): void
  average(table: SysstatTable, values: Float64Array, line: number): void
  restart(time: string, cpus: number | undefined, line: number): void
  comment(time: string, text: string, line: number): void
}
