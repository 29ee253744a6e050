/** What a recording of `sadf -d` holds, as recorded. */

import type { RowBlock } from '../series/row-block.js'
import { integrated, round } from '../sysstat/report.js'

interface RawTable {
  columns: readonly string[]
  rows: number
  hosts: string[]
  first: string[]
  last: string[]
  integrated?: Record<string, number>
}

const INTEGRATED = ['pgscank/s', 'pgscand/s', 'pgsteal/s']

/** Every table as it stands in the file: what a report wants besides the rows of known tables. */
export class RawTables {
  private readonly restarts: [string, string][] = []
  private readonly comments: [string, string][] = []
  private readonly tables = new Map<string, RawTable>()
  private current: RawTable | undefined

  header(columns: readonly string[]): void {
    const key = columns.join(';')
    this.current = this.tables.get(key)
    if (this.current !== undefined) return
    const names = INTEGRATED.filter((name) => columns.includes(name))
    this.current = { columns, rows: 0, hosts: [], first: [], last: [] }
    if (names.length > 0) this.current.integrated = Object.fromEntries(names.map((name) => [name, 0]))
    this.tables.set(key, this.current)
  }

  row(columns: readonly string[], cells: string[]): void {
    const table = this.current as RawTable
    if (table.rows++ === 0) table.first = cells
    table.last = cells
    if (!table.hosts.includes(cells[0])) table.hosts.push(cells[0])
    for (const name in table.integrated) {
      const rate = Number((cells[3 + columns.indexOf(name)] ?? '').replace(',', '.'))
      if (!Number.isNaN(rate)) table.integrated[name] += rate * Number(cells[1])
    }
  }

  /** Whether the table of the header met last has a row already. */
  get begun(): boolean {
    return (this.current as RawTable).rows > 0
  }

  /** Further rows of the table of the header met last. `last`: the last of them, as it stands there. */
  rows(columns: readonly string[], rows: RowBlock, last: string[]): void {
    const table = this.current as RawTable
    table.rows += rows.length
    table.last = last
    for (const name in table.integrated) {
      table.integrated[name] = integrated(rows.column(columns.indexOf(name)), rows.dt, table.integrated[name])
    }
  }

  restart(stamp: string, text: string): void {
    this.restarts.push([stamp, text])
  }

  comment(stamp: string, text: string): void {
    this.comments.push([stamp, text])
  }

  result(): Record<string, unknown> {
    const tables = [...this.tables.values()].map((table) => {
      const { integrated } = table
      if (integrated === undefined) return table
      return { ...table, integrated: Object.fromEntries(Object.entries(integrated).map(([k, v]) => [k, round(v, 1)])) }
    })
    return { restarts: this.restarts, comments: this.comments, tables }
  }
}
