/**
 * CSV of dstat and dool: a few quoted lines on the host, a line of groups, a line of names, then rows. Names repeat
 * (`used` of memory and of swap), so a column is found by its group and its name. Memory in bytes.
 */

import type { SeriesColumn } from '../../trace/series.js'
import type { SeriesFormat } from '../format.js'
import { BaseSamples } from '../series/base-samples.js'
import type { ColumnKind } from '../series/sample-store.js'
import { TextLines } from '../text/text-lines.js'

export const dstatCsv: SeriesFormat = {
  name: 'dstat-csv',
  kind: 'series',
  describe: 'CSV of dstat or dool',
  detect: ({ lines }) =>
    lines.slice(0, 8).some((line) => /^"?(Dstat|pcp-dstat|dool) [\d.]+.* CSV output/i.test(line)) ||
    lines
      .slice(0, 12)
      .some((line) => /^"?(system|epoch|total cpu usage)"?,.*"?(memory usage|paging|virtual memory)"?/.test(line)),
  reader: (source, options) => new DstatSamples(source, options, 'dstat-csv', 'dstat'),
}

interface Meaning {
  column: SeriesColumn
  kind: ColumnKind
  /** Bytes into pages. */
  bytes: boolean
}

const MEANINGS: Record<string, Meaning> = {
  'memory usage/free': { column: 'nr_free_pages', kind: 'plain', bytes: true },
  'memory usage/avai': { column: 'mem_available', kind: 'plain', bytes: true },
  'memory usage/buff': { column: 'buffers', kind: 'plain', bytes: true },
  'memory usage/buf': { column: 'buffers', kind: 'plain', bytes: true },
  'memory usage/cach': { column: 'cached', kind: 'plain', bytes: true },
  'swap/used': { column: 'swap_used', kind: 'plain', bytes: true },
  'paging/in': { column: 'pswpin', kind: 'rate', bytes: true },
  'paging/out': { column: 'pswpout', kind: 'rate', bytes: true },
  'virtual memory/majpf': { column: 'pgmajfault', kind: 'rate', bytes: false },
  'virtual memory/free': { column: 'pgfree', kind: 'rate', bytes: false },
}

class DstatSamples extends BaseSamples {
  private lineCount = 0
  private groups: string[] = []
  private columns: string[] = []
  private meanings: (Meaning | undefined)[] = []
  private rows = 0
  private first: string[] = []
  private last: string[] = []
  private year = 1970
  private before = Number.NaN
  private untimed = false

  report(): Record<string, unknown> {
    return { groups: this.groups, columns: this.columns, rows: this.rows, first: this.first, last: this.last }
  }

  async *read(): AsyncGenerator<void> {
    const lines = new TextLines(this.source)
    for await (const block of lines.blocks()) {
      for (let i = 0; i < block.length; i++) if (block[i].trim() !== '') this.take(block[i], lines.line + i + 1)
      this.lineCount += block.length
      yield
    }
    if (!this.meanings.some((meaning) => meaning !== undefined)) {
      throw this.refused(
        'dstat CSV without columns of memory',
        'Run: dstat --time --mem --page --swap --vm --output FILE 1',
      )
    }
    if (this.store.length === 0) throw this.refused('only the row since boot: dstat CSV needs two rows or more')
    this.issues.add('no-scan-counts', 'dstat has no counts of scanned or stolen pages', 'kept')
    if (this.untimed && this.options.interval === undefined) {
      this.issues.add('no-times', 'no times in the file. Assuming one row per second; set --interval', 'kept')
    }
    this.closeSkipped('dstat', this.lineCount, lines)
  }

  private take(text: string, line: number): void {
    const cells = text.split(',').map((cell) => cell.trim().replace(/^"(.*)"$/, '$1'))
    if (this.columns.length > 0 && /^-?[\d.]/.test(cells[0])) this.row(cells, line)
    else if (/^"?(Dstat|pcp|dool|Author:|Host:|Cmdline:)/i.test(text)) this.preamble(cells, text)
    else if (this.groups.length === 0 || this.columns.length > 0) this.header(cells)
    else this.names(cells, line)
  }

  private preamble(cells: string[], text: string): void {
    if (cells[0] === 'Host:') this.meta.host = cells[1]
    const year = /"Date:".*?\b((?:19|20)\d{2})\b/.exec(text)?.[1]
    if (year !== undefined) this.year = Number(year)
  }

  /** The line of groups; each stands over its first column. */
  private header(cells: string[]): void {
    this.groups = cells
    this.columns = []
  }

  private names(cells: string[], line: number): void {
    const columns = cells.at(-1) === '' ? cells.slice(0, -1) : cells
    this.columns = columns
    this.groups = this.groups.slice(0, columns.length)
    let group = ''
    this.meanings = columns.map((name, i) => {
      group = this.groups[i] || group
      return MEANINGS[`${group}/${name}`]
    })
    if (columns.some((name) => name === ''))
      throw this.broken('a column without a name', line, 'the names of dstat', cells.join(','))
  }

  private row(cells: string[], line: number): void {
    if (cells.length < this.columns.length) {
      const message = `row has ${cells.length} values but the header names ${this.columns.length} columns`
      this.issues.add('short-row', message, 'dropped', line)
      return
    }
    this.last = cells.slice(0, this.columns.length)
    if (this.rows++ === 0) this.first = this.last
    const time = this.time(cells, line)
    const dt = time - this.before
    const begins = Number.isNaN(this.before)
    this.before = time
    if (begins) {
      this.issues.add('since-boot-row', 'first row: its rates are averages since boot', 'dropped', line)
      if (!this.untimed) this.meta.startEpoch = time
      return
    }
    if (dt < 0) throw this.broken('time goes backwards', line, 'a time after the row before', cells[0])
    const i = this.store.sample(0, time, dt > 0 ? dt : Number.NaN, line)
    this.meanings.forEach((meaning, c) => {
      if (meaning === undefined) return
      const value = Number(cells[c])
      if (Number.isNaN(value)) throw this.broken('not a number', line, `a number for ${this.columns[c]}`, cells[c])
      this.store.set(i, meaning.column, meaning.bytes ? (value / 1024) * this.pagesPerKb : value, meaning.kind)
    })
  }

  /** `16-06 11:06:42` (no year), an ISO date, or epoch seconds; else rows are counted. */
  private time(cells: string[], line: number): number {
    const epoch = this.columns.indexOf('epoch')
    if (epoch >= 0) return Number(cells[epoch])
    const text = cells[this.columns.findIndex((name) => name === 'time' || name === 'date/time')] ?? ''
    const m =
      /^(?:(\d{4})-)?(\d{2})-(\d{2})[ T](\d{2}):(\d{2}):(\d{2})$/.exec(text) ??
      /^()([A-Z][a-z]{2})-(\d{2}) (\d{2}):(\d{2}):(\d{2})$/.exec(text)
    if (m === null) {
      if (text !== '') throw this.broken('not a time', line, 'DD-MM HH:MM:SS', text)
      this.untimed = true
      return Number.isNaN(this.before) ? 0 : this.before + (this.options.interval ?? 1)
    }
    const iso = m[1] !== undefined && m[1] !== ''
    const [day, month] = iso ? [Number(m[3]), Number(m[2])] : [Number(m[2]), Number(m[3])]
    const at = (year: number): number => Date.UTC(year, month - 1, day, Number(m[4]), Number(m[5]), Number(m[6])) / 1000
    const seconds = at(iso ? Number(m[1]) : this.year)
    // Without a year the clock goes back by one at New Year.
    if (!iso && this.before - seconds > 300 * 86_400) this.year++
    return at(iso ? Number(m[1]) : this.year)
  }
}
