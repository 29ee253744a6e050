/**
 * `collectl -P`: comment lines, then `#Date Time [MEM]Tot …` and rows, separated by blanks or by what --sep said. Levels
 * in KiB, paging and faults a second (collectl formatit.ph).
 */

import type { SeriesColumn } from '../../trace/series.js'
import type { SeriesFormat } from '../format.js'
import { BaseSamples } from '../series/base-samples.js'
import type { ColumnKind } from '../series/sample-store.js'
import { TextLines } from '../text/text-lines.js'

const HEADER = /^#(?:Date|UTC)[\s,;|]+(?:Time[\s,;|]+)?\[/

export const collectlPlot: SeriesFormat = {
  name: 'collectl',
  kind: 'series',
  describe: 'collectl -P (plot format)',
  detect: ({ lines }) =>
    lines.some((line) => HEADER.test(line)) || lines.slice(0, 3).some((line) => /^# Collectl:\s/.test(line)),
  reader: (source, options) => new CollectlSamples(source, options, 'collectl', 'collectl'),
}

const MEANINGS: Record<string, { column: SeriesColumn; kind: ColumnKind; kb: boolean }> = {
  '[MEM]Tot': { column: 'mem_total', kind: 'plain', kb: true },
  '[MEM]Free': { column: 'nr_free_pages', kind: 'plain', kb: true },
  '[MEM]Buf': { column: 'buffers', kind: 'plain', kb: true },
  '[MEM]Cached': { column: 'cached', kind: 'plain', kb: true },
  '[MEM]Slab': { column: 'nr_slab', kind: 'plain', kb: true },
  '[MEM]Commit': { column: 'committed', kind: 'plain', kb: true },
  '[MEM]SwapTot': { column: 'swap_total', kind: 'plain', kb: true },
  '[MEM]SwapUsed': { column: 'swap_used', kind: 'plain', kb: true },
  '[MEM]Dirty': { column: 'nr_dirty', kind: 'plain', kb: true },
  '[MEM]Inactive': { column: 'inactive', kind: 'plain', kb: true },
  '[MEM]SwapIn': { column: 'pswpin', kind: 'rate', kb: false },
  '[MEM]SwapOut': { column: 'pswpout', kind: 'rate', kb: false },
  '[MEM]PageIn': { column: 'pgpgin', kind: 'rate', kb: false },
  '[MEM]PageOut': { column: 'pgpgout', kind: 'rate', kb: false },
  '[MEM]PageFaults': { column: 'pgfault', kind: 'rate', kb: false },
  '[MEM]PageMajFaults': { column: 'pgmajfault', kind: 'rate', kb: false },
}

class CollectlSamples extends BaseSamples {
  private lineCount = 0
  private columns: string[] = []
  private separator: string | RegExp = /\s+/
  private rows = 0
  private first = ''
  private last = ''
  private before = Number.NaN
  private interval = Number.NaN

  report(): Record<string, unknown> {
    return { columns: this.columns.length, rows: this.rows, first: this.first, last: this.last, names: this.columns }
  }

  async *read(): AsyncGenerator<void> {
    const lines = new TextLines(this.source)
    for await (const block of lines.blocks()) {
      for (let i = 0; i < block.length; i++) if (block[i].trim() !== '') this.take(block[i], lines.line + i + 1)
      this.lineCount += block.length
      yield
    }
    if (!this.columns.some((name) => MEANINGS[name] !== undefined)) {
      throw this.refused('collectl without columns of memory', 'Run: collectl -sm -P -f DIR')
    }
    if (this.store.length === 0) throw this.refused('collectl without a row of data')
    this.issues.add('no-scan-counts', 'collectl has no counts of scanned or stolen pages', 'kept')
    this.closeSkipped('collectl', this.lineCount, lines)
  }

  private take(text: string, line: number): void {
    if (HEADER.test(text)) this.header(text)
    else if (text.startsWith('#')) this.about(text)
    else if (this.columns.length > 0 && /^\d/.test(text)) this.row(text, line)
    else this.skip(text, line)
  }

  private about(text: string): void {
    const host = /^# Host:\s+(\S+)/.exec(text)?.[1]
    if (host !== undefined) this.meta.host = host
    const kernel = /^# Kernel:\s+(\S+)/.exec(text)?.[1]
    if (kernel !== undefined) this.meta.kernel = kernel
    const cpus = /\bNumCPUs: (\d+)/.exec(text)?.[1]
    if (cpus !== undefined) this.meta.cpus = Number(cpus)
    const interval = /\bInterval: ([\d.]+)/.exec(text)?.[1]
    if (interval !== undefined) this.interval = Number(interval)
    const page = /\bPageSize: (\d+)/.exec(text)?.[1]
    if (page !== undefined && this.options.pageSize === undefined) this.pagesPerKb = 1024 / Number(page)
  }

  private header(text: string): void {
    const separator = /^#(?:Date|UTC)([\s,;|])/.exec(text)?.[1] ?? ' '
    this.separator = separator === ' ' || separator === '\t' ? /\s+/ : separator
    this.columns = text.slice(1).trim().split(this.separator)
  }

  private row(text: string, line: number): void {
    const cells = text.trim().split(this.separator)
    if (cells.length < this.columns.length) {
      const message = `row has ${cells.length} values but the header names ${this.columns.length} columns`
      this.issues.add('short-row', message, 'dropped', line)
      return
    }
    this.last = text
    if (this.rows++ === 0) this.first = text
    const time = this.time(cells, line)
    if (time < this.before)
      throw this.broken('time goes backwards', line, 'a time after the row before', cells.slice(0, 2).join(' '))
    const dt = Number.isNaN(this.before) ? this.interval : time - this.before
    if (this.meta.startEpoch === undefined) this.meta.startEpoch = time - (Number.isNaN(dt) ? 0 : dt)
    this.before = time
    const i = this.store.sample(0, time, dt > 0 ? dt : Number.NaN, line)
    for (let c = 0; c < this.columns.length; c++) {
      const meaning = MEANINGS[this.columns[c]]
      if (meaning === undefined) continue
      const value = Number(cells[c])
      if (Number.isNaN(value)) throw this.broken('not a number', line, `a number for ${this.columns[c]}`, cells[c])
      this.store.set(i, meaning.column, meaning.kb ? value * this.pagesPerKb : value, meaning.kind)
    }
  }

  /** `20130731 11:33:33.003`, or epoch seconds in one column. */
  private time(cells: string[], line: number): number {
    if (/^\d{9,11}(\.\d+)?$/.test(cells[0])) return Number(cells[0])
    const m = /^(\d{4})(\d{2})(\d{2}) (\d{2}):(\d{2}):(\d{2}(?:\.\d+)?)$/.exec(`${cells[0]} ${cells[1]}`)
    if (m === null) throw this.broken('not a time', line, 'YYYYMMDD HH:MM:SS', cells.slice(0, 2).join(' '))
    return Date.UTC(+m[1], +m[2] - 1, +m[3], +m[4], +m[5]) / 1000 + Number(m[6])
  }
}
