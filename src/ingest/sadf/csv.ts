/** `sadf -d` as a series. */

import { InputError } from '../../base/errors.js'
import type { SeriesFormat } from '../format.js'
import { round } from '../sysstat/report.js'
import { SysstatSamples } from '../sysstat/samples.js'
import { SysstatTee } from '../sysstat/tee.js'
import { type SadfCsvRaw, SadfCsvReader } from './csv-reader.js'
import { RestartBreaks } from './restart-breaks.js'

export const sadfCsv: SeriesFormat = {
  name: 'sadf-d',
  kind: 'series',
  describe: 'sadf -d: tables separated by semicolons',
  detect: ({ lines }) => lines.some((line) => /^#\s*hostname[;,]interval[;,]timestamp/.test(line)),
  reader: (source, options) => new SadfCsvSamples(source, options, 'sadf-d', 'sadf -d'),
}

class SadfCsvSamples extends SysstatSamples {
  private readonly raw = new RawTables()

  report(): Record<string, unknown> {
    return this.raw.result()
  }

  async *read(): AsyncGenerator<void> {
    const sink = new SysstatTee([this.collector, new RestartBreaks(this.store)])
    const skip = (text: string, line: number): void => this.skip(text, line)
    const raw = this.options.report ? this.raw : undefined
    const reader = new SadfCsvReader(this.source.name, sink, this.issues, skip, raw)
    yield* reader.read(this.source)
    this.meta.host = reader.host
    if (reader.horizontal) {
      throw new InputError('written with sadf -h, which puts all items on one line', {
        file: this.source.name,
        hint: 'Run sadf -d without -h.',
        code: 'TM_INPUT_REFUSED',
      })
    }
    this.finish(reader.otherTables, 'sadf -d', 'sadf -d /var/log/sa/saDD -- -B -r -S -W')
    this.closeSkipped('sadf -d', reader.lines)
  }
}

interface RawTable {
  columns: readonly string[]
  rows: number
  hosts: string[]
  first: string[]
  last: string[]
  integrated?: Record<string, number>
}

const INTEGRATED = ['pgscank/s', 'pgscand/s', 'pgsteal/s']

/** Every table as it stands in the file. */
class RawTables implements SadfCsvRaw {
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
