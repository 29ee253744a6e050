/** `vmstat` text as a series. */

import { InputError } from '../../base/errors.js'
import type { SeriesColumn } from '../../trace/series.js'
import type { SeriesFormat } from '../format.js'
import { BaseSamples } from '../series/base-samples.js'
import { BLOCK_ROWS, type RowBlock } from '../series/row-block.js'
import { putColumn } from '../series/sample-columns.js'
import type { ColumnKind } from '../series/sample-store.js'
import { VmstatClock } from './clock.js'
import { readNames, type VmstatHeader } from './header.js'
import { timedLine } from './line-time.js'
import type { PlainRows } from './plain-rows.js'
import { VmstatReader, type VmstatRow, type VmstatSink } from './reader.js'
import { VmstatReport } from './report.js'
import { stampSeconds } from './stamp.js'

export const vmstatText: SeriesFormat = {
  name: 'vmstat',
  kind: 'series',
  describe: 'what vmstat prints, with any options, plain or wrapped by a recorder',
  detect: ({ lines }) => lines.some((line) => readNames(timedLine(line)?.rest ?? line) !== undefined),
  reader: (source, options) => new VmstatSamples(source, options, 'vmstat', 'vmstat'),
}

/** Oracle's ExaWatcher runs vmstat, puts a block of comments before it and the time of day before each row. */
export const exawatcher: SeriesFormat = {
  name: 'exawatcher',
  kind: 'series',
  describe: 'vmstat as ExaWatcher keeps it',
  detect: (head) =>
    vmstatText.detect(head) &&
    head.lines.some((l) => /^# Collection .*ExaWatcher/.test(l) || /^--time-- procs/.test(l)),
  reader: (source, options) => new VmstatSamples(source, options, 'exawatcher', 'vmstat'),
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

/** KiB in the units of `vmstat -S`. */
const UNITS = { k: 1000 / 1024, K: 1, m: 1_000_000 / 1024, M: 1024 }

class VmstatSamples extends BaseSamples implements VmstatSink {
  private readonly clock = new VmstatClock(this.source.name, this.options.interval, this.issues)
  private frozen: Float64Array | undefined
  private stillFrozen = true
  private ioVaries = false
  private readonly pagesPerUnit = this.pagesPerKb * UNITS[this.options.unit ?? 'K']
  /** Less memory than a swapping host of today has: the unit may be another. */
  private suspicious = false
  private readonly reported = new VmstatReport()
  /** Which sample each of the plain rows worked on is. */
  private readonly places = new Int32Array(BLOCK_ROWS)

  async *read(): AsyncGenerator<void> {
    const reader = new VmstatReader(this.source.name, this, this.issues, (text, line) => this.skip(text, line))
    yield* reader.read(this.source)
    this.reported.close(reader, this.frozenMemory(reader.rows))
    if (reader.rows === 0) {
      throw new InputError('a vmstat header without rows', { file: this.source.name, expected: 'rows of numbers' })
    }
    this.closeSkipped('vmstat', reader.rows + reader.others, reader)
    if (this.store.length === 0) {
      throw new InputError('only averages since boot: the first row of vmstat covers no interval', {
        file: this.source.name,
        expected: 'two rows or more',
        hint: 'Run: vmstat -t 1',
        code: 'TM_INPUT_REFUSED',
      })
    }
    if (this.clock.counted && this.options.interval === undefined) {
      this.issues.add('no-times', 'no times in the file. Assuming one row per second; set --interval', 'kept')
    }
    if (this.suspicious && this.options.unit === undefined) {
      const message =
        'less than 16 MiB of free, buff and cache on a host that swaps: printed with vmstat -S M? Values are taken as KiB; set --unit'
      this.issues.add('suspicious-units', message, 'kept')
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
    if (this.options.report) this.reported.row(header, row)
    this.watchFrozen(header, row)
    const before = this.clock.last
    const time = this.clock.next(row, line)
    if (this.clock.restarted && row.stamp !== undefined && this.store.length === 0) {
      this.meta.startEpoch = stampSeconds(row.stamp)
    }
    const average = row.first && !this.options.firstRowCounts
    if (average)
      this.issues.add('since-boot-row', 'first row of a run: its rates are averages since boot', 'dropped', line)
    // The first row has no interval before it, and one of a run without times none that is known.
    if (average && (this.clock.restarted || !this.clock.timed)) return
    const dt = this.clock.restarted ? (this.options.interval ?? Number.NaN) : time - before
    const i = this.store.sample(0, time, dt > 0 ? dt : Number.NaN, line)
    for (let c = 0; c < header.columns.length; c++) {
      const meaning = MEANINGS[header.columns[c]]
      if (meaning === undefined || (average && meaning.kind === 'rate')) continue
      this.store.set(i, meaning.column, meaning.pages ? row.values[c] * this.pagesPerUnit : row.values[c], meaning.kind)
    }
  }

  goesOn(stamped: boolean): boolean {
    return this.clock.goesOn(stamped)
  }

  plainRows(header: VmstatHeader, plain: PlainRows): void {
    const { store, places } = this
    const rows = plain.block
    if (this.options.report) this.reported.plainRows(header, rows, plain.printed(rows.end[rows.length - 1]))
    this.watchFrozenRows(header, rows)
    this.clock.plain(rows, (seconds) => plain.printed(seconds))
    const first = store.samples(rows, 0, rows.length, places)
    for (let c = 0; c < header.columns.length; c++) {
      const meaning = MEANINGS[header.columns[c]]
      if (meaning === undefined) continue
      const factor = meaning.pages ? this.pagesPerUnit : 1
      const { column, kind } = meaning
      putColumn(store, column, kind, store.column(column, kind), rows.column(c), factor, first, places)
    }
  }

  /** As {@link watchFrozen}, for many rows. */
  private watchFrozenRows(header: VmstatHeader, rows: RowBlock): void {
    const column = (name: string): Float64Array => rows.column(header.columns.indexOf(name))
    const [si, so, bi, bo] = ['si', 'so', 'bi', 'bo'].map(column)
    const memory = [2, 3, 4, 5].map((c) => rows.column(c))
    for (let i = 0; i < rows.length && !this.suspicious; i++) {
      if (si[i] + so[i] > 0 && memory[1][i] + memory[2][i] + memory[3][i] < 16_384) this.suspicious = true
    }
    for (let i = 0; i < rows.length && this.stillFrozen; i++) {
      if (memory.some((values, c) => values[i] !== this.frozen?.[c])) this.stillFrozen = false
      if (bi[i] > 0 || bo[i] > 0) this.ioVaries = true
    }
  }

  /** procps-ng 4.0.0 to 4.0.2 reads the memory columns once and prints them for ever (Debian bug 1027963). */
  private watchFrozen(header: VmstatHeader, row: VmstatRow): void {
    const at = (name: string): number => row.values[header.columns.indexOf(name)]
    if (!row.first && at('si') + at('so') > 0 && row.values[3] + row.values[4] + row.values[5] < 16_384)
      this.suspicious = true
    if (!this.stillFrozen) return
    const memory = row.values.slice(2, 6)
    if (this.frozen === undefined) this.frozen = memory
    else if (memory.some((value, i) => value !== (this.frozen as Float64Array)[i])) this.stillFrozen = false
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
