/**
 * nmon files: CSV lines with a tag. `ZZZZ,T0001,10:24:26,18-AUG-2015` dates a snapshot, `MEM,T0001,…` has its levels in
 * MB, `VM,T0001,…` the counts of the interval that it ends (nmon lmon.c).
 */

import type { SeriesColumn } from '../../trace/series.js'
import type { SeriesFormat } from '../format.js'
import { BaseSamples } from '../series/base-samples.js'
import { TextLines } from '../text/text-lines.js'

export const nmonFile: SeriesFormat = {
  name: 'nmon',
  kind: 'series',
  describe: 'nmon files (MEM and VM lines)',
  detect: ({ lines }) =>
    lines.some((line) => /^AAA,(progname|command|version),/.test(line)) ||
    lines.some((line) => /^ZZZZ,T\d+,\d\d:\d\d:\d\d/.test(line)),
  reader: (source, options) => new NmonSamples(source, options, 'nmon', 'nmon'),
}

const MONTHS = 'JAN FEB MAR APR MAY JUN JUL AUG SEP OCT NOV DEC'.split(' ')

/** Counts of VM lines; scans and steals are by zone, as the kernel had them up to 4.7. */
const COUNTS: Record<string, SeriesColumn> = {
  pgpgin: 'pgpgin',
  pgpgout: 'pgpgout',
  pswpin: 'pswpin',
  pswpout: 'pswpout',
  pgfree: 'pgfree',
  pgfault: 'pgfault',
  pgmajfault: 'pgmajfault',
  allocstall: 'allocstall',
}
const FAMILIES: Record<string, SeriesColumn> = {
  pgscan_kswapd: 'pgscan_kswapd',
  pgscan_direct: 'pgscan_direct',
  pgsteal: 'pgsteal',
}
const LEVELS: Record<string, SeriesColumn> = {
  memtotal: 'mem_total',
  memfree: 'nr_free_pages',
  cached: 'cached',
  buffers: 'buffers',
  active: 'active',
  inactive: 'inactive',
  swaptotal: 'swap_total',
}

class NmonSamples extends BaseSamples {
  private lineCount = 0
  private snapshots = 0
  private firstTime: string[] | undefined
  private lastTime: string[] | undefined
  private readonly headers: Record<string, string[]> = {}
  private vmRows = 0
  private vmFirst = ''
  /** The snapshot that lines belong to, and when it was taken. */
  private snapshot = ''
  private time = Number.NaN
  private before = Number.NaN
  private readonly alive = new Set<SeriesColumn>()

  report(): Record<string, unknown> {
    return {
      snapshots: this.snapshots,
      first_time: this.firstTime ?? null,
      last_time: this.lastTime ?? null,
      vm_rows: this.vmRows,
      vm_first: this.vmFirst,
      vm_header: this.headers.VM ?? [],
    }
  }

  async *read(): AsyncGenerator<void> {
    const lines = new TextLines(this.source)
    for await (const block of lines.blocks()) {
      for (let i = 0; i < block.length; i++) if (block[i] !== '') this.take(block[i], lines.line + i + 1)
      this.lineCount += block.length
      yield
    }
    if (this.store.length === 0)
      throw this.refused('nmon file without MEM or VM lines between two times', 'Record with: nmon -f -s 10 -c 360')
    this.dropDead()
    this.closeSkipped('nmon', this.lineCount, lines)
  }

  private take(text: string, line: number): void {
    const tag = text.slice(0, text.indexOf(','))
    if (tag === 'ZZZZ') this.newTime(text.split(','), line)
    else if (tag === 'AAA') this.about(text.split(','))
    else if (tag === 'MEM' || tag === 'VM') this.table(tag, text, line)
    else if (!/^[A-Z][A-Z0-9_]*\d*(,|$)/.test(text)) this.skip(text, line)
  }

  private about(words: string[]): void {
    if (words[1] === 'host') this.meta.host = words[2]
    if (words[1] === 'OS') this.meta.kernel = words[3]
    if (words[1] === 'cpus' && Number(words[2]) > 0) this.meta.cpus = Number(words[2])
  }

  private newTime(words: string[], line: number): void {
    const [, id, clock, date] = words
    const m = /^(\d{1,2})-([A-Z]{3})-(\d{4})$/.exec(date ?? '')
    const month = MONTHS.indexOf(m?.[2] ?? '')
    const [h, min, s] = (clock ?? '').split(':').map(Number)
    const time = m === null || month < 0 ? Number.NaN : Date.UTC(Number(m[3]), month, Number(m[1]), h, min, s) / 1000
    if (Number.isNaN(time)) throw this.broken('not a time', line, 'ZZZZ,T0001,HH:MM:SS,DD-MON-YYYY', words.join(','))
    if (time < this.time)
      throw this.broken('time goes backwards', line, 'a time after the one before', `${clock} ${date}`)
    this.snapshots++
    this.lastTime = words.slice(1, 4)
    this.firstTime ??= this.lastTime
    this.before = this.time
    this.time = time
    this.snapshot = id
    if (this.meta.startEpoch === undefined) this.meta.startEpoch = time
  }

  private table(tag: string, text: string, line: number): void {
    const words = text.split(',')
    if (!/^T\d+$/.test(words[1])) {
      this.headers[tag] = words.slice(2)
      return
    }
    if (tag === 'VM' && this.vmRows++ === 0) this.vmFirst = text
    const header = this.headers[tag]
    if (header === undefined) throw this.broken(`a ${tag} row before its header`, line, `${tag},…,names`, text)
    if (words[1] !== this.snapshot)
      throw this.broken('a row of another snapshot', line, `one of ${this.snapshot}`, words[1])
    // The first snapshot covers an interval that nothing tells the start of.
    if (Number.isNaN(this.before)) return
    const values = words.slice(2).map(Number)
    if (values.length < header.length) {
      const message = `row has ${values.length} values but the header names ${header.length} columns`
      this.issues.add('short-row', message, 'dropped', line)
      return
    }
    const dt = this.time - this.before
    const i = this.store.sample(0, this.time, dt > 0 ? dt : Number.NaN, line)
    if (tag === 'MEM') this.levels(i, header, values)
    else this.counts(i, header, values)
  }

  private levels(i: number, header: string[], values: number[]): void {
    const at = (name: string): number => values[header.indexOf(name)] * 1024 * this.pagesPerKb
    for (const [name, column] of Object.entries(LEVELS)) if (at(name) >= 0) this.store.set(i, column, at(name), 'plain')
    if (at('swaptotal') >= 0 && at('swapfree') >= 0)
      this.store.set(i, 'swap_used', at('swaptotal') - at('swapfree'), 'plain')
  }

  private counts(i: number, header: string[], values: number[]): void {
    for (const [name, column] of Object.entries(COUNTS)) this.count(i, column, values[header.indexOf(name)] ?? -1)
    for (const [family, column] of Object.entries(FAMILIES)) {
      const parts = header.flatMap((name, c) =>
        new RegExp(`^${family}_(high|normal|dma)$`).test(name) ? [values[c]] : [],
      )
      if (parts.length > 0)
        this.count(
          i,
          column,
          parts.reduce((a, b) => a + Math.max(b, 0), 0),
        )
    }
  }

  /** −1 stands where the kernel has no such counter. */
  private count(i: number, column: SeriesColumn, value: number): void {
    if (!(value >= 0)) return
    if (value > 0) this.alive.add(column)
    this.store.set(i, column, value, 'plain')
  }

  /** nmon looks for names of kernel 2.6: what newer kernels call otherwise stays 0 and says nothing. */
  private dropDead(): void {
    const dead = Object.values(FAMILIES).filter((column) => this.store.columns.has(column) && !this.alive.has(column))
    if (dead.length === 0) return
    for (const column of dead) this.store.columns.delete(column)
    const message = `${dead.join(', ')}: 0 in all rows, since nmon looks for the names of older kernels. Not used`
    this.issues.add('dead-columns', message, 'dropped')
  }
}
