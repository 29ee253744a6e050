/** What a recording of vmstat holds, as recorded. */

import type { RowBlock } from '../series/row-block.js'
import type { VmstatHeader } from './header.js'
import type { VmstatReader, VmstatRow } from './reader.js'

type Row = [Record<string, number>, string | null]

const SUMMED = ['si', 'so', 'bi', 'bo'] as const

export class VmstatReport {
  private columns: readonly string[] = []
  private zone: string | null = null
  private first: Row | undefined
  private last: Row | undefined
  private stamped = 0
  private runs = 0
  private sinceBoot = 0
  private readonly sums = new Map<string, number>(SUMMED.map((name) => [name, 0]))
  private counts: { rows: number; groups: number; others: number } = { rows: 0, groups: 0, others: 0 }
  private frozen = false

  header(header: VmstatHeader): void {
    if (this.columns.length === 0) this.columns = header.columns
    this.zone ??= header.zone ?? null
  }

  row(header: VmstatHeader, row: VmstatRow): void {
    const stamp = row.stamp ?? row.clock ?? null
    if (stamp !== null) this.stamped++
    const values = Object.fromEntries(header.columns.map((name, i) => [name, row.values[i]]))
    this.last = [values, stamp]
    this.first ??= this.last
    if (row.first) this.sinceBoot++
    if (row.interrupted) this.runs++
    else for (const name of SUMMED) this.sums.set(name, (this.sums.get(name) as number) + values[name])
  }

  /** Rows that are not the first of a run. `stamp`: of the last of them. */
  plainRows(header: VmstatHeader, rows: RowBlock, stamp: string | undefined): void {
    if (stamp !== undefined) this.stamped += rows.length
    const at = rows.length - 1
    const values = header.columns.map((name, c) => [name, rows.column(c)[at]])
    this.last = [Object.fromEntries(values), stamp ?? null]
    for (const name of SUMMED) {
      let sum = this.sums.get(name) as number
      for (const value of rows.column(header.columns.indexOf(name))) sum += value
      this.sums.set(name, sum)
    }
  }

  close(reader: VmstatReader, frozen: boolean): void {
    this.counts = { rows: reader.rows, groups: reader.groups, others: reader.others }
    this.frozen = frozen
  }

  result(): Record<string, unknown> {
    return {
      columns: this.columns,
      header_lines: this.counts.groups,
      rows: this.counts.rows,
      since_boot_rows_if_each_run_starts_with_one: this.runs,
      since_boot_rows: this.sinceBoot,
      zone: this.zone,
      stamped_rows: this.stamped,
      other_lines: this.counts.others,
      first: this.first ?? null,
      last: this.last ?? null,
      sums_without_first_rows: Object.fromEntries(this.sums),
      memory_columns_frozen: this.frozen,
    }
  }
}
