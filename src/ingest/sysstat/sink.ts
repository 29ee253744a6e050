/** What the readers of sysstat's output report while they read; who listens makes a series or a report of it. */

import type { RowBlock } from '../series/row-block.js'
import type { TableId } from './tables.js'

export interface SysstatTable {
  /** Undefined for a table that says nothing of memory. */
  readonly id: TableId | undefined
  /** Names of the value columns, without time and item. */
  readonly columns: readonly string[]
  /** Line of the header. */
  readonly line: number
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
  /** Rows of a known table, as wide as it has columns. */
  rows(table: SysstatTable, rows: RowBlock): void
  average(table: SysstatTable, values: Float64Array, line: number): void
  restart(time: string, cpus: number | undefined, line: number): void
  comment(time: string, text: string, line: number): void
}
