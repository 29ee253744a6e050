/**
 * Reads the text that sar prints, of all its tables and in both layouts: live (each interval prints all tables) and
 * from a file (table after table, segment after segment). Grammar after sysstat's sar.c and pr_stats.c; what varies
 * between releases and locales is found from the text itself.
 */

import type { ByteSource } from '../../base/byte-source.js'
import { InputError } from '../../base/errors.js'
import { type LineBlock, LineReader } from '../../base/line-reader.js'
import type { IssueList } from '../series/issue-list.js'
import type { Banner, SysstatSink } from '../sysstat/sink.js'
import { looksLikeHeader, tableOf } from '../sysstat/tables.js'
import { cleanText } from '../text/clean.js'
import { clockText } from '../text/dates.js'
import { averageNames, readAverage } from './average.js'
import { readBanner } from './banner.js'
import { type Clock, readClock } from './clock.js'
import { refuseForeignClock } from './foreign-clock.js'
import type { KernelRows } from './kernel-rows.js'
import { endsInNumber, isItemRow, startsWithNumber } from './line-shape.js'
import { type OpenTable, OpenTables } from './open-tables.js'
import { headerClock, PlainRow } from './plain-row.js'
import { RowNumbers } from './row-numbers.js'
import { sayUnclear } from './unclear-clock.js'

const LF = 0x0a

export class SarReader {
  lines = 0
  private readonly tables: OpenTables
  /** The line worked on is a header, as it seems: what follows its time. */
  private headerText = ''
  private readonly clock: Clock = { seconds: 0, end: 0, minutesOnly: false, ambiguous: false }
  private readonly plain = new PlainRow()
  /** The kernel has the lines that are worked on. */
  private inKernel = false
  private host: string | undefined
  private readonly numbers: RowNumbers
  private afterBlank = true
  private notUtf8 = 0
  private notUtf8Line = 0

  /** @param kernel reads rows faster, and is worth its making for long recordings */
  constructor(
    private readonly file: string,
    private readonly sink: SysstatSink,
    private readonly issues: IssueList,
    private readonly skip: (text: string, line: number) => void,
    private readonly kernel?: KernelRows,
  ) {
    this.numbers = new RowNumbers(file, issues)
    this.tables = new OpenTables(file, sink, kernel?.rows)
  }

  /** Headers of tables that say nothing of memory. */
  get otherTables(): ReadonlySet<string> {
    return this.tables.others
  }

  /** Reads to the end, pausing after each block of lines. @throws InputError */
  async *read(source: ByteSource): AsyncGenerator<void> {
    const reader = new LineReader(source)
    for await (const block of reader.blocks()) {
      this.block(block)
      reader.line = this.lines
      yield
    }
    if (this.notUtf8 === 0) return
    const what = `${this.notUtf8} lines are not valid UTF-8: host names and comments may be wrong`
    this.issues.add('not-utf8', what, 'kept', this.notUtf8Line)
  }

  private block({ bytes, start, end }: LineBlock): void {
    const { tables, plain } = this
    let at = start
    plain.open(bytes)
    this.inKernel = this.kernel?.take(bytes, start, end) ?? false
    while (at < end) {
      if (typeof tables.current === 'object') at = this.rows(at, end)
      if (at < end) at = this.line(bytes, at)
    }
    tables.flush()
  }

  /** Reads plain rows of the current table as long as they come. @returns where the first other line begins */
  private rows(start: number, end: number): number {
    const { plain, tables, numbers } = this
    const { pending } = tables
    const { width, values, stride } = pending
    let at = start
    while (at < end) {
      const next = plain.read(at, width, values, numbers.mark, pending.length, stride)
      if (next < 0) break
      at = next
      tables.row(plain.clock, ++this.lines)
      this.afterBlank = false
      // Live output of several tables has one row at a time: nothing to call the kernel for.
      if (at < end && !plain.isEmpty(at)) at = this.moreRows(at)
    }
    return at
  }

  /** Reads rows by the kernel as long as it can. @returns where the line begins that it leaves */
  private moreRows(start: number): number {
    const { kernel, tables, plain, numbers } = this
    if (kernel === undefined || !this.inKernel || numbers.mark.code === 0) return start
    let at = start
    for (;;) {
      const next = kernel.read(at, this.lines, plain.lead, numbers.mark.code, tables.lastHeader)
      if (next > at) this.afterBlank = plain.emptyBefore(at, next)
      this.lines = kernel.line
      at = next
      if (!tables.pending.full) return at
      tables.flush()
    }
  }

  /** Reads a line that is no plain row. @returns where the next one begins */
  private line(bytes: Buffer, at: number): number {
    const line = ++this.lines
    if (bytes[at] === LF) {
      this.afterBlank = true
      return at + 1
    }
    const next = this.tables.again(bytes, at)
    if (next > 0) {
      this.afterBlank = false
      return next
    }
    const lf = bytes.indexOf(LF, at)
    if (this.tables.current === 'other' && isItemRow(bytes, at, lf)) this.afterBlank = false
    else if (!this.knownHeader(bytes, at, lf)) {
      const text = cleanText(bytes.toString('utf8', at, lf))
      if (text.includes('\ufffd') && this.notUtf8++ === 0) this.notUtf8Line = line
      // Whatever is said of this line comes after what is said of the rows before it.
      this.tables.flush()
      if (text !== '') this.take(text, line)
      this.afterBlank = text === ''
    }
    return lf + 1
  }

  /** A header that was met before, as live output repeats them for each interval. @returns false for any other line */
  private knownHeader(bytes: Buffer, at: number, lf: number): boolean {
    this.headerText = ''
    const clock = headerClock(bytes, at)
    if (clock < 0 || lf - at > 400) return false
    const text = bytes.toString('latin1', at + 8, lf)
    if (!this.tables.known(text, clock)) {
      this.headerText = text
      return false
    }
    this.afterBlank = false
    return true
  }

  /** Rows were read, and none of their values has decimals. */
  get wholeNumbers(): boolean {
    return this.tables.rows > 0 && this.numbers.mark.code === 0
  }

  private take(text: string, line: number): void {
    if (!readClock(text, this.clock)) {
      this.untimed(text, line)
      return
    }
    const { current } = this.tables
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
      this.tables.restart()
    } else if (words[0] === 'COM') this.sink.comment(clockText(clock.seconds), rest.slice(3).trim(), line)
    else if (looksLikeHeader(words)) this.header(words, line)
    else if (this.afterBlank && words.length > 1 && words.every((word) => /^[^\d-]/.test(word)))
      this.header(words, line)
    else if (this.tables.current !== 'other') this.skip(text, line)
  }

  private header(words: string[], line: number): void {
    const { clock, tables } = this
    if (tableOf(words) !== undefined) sayUnclear(clock, tables.timeline, this.issues, line)
    // With more to its time than `HH:MM:SS` and AM or PM a header is not known again by what follows.
    tables.header(words, clock.seconds, line, clock.end === 8 || clock.end === 11 ? this.headerText : '')
  }

  private row(table: OpenTable, text: string, line: number): void {
    const { pending } = this.tables
    const { values, length, stride } = pending
    const n = this.numbers.read(text, this.clock.end, table.columns.length, line, values, length, stride)
    if (n < table.columns.length) {
      this.short(table, text, n, line)
      return
    }
    this.tables.row(this.clock.seconds, line)
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
    const refused = refuseForeignClock(trimmed, this.file, line)
    if (refused !== undefined) throw refused
    const { current } = this.tables
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
    this.tables.averages(names)
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
}
