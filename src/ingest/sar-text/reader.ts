/**
 * Reads the text that sar prints, of all its tables and in both layouts: live (each interval prints all tables) and
 * from a file (table after table, segment after segment). Grammar after sysstat's sar.c and pr_stats.c; what varies
 * between releases and locales is found from the text itself.
 */

import type { ByteSource } from '../../base/byte-source.js'
import { InputError } from '../../base/errors.js'
import { LineReader } from '../../base/line-reader.js'
import type { IssueList } from '../series/issue-list.js'
import type { Banner, RowTime, SysstatSink, SysstatTable } from '../sysstat/sink.js'
import { looksLikeHeader, tableOf } from '../sysstat/tables.js'
import { cleanText } from '../text/clean.js'
import { clockText } from '../text/dates.js'
import { averageNames, readAverage } from './average.js'
import { readBanner } from './banner.js'
import { type Clock, readClock } from './clock.js'
import { endsInNumber, isItemRow, PlainRow, plainClock, startsWithNumber } from './line-shape.js'
import { MAX_VALUES, RowNumbers } from './row-numbers.js'
import { type TableClock, Timeline } from './timeline.js'

interface OpenTable extends SysstatTable {
  readonly clock: TableClock
}

const LF = 0x0a
/** Times of ar and fa: `CEST 07:39:21 ص`, `۰۷:۳۹:۲۱`. */
const FOREIGN_CLOCK = /^(\S{2,5} )?(\d{2}:\d{2}:\d{2} [صم](\s|$)|[٠-٩۰-۹]{1,2}:[٠-٩۰-۹]{2}:[٠-٩۰-۹]{2})/

export class SarReader {
  lines = 0
  rows = 0
  /** Headers of tables that say nothing of memory. */
  otherTables = new Set<string>()
  private readonly tables = new Map<string, OpenTable>()
  private current: OpenTable | 'other' | undefined
  /** Headers met before, by the text behind their time. */
  private readonly headers = new Map<string, OpenTable | 'other'>()
  private lastHeader = ''
  private readonly timeline = new Timeline()
  private readonly clock: Clock = { seconds: 0, end: 0, minutesOnly: false, ambiguous: false }
  private readonly time: RowTime = { clock: 0, end: 0, dt: 0, segment: 0, midnight: false }
  private readonly plain = new PlainRow()
  private host: string | undefined
  private readonly numbers: RowNumbers
  private afterBlank = true

  constructor(
    private readonly file: string,
    private readonly sink: SysstatSink,
    private readonly issues: IssueList,
    private readonly skip: (text: string, line: number) => void,
  ) {
    this.numbers = new RowNumbers(file, issues)
  }

  /** Reads to the end, pausing after each block of lines. @throws InputError */
  async *read(source: ByteSource): AsyncGenerator<void> {
    const reader = new LineReader(source)
    let notUtf8 = 0
    let notUtf8Line = 0
    for await (const { bytes, start, end } of reader.blocks()) {
      let at = start
      while (at < end) {
        const line = ++reader.line
        const next = this.plainRow(bytes, at, line)
        if (next > 0) {
          at = next
          this.afterBlank = false
          continue
        }
        if (bytes[at] === LF) {
          this.afterBlank = true
          at++
          continue
        }
        const lf = bytes.indexOf(LF, at)
        if (this.current === 'other' && isItemRow(bytes, at, lf)) this.afterBlank = false
        else if (!this.knownHeader(bytes, at, lf)) {
          const text = cleanText(bytes.toString('utf8', at, lf))
          if (text.includes('\ufffd') && notUtf8++ === 0) notUtf8Line = line
          if (text !== '') this.take(text, line)
          this.afterBlank = text === ''
        }
        at = lf + 1
      }
      yield
    }
    this.lines = reader.line
    if (notUtf8 === 0) return
    const what = `${notUtf8} lines are not valid UTF-8: host names and comments may be wrong`
    this.issues.add('not-utf8', what, 'kept', notUtf8Line)
  }

  /** A header that was met before, as live output repeats them for each interval. @returns false for any other line */
  private knownHeader(bytes: Buffer, at: number, lf: number): boolean {
    this.lastHeader = ''
    const clock = plainClock(bytes, at)
    if (clock < 0 || lf - at > 400) return false
    const text = bytes.toString('latin1', at + 8, lf)
    const known = this.headers.get(text)
    if (known === undefined) {
      this.lastHeader = text
      return false
    }
    this.current = known
    if (known !== 'other') this.timeline.header(known.clock, clock)
    this.afterBlank = false
    return true
  }

  /** Remembers what the header just read stands for, unless its time has more to it than `HH:MM:SS`. */
  private remember(header: OpenTable | 'other'): void {
    const plain = this.clock.end === 8 && this.lastHeader !== ''
    if (plain && this.headers.size < 1000) this.headers.set(this.lastHeader, header)
    this.current = header
  }

  /** Reads a row of the current table, if the line is a plain one. @returns where the next line begins, or −1 */
  private plainRow(bytes: Buffer, at: number, line: number): number {
    const { current } = this
    if (typeof current !== 'object') return -1
    const next = this.plain.read(bytes, at, current.columns.length, this.numbers.values, this.numbers.mark)
    if (next > 0) this.deliver(current, this.plain.clock, line)
    return next
  }

  private deliver(table: OpenTable, clock: number, line: number): void {
    const { time } = this
    const before = table.clock.clock
    if (!this.timeline.row(table.clock, clock, time)) {
      throw this.broken('time goes backwards', line, `a time after ${clockText(before)}`, clockText(clock))
    }
    time.clock = clock
    this.rows++
    this.sink.row(table, time, this.numbers.values, line)
  }

  /** Rows were read, and none of their values has decimals. */
  get wholeNumbers(): boolean {
    return this.rows > 0 && this.numbers.mark.code === 0
  }

  private take(text: string, line: number): void {
    if (!readClock(text, this.clock)) {
      this.untimed(text, line)
      return
    }
    const { current } = this
    // Rows of tables with an item a row (CPU, devices) are most of a `sar -A`: known by their last word, and passed by.
    if (current === 'other' && endsInNumber(text, this.clock.end)) return
    if (typeof current === 'object' && startsWithNumber(text, this.clock.end)) this.row(current, text, line)
    else this.named(text, line)
  }

  /** A line that begins with a time but not with a number after it: header, restart, comment, or noise. */
  private named(text: string, line: number): void {
    const rest = text.slice(this.clock.end).trim()
    const words = rest.split(/\s+/)
    const clock = this.clock
    if (rest.startsWith('LINUX RESTART')) {
      const cpus = /\((\d+) CPU\)/.exec(rest)?.[1]
      this.sink.restart(clockText(clock.seconds), cpus === undefined ? undefined : Number(cpus), line)
      this.timeline.restart()
      this.current = undefined
    } else if (words[0] === 'COM') this.sink.comment(clockText(clock.seconds), rest.slice(3).trim(), line)
    else if (looksLikeHeader(words)) this.header(words, line)
    else if (this.afterBlank && words.length > 1 && words.every((word) => /^[^\d-]/.test(word)))
      this.header(words, line)
    else if (typeof this.current !== 'string') this.skip(text, line)
  }

  private header(words: string[], line: number): void {
    const id = tableOf(words)
    if (id === undefined) {
      if (this.otherTables.size < 1000) this.otherTables.add(words.join(' '))
      this.remember('other')
      return
    }
    const key = words.join(' ')
    let table = this.tables.get(key)
    if (table === undefined) {
      if (words.length > MAX_VALUES)
        throw this.broken(`header names ${words.length} columns`, line, 'a table of sar', key)
      table = { id, columns: words, line, clock: { segment: -1, clock: 0, end: 0 } }
      this.tables.set(key, table)
    }
    if (this.clock.ambiguous && !this.timeline.ambiguous) {
      this.timeline.ambiguous = true
      this.issues.add(
        'ambiguous-clock',
        '12-hour clock without AM/PM (en_IN): morning and afternoon cannot be told apart',
        'kept',
        line,
      )
    }
    if (this.clock.minutesOnly) this.minutesOnly(line)
    this.timeline.header(table.clock, this.clock.seconds)
    this.remember(table)
  }

  private minutesOnly(line: number): void {
    const message =
      'times carry no seconds (locale nb_NO), so intervals cannot be known. Run: LC_ALL=C sar ... or use sadf -j'
    if (this.issues.count('no-seconds') === 0) this.issues.add('no-seconds', message, 'kept', line)
  }

  private row(table: OpenTable, text: string, line: number): void {
    const n = this.numbers.read(text, this.clock.end, table.columns.length, line)
    if (n < table.columns.length) {
      this.short(table, text, n, line)
      return
    }
    this.deliver(table, this.clock.seconds, line)
  }

  private short(table: OpenTable, text: string, n: number, line: number): void {
    const names = `${table.columns[0]} ... ${table.columns.at(-1)}`
    const message = `row has ${n} values but the header at line ${table.line} names ${table.columns.length} columns (${names})`
    if (n === 0) this.skip(text, line)
    else this.issues.add('short-row', message, 'dropped', line)
  }

  /** A line without a time: banner, average, the end of a capture, or noise. */
  private untimed(text: string, line: number): void {
    if (text.startsWith('Linux ')) {
      const banner = readBanner(text)
      if (banner !== undefined) {
        this.banner(banner, line)
        return
      }
    }
    const trimmed = text.trim()
    if (trimmed === '' || trimmed === '^C') return
    if (FOREIGN_CLOCK.test(trimmed)) throw this.foreign(trimmed, line)
    const { current } = this
    if (current === 'other') {
      // An average of such a table may end in the item's name.
      if (/\s-?\d/.test(trimmed)) return
    } else if (current !== undefined && this.average(current, trimmed, line)) return
    if (this.averageHeader(trimmed)) return
    this.skip(text, line)
  }

  /** In live output the averages have headers of their own. */
  private averageHeader(text: string): boolean {
    const names = averageNames(text)
    if (names === undefined) return false
    this.current = this.tables.get(names.join(' ')) ?? 'other'
    return true
  }

  private average(table: OpenTable, text: string, line: number): boolean {
    const average = readAverage(text, table.columns.length, this.numbers.mark)
    if (average === undefined) return false
    if (!average.extreme) this.sink.average(table, average.values, line)
    return true
  }

  private banner(banner: Banner, line: number): void {
    if (this.host !== undefined && this.host !== banner.host) {
      throw new InputError('two hosts in one file', {
        file: this.file,
        line,
        expected: `host ${this.host}`,
        found: banner.host,
        hint: 'Split the file: one host is one series.',
        code: 'TM_INPUT_VALUE',
      })
    }
    this.host = banner.host
    this.sink.banner(banner, line)
  }

  private foreign(found: string, line: number): InputError {
    return new InputError('times in the digits or words of a locale that is not read', {
      file: this.file,
      line,
      expected: 'HH:MM:SS',
      found,
      hint: 'Run: LC_ALL=C sar ... or use sadf -j',
      code: 'TM_INPUT_REFUSED',
    })
  }

  private broken(message: string, line: number, expected: string, found: string): InputError {
    return new InputError(message, { file: this.file, line, expected, found, code: 'TM_INPUT_VALUE' })
  }
}
