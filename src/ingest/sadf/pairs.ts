/** `sadf -p`: one value a line, `host TAB interval TAB stamp TAB item TAB name TAB value`, grouped again into rows. */

import type { SeriesFormat } from '../format.js'
import { RowBlock } from '../series/row-block.js'
import { SysstatSamples } from '../sysstat/samples.js'
import type { SysstatTable } from '../sysstat/sink.js'
import { StampLine, stampSeconds } from '../sysstat/stamp.js'
import { type TableId, tableOfColumn } from '../sysstat/tables.js'
import { type DecimalMark, parseNumber } from '../text/numbers.js'
import { TextLines } from '../text/text-lines.js'

const LINE = /^[^\t]+\t-?\d+\t[^\t]+\t[^\t]+\t[^\t]+(\t[^\t]*)?$/

export const sadfPairs: SeriesFormat = {
  name: 'sadf-p',
  kind: 'series',
  describe: 'sadf -p: one value a line, separated by tabs',
  detect: ({ lines }) => {
    const full = lines.filter((line) => line.trim() !== '').slice(0, 20)
    return full.length > 0 && full.filter((line) => isPair(line)).length * 2 > full.length
  },
  reader: (source, options) => new SadfPairsSamples(source, options, 'sadf-p', 'sadf -p'),
}

function isPair(line: string): boolean {
  return LINE.test(line) && !Number.isNaN(stampSeconds(line.split('\t')[2]))
}

/** The row being put together. */
interface Group {
  id: TableId
  stamp: string
  interval: string
  line: number
  names: string[]
  values: number[]
}

interface PairTable extends SysstatTable {
  readonly times: StampLine
}

class SadfPairsSamples extends SysstatSamples {
  private readonly restarts: string[][] = []
  private readonly tables = new Map<TableId, PairTable>()
  private readonly others = new Set<string>()
  private readonly byMetric: Record<string, number> = {}
  private pairs = 0
  private first: string[] = []
  private last: string[] = []
  private group: Group | undefined
  private readonly mark: DecimalMark = { code: 0 }
  private readonly block = new RowBlock(1)

  report(): Record<string, unknown> {
    return { restarts: this.restarts, values: this.pairs, by_metric: this.byMetric, first: this.first, last: this.last }
  }

  async *read(): AsyncGenerator<void> {
    const lines = new TextLines(this.source)
    let count = 0
    for await (const block of lines.blocks()) {
      for (let i = 0; i < block.length; i++) {
        if (block[i] === '') continue
        if (!this.take(block[i].split('\t'), lines.line + i + 1)) this.skip(block[i], lines.line + i + 1)
      }
      count += block.length
      yield
    }
    this.flush()
    this.finish(this.others, 'sadf -p', 'sadf -p /var/log/sa/saDD -- -B -r -S -W')
    this.closeSkipped('sadf -p', count, lines)
  }

  private take(cells: string[], line: number): boolean {
    if (cells.length < 4) return false
    this.checkHost(cells[0], line)
    if (cells[1] === '-1') return this.event(cells, line)
    if (cells.length < 6) return false
    this.pairs++
    if (this.pairs === 1) this.first = cells
    this.last = cells
    const [, interval, stamp, item, name, text] = cells
    this.byMetric[name] = (this.byMetric[name] ?? 0) + 1
    const id = item === '-' ? tableOfColumn(name) : undefined
    if (id === undefined) {
      if (this.others.size < 100) this.others.add(name)
      return true
    }
    const value = parseNumber(text, 0, text.length, this.mark)
    if (Number.isNaN(value)) throw this.broken('not a number', line, `a number for ${name}`, text)
    const { group } = this
    if (group === undefined || group.id !== id || group.stamp !== stamp || group.names.includes(name)) {
      this.flush()
      this.group = { id, stamp, interval, line, names: [name], values: [value] }
    } else {
      group.names.push(name)
      group.values.push(value)
    }
    return true
  }

  private event(cells: string[], line: number): boolean {
    const [, , stamp, kind] = cells
    if (!kind.startsWith('LINUX-RESTART')) return kind.startsWith('COM')
    const seconds = stampSeconds(stamp)
    if (Number.isNaN(seconds)) throw this.broken('not a time', line, 'a date and time, or epoch seconds', stamp)
    if (!this.restarts.some((known) => known[0] === stamp)) {
      this.restarts.push(cells.slice(2))
      this.store.breakAt(seconds)
    }
    return true
  }

  private flush(): void {
    const { group } = this
    if (group === undefined) return
    this.group = undefined
    let table = this.tables.get(group.id)
    if (table === undefined) {
      table = { id: group.id, columns: group.names, line: group.line, times: new StampLine() }
      this.tables.set(group.id, table)
    }
    const missing = table.columns.find((name) => !group.names.includes(name))
    if (missing !== undefined || group.names.length !== table.columns.length) {
      const found = group.names.join(' ')
      throw this.broken('the values of one time are not complete', group.line, table.columns.join(' '), found)
    }
    const seconds = stampSeconds(group.stamp)
    const interval = Number(group.interval)
    if (Number.isNaN(seconds))
      throw this.broken('not a time', group.line, 'a date and time, or epoch seconds', group.stamp)
    const end = table.times.next(seconds)
    if (Number.isNaN(end))
      throw this.broken('time goes backwards', group.line, 'a time after the row before', group.stamp)
    const values = table.columns.map((name) => group.values[group.names.indexOf(name)])
    this.collector.rows(table, this.block.one(end, interval > 0 ? interval : Number.NaN, values, group.line))
  }

  private checkHost(host: string, line: number): void {
    if (host === this.meta.host) return
    if (this.meta.host !== undefined) throw this.broken('two hosts in one file', line, `host ${this.meta.host}`, host)
    this.meta.host = host
  }
}
