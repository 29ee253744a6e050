/**
 * What a recording of sysstat holds, table by table, as it was recorded: nothing is repaired here. Sums and integrated
 * counts are rounded as people would print them, so that a program can compare them with another reader's.
 */

import type { RowBlock } from '../series/row-block.js'
import { clockText } from '../text/dates.js'
import type { Banner, SysstatSink, SysstatTable } from './sink.js'
import type { TableId } from './tables.js'

export interface RowReport {
  time: string
  /** Seconds; 0 where the clock did not advance. */
  interval_s: number
  values: number[]
}

export interface TableReport {
  columns: readonly string[]
  rows: number
  /** Stretches between restarts in which the table has rows. */
  segments: number
  first: RowReport
  last: RowReport
  column_sums: number[]
  /** Times that the clock went past midnight. */
  rollovers: number
  average_rows?: number[][]
  rows_with_no_clock_advance?: number
  /** Rate times interval, summed up: what was counted, for the columns that say most of reclaim. */
  integrated?: Record<string, number> | null
  /** Sum of the intervals, seconds. */
  span_s?: number | null
  note?: string
}

const INTEGRATED: Partial<Record<TableId, readonly string[]>> = {
  paging: ['pgscank/s', 'pgscand/s', 'pgsteal/s'],
  swap: ['pswpin/s', 'pswpout/s'],
}

interface Collected extends TableReport {
  lastSegment: number
  intervals: number
  integrals: Map<number, number>
}

export class SysstatReport implements SysstatSink {
  private found: Banner | undefined
  readonly restarts: [string, number | null][] = []
  readonly comments: [string, string][] = []
  private readonly tables = new Map<string, Collected>()

  banner(banner: Banner): void {
    this.found ??= banner
  }

  rows(table: SysstatTable, rows: RowBlock): void {
    if (table.id === undefined) return
    let report = this.tables.get(table.id)
    if (report === undefined) {
      report = collected(table, table.id, rowOf(rows, 0))
      this.tables.set(table.id, report)
    }
    report.rows += rows.length
    report.last = rowOf(rows, rows.length - 1)
    if (rows.segment !== report.lastSegment) {
      report.lastSegment = rows.segment
      report.segments++
    }
    for (let i = 0; i < rows.length; i++) {
      if (rows.midnight[i] === 1) report.rollovers++
      const dt = rows.dt[i]
      if (dt > 0) report.intervals += dt
      else report.rows_with_no_clock_advance = (report.rows_with_no_clock_advance ?? 0) + 1
    }
    const n = Math.min(rows.width, report.column_sums.length)
    for (let c = 0; c < n; c++) report.column_sums[c] = added(rows.column(c), report.column_sums[c])
    for (const [c, sum] of report.integrals) report.integrals.set(c, integrated(rows.column(c), rows.dt, sum))
  }

  average(table: SysstatTable, values: Float64Array): void {
    const report = table.id === undefined ? undefined : this.tables.get(table.id)
    if (report === undefined) return
    report.average_rows ??= []
    report.average_rows.push([...values])
  }

  restart(time: string, cpus: number | undefined): void {
    this.restarts.push([time, cpus ?? null])
  }

  comment(time: string, text: string): void {
    this.comments.push([time, text])
  }

  /** The report; `noSeconds` where the times cannot carry intervals. */
  result(noSeconds: boolean): Record<string, unknown> {
    const tables: Record<string, TableReport> = {}
    for (const [id, { lastSegment: _, intervals, integrals, ...table }] of this.tables) {
      table.column_sums = table.column_sums.map((sum) => round(sum, 2))
      if (INTEGRATED[id as TableId] !== undefined) {
        table.span_s = noSeconds ? null : round(intervals, 3)
        if (noSeconds) {
          table.integrated = null
          table.note = 'times carry no seconds: intervals cannot be known from this file alone'
        } else if (integrals.size > 0) {
          table.integrated = Object.fromEntries([...integrals].map(([i, sum]) => [table.columns[i], round(sum, 1)]))
        }
      }
      tables[id] = table
    }
    const banner =
      this.found === undefined ? null : { ...this.found, arch: this.found.arch ?? null, cpus: this.found.cpus ?? null }
    return { banner, restarts: this.restarts, comments: this.comments, tables }
  }
}

/** The report of a table that begins. */
function collected(table: SysstatTable, id: TableId, first: RowReport): Collected {
  const integrals = new Map<number, number>()
  for (const name of INTEGRATED[id] ?? []) {
    const i = table.columns.indexOf(name)
    if (i >= 0) integrals.set(i, 0)
  }
  return {
    columns: table.columns,
    rows: 0,
    segments: 0,
    first,
    last: first,
    column_sums: table.columns.map(() => 0),
    rollovers: 0,
    lastSegment: -1,
    intervals: 0,
    integrals,
  }
}

function rowOf(rows: RowBlock, i: number): RowReport {
  const dt = rows.dt[i]
  const values = Array.from({ length: rows.width }, (_, c) => rows.values[c * rows.stride + i])
  return { time: clockText(rows.clock[i]), interval_s: Number.isNaN(dt) ? 0 : dt, values }
}

/** `sum` and the values. */
function added(values: Float64Array, sum: number): number {
  let total = sum
  for (let i = 0; i < values.length; i++) total += values[i]
  return total
}

/** `sum` and rates, times their intervals. */
export function integrated(rates: Float64Array, dt: Float64Array, sum: number): number {
  let total = sum
  for (let i = 0; i < rates.length; i++) if (dt[i] > 0) total += rates[i] * dt[i]
  return total
}

/** Rounded to so many decimals, without the noise of adding binary fractions. */
export function round(value: number, decimals: number): number {
  return Number(value.toFixed(decimals))
}
