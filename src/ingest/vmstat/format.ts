/** `vmstat` text as a series. */

import type { ByteSource } from '../../base/byte-source.js'
import { excerpt, InputError } from '../../base/errors.js'
import type { SeriesColumn, SeriesMeta } from '../../trace/series.js'
import type { IngestOptions, SeriesFormat } from '../format.js'
import { IssueList } from '../series/issue-list.js'
import type { SampleReader } from '../series/recorded-series.js'
import { type ColumnKind, SampleStore } from '../series/sample-store.js'
import { TextLines } from '../text/text-lines.js'
import { readNames, type VmstatHeader } from './header.js'
import { VmstatReader, type VmstatRow, type VmstatSink } from './reader.js'
import { VmstatReport } from './report.js'
import { stampSeconds } from './stamp.js'

export const vmstatText: SeriesFormat = {
  name: 'vmstat',
  kind: 'series',
  describe: 'what vmstat prints, with any options, plain or wrapped by a recorder',
  detect: ({ lines }) => lines.some((line) => readNames(line) !== undefined),
  reader: (source, options) => new VmstatSamples(source, options, 'vmstat'),
}

/** Oracle's ExaWatcher runs vmstat, puts a block of comments before it and the time of day before each row. */
export const exawatcher: SeriesFormat = {
  name: 'exawatcher',
  kind: 'series',
  describe: 'vmstat as ExaWatcher keeps it',
  detect: (head) =>
    vmstatText.detect(head) &&
    head.lines.some((l) => /^# Collection .*ExaWatcher/.test(l) || /^--time-- procs/.test(l)),
  reader: (source, options) => new VmstatSamples(source, options, 'exawatcher'),
}

/**
 * vmstat(8): memory in KiB; si and so in KiB a second; bi and bo in blocks of 1024 bytes a second. `cache` counts
 * reclaimable slab as well since procps 3.3.10.
 */
const MEANINGS: Record<string, { column: SeriesColumn; kind: ColumnKind; pages: boolean }> = {
  swpd: { column: 'swap_used', kind: 'plain', pages: true },
  free: { column: 'nr_free_pages', kind: 'plain', pages: true },
  buff: { column: 'buffers', kind: 'plain', pages: true },
  cache: { column: 'cached', kind: 'plain', pages: true },
  inact: { column: 'inactive', kind: 'plain', pages: true },
  active: { column: 'active', kind: 'plain', pages: true },
  si: { column: 'pswpin', kind: 'rate', pages: true },
  so: { column: 'pswpout', kind: 'rate', pages: true },
  bi: { column: 'pgpgin', kind: 'rate', pages: false },
  bo: { column: 'pgpgout', kind: 'rate', pages: false },
}

const DAY = 86_400

class VmstatSamples implements SampleReader, VmstatSink {
  readonly meta: SeriesMeta
  readonly issues: IssueList
  readonly store = new SampleStore()
  private readonly pagesPerKb: number
  /** Time of the row before, seconds; NaN before the first. */
  private last = Number.NaN
  private timed = true
  private frozen: Float64Array | undefined
  private stillFrozen = true
  private ioVaries = false
  private readonly reported = new VmstatReport()

  constructor(
    private readonly source: ByteSource,
    private readonly options: IngestOptions,
    format: string,
  ) {
    this.meta = { file: source.name, format, tool: 'vmstat' }
    this.issues = new IssueList(source.name, options.strict)
    this.pagesPerKb = 1024 / (options.pageSize ?? 4096)
  }

  async *read(): AsyncGenerator<void> {
    const reader = new VmstatReader(this.source.name, this, this.issues)
    yield* reader.read(new TextLines(this.source))
    this.reported.close(reader, this.frozenMemory(reader.rows))
    if (reader.rows === 0) {
      throw new InputError('a vmstat header without rows', { file: this.source.name, expected: 'rows of numbers' })
    }
    if (reader.skipped > 0) {
      const what = `${reader.skipped} lines are no output of vmstat; first: ${excerpt(reader.firstSkipped)}`
      this.issues.add('skipped-lines', what, 'dropped', reader.firstSkippedLine)
    }
    if (this.store.length === 0) {
      throw new InputError('only averages since boot: the first row of vmstat covers no interval', {
        file: this.source.name,
        expected: 'two rows or more',
        hint: 'Run: vmstat -t 1',
        code: 'TM_INPUT_REFUSED',
      })
    }
    if (!this.timed) {
      const assumed = this.options.interval === undefined ? 'Assuming one row per second; set --interval' : 'Given'
      if (this.options.interval === undefined) this.issues.add('no-times', `no times in the file. ${assumed}`, 'kept')
    }
    this.thaw(reader.rows)
  }

  report(): Record<string, unknown> {
    return this.reported.result()
  }

  header(header: VmstatHeader): void {
    this.reported.header(header)
  }

  row(header: VmstatHeader, row: VmstatRow, line: number): void {
    this.reported.row(header, row)
    const time = this.time(row, line)
    const dt = time - this.last
    const begins = Number.isNaN(this.last)
    if (begins) this.meta.startEpoch = row.stamp === undefined ? undefined : stampSeconds(row.stamp)
    this.last = time
    this.watchFrozen(header, row)
    if (row.first) {
      this.issues.add('since-boot-row', 'first row of a run: its rates are averages since boot', 'dropped', line)
      // Without a time before it the row has no interval; what it says of memory belongs to the start.
      if (begins || !this.timed) return
    }
    const i = this.store.sample(0, time, dt > 0 ? dt : Number.NaN, line)
    for (let c = 0; c < header.columns.length; c++) {
      const meaning = MEANINGS[header.columns[c]]
      if (meaning === undefined || (row.first && meaning.kind === 'rate')) continue
      this.store.set(i, meaning.column, meaning.pages ? row.values[c] * this.pagesPerKb : row.values[c], meaning.kind)
    }
  }

  /** Seconds on a scale that only grows. */
  private time(row: VmstatRow, line: number): number {
    const before = this.last
    if (row.stamp !== undefined) {
      const seconds = stampSeconds(row.stamp)
      if (Number.isNaN(seconds)) {
        this.issues.add('extra-text', `text after the last column: ${excerpt(row.stamp, 40)}`, 'kept', line)
      } else if (!(seconds < before)) return seconds
      // Clocks go back by an hour when summer time ends.
      else if (before - seconds <= 3700) return Math.max(seconds + 3600, before)
      else throw this.backwards(row.stamp, line)
    }
    if (row.clock !== undefined) {
      const [h, m, s] = row.clock.split(':').map(Number)
      const clock = h * 3600 + m * 60 + s
      if (Number.isNaN(before)) return clock
      const ahead = (((clock - before) % DAY) + DAY) % DAY
      if (ahead > DAY / 2) throw this.backwards(row.clock, line)
      return before + ahead
    }
    if (!Number.isNaN(row.runTime)) return row.runTime
    this.timed = false
    return Number.isNaN(before) ? 0 : before + (this.options.interval ?? 1)
  }

  private backwards(found: string, line: number): InputError {
    return new InputError('time goes backwards', {
      file: this.source.name,
      line,
      expected: 'a time after the row before',
      found,
      code: 'TM_INPUT_VALUE',
    })
  }

  /** procps-ng 4.0.0 to 4.0.2 reads the memory columns once and prints them for ever (Debian bug 1027963). */
  private watchFrozen(header: VmstatHeader, row: VmstatRow): void {
    if (!this.stillFrozen) return
    const memory = row.values.slice(2, 6)
    if (this.frozen === undefined) this.frozen = memory
    else if (memory.some((value, i) => value !== (this.frozen as Float64Array)[i])) this.stillFrozen = false
    const at = (name: string): number => row.values[header.columns.indexOf(name)]
    if (!row.first && (at('bi') > 0 || at('bo') > 0)) this.ioVaries = true
  }

  private frozenMemory(rows: number): boolean {
    return this.stillFrozen && this.ioVaries && rows > 3
  }

  private thaw(rows: number): void {
    if (!this.frozenMemory(rows)) return
    for (const column of ['swap_used', 'nr_free_pages', 'buffers', 'cached', 'inactive', 'active'] as const) {
      this.store.columns.delete(column)
    }
    const message = `free, buff and cache never change in ${rows} rows: procps-ng 4.0.0 to 4.0.2 (Debian 12) has this bug. Only si, so, bi, bo are used`
    this.issues.add('frozen-memory', message, 'dropped')
  }
}
