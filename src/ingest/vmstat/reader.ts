/**
 * Reads what vmstat prints (procps 3.2 to 4.0), as it is or wrapped by a recorder. Rows are whole numbers under the
 * header above them; the first row of each run has averages since boot in its rate columns.
 */

import type { ByteSource } from '../../base/byte-source.js'
import { InputError } from '../../base/errors.js'
import { type LineBlock, LineReader } from '../../base/line-reader.js'
import type { IssueList } from '../series/issue-list.js'
import { cleanText } from '../text/clean.js'
import { dateSeconds } from '../text/dates.js'
import { isGroupLine, readNames, type VmstatHeader } from './header.js'
import { type TimedLine, timedLine } from './line-time.js'
import { PlainRows } from './plain-rows.js'
import { midnightOf, stampSeconds } from './stamp.js'

const LF = 0x0a

export interface VmstatRow {
  readonly values: Float64Array
  /** As printed by -t, or a time with its date before the row; undefined without. */
  stamp: string | undefined
  /** Time of day before the row (ExaWatcher, a loop of the shell), undefined elsewhere. */
  clock: string | undefined
  /** First row of a run: its rates are averages since boot. */
  first: boolean
  /** A `date` line stood before this run: its time, seconds; else NaN. */
  runTime: number
  /** Text of another kind stood before this row, or nothing did. */
  interrupted: boolean
}

export interface VmstatSink {
  header(header: VmstatHeader, line: number): void
  row(header: VmstatHeader, row: VmstatRow, line: number): void
  /** Whether rows with times of -t, or else rows without any time, go on with the times of the row before. */
  goesOn(stamped: boolean): boolean
  /** Rows that go on in every way: none of them is the first of a run. */
  plainRows(header: VmstatHeader, rows: PlainRows): void
}

/** Rows under a header after which the next one is a repetition for the screen, not the header of another run. */
const SCREEN_ROWS = 22

export class VmstatReader {
  rows = 0
  /** Group lines, `procs ---memory--- …`. */
  groups = 0
  /** Lines that are neither header nor row. */
  others = 0
  private header: VmstatHeader | undefined
  private sinceHeader = 0
  /** Something other than a row or a header came before: what follows is another run. */
  private broken = true
  /** A header came earlier than a screen needs one. */
  private newRun = false
  /** The header has a time before it, and so have its rows: seconds since 1970 might pass for a value. */
  private timed = false
  private firstRow: Float64Array | undefined
  private line = 0
  private readonly plain = new PlainRows()
  /** Lines with bytes that are not UTF-8, and the first of them. */
  notUtf8 = 0
  notUtf8Line = 0
  private readonly row: VmstatRow = {
    values: new Float64Array(24),
    stamp: undefined,
    clock: undefined,
    first: true,
    runTime: Number.NaN,
    interrupted: true,
  }

  constructor(
    private readonly file: string,
    private readonly sink: VmstatSink,
    private readonly issues: IssueList,
    private readonly skip: (text: string, line: number) => void,
  ) {}

  /** Reads to the end, pausing after each block of lines. @throws InputError */
  async *read(source: ByteSource): AsyncGenerator<void> {
    const reader = new LineReader(source)
    for await (const block of reader.blocks()) {
      this.block(block)
      reader.line = this.line
      yield
    }
  }

  private block({ bytes, start, end }: LineBlock): void {
    let at = start
    while (at < end) {
      if (this.header !== undefined && !this.broken && !this.newRun && this.sink.goesOn(this.plain.stamped)) {
        at = this.plainRows(this.header, bytes, at, end)
        if (at === end) break
      }
      this.line++
      const lf = bytes.indexOf(LF, at)
      const text = cleanText(bytes.toString('utf8', at, lf))
      if (text.includes('\ufffd') && this.notUtf8++ === 0) this.notUtf8Line = this.line
      if (text !== '') this.take(text, this.line)
      at = lf + 1
    }
  }

  /** Reads rows like the one before as long as they come. @returns where the first other line begins */
  private plainRows(header: VmstatHeader, bytes: Buffer, start: number, end: number): number {
    const { plain } = this
    const { block } = plain
    const n = header.columns.length
    let at = start
    block.widen(n)
    while (at < end) {
      const next = plain.read(bytes, at, n)
      if (next < 0) break
      at = next
      block.line[block.length++] = ++this.line
      if (block.full) this.handOn(header)
    }
    this.handOn(header)
    return at
  }

  private handOn(header: VmstatHeader): void {
    const { block } = this.plain
    if (block.length === 0) return
    this.sinceHeader += block.length
    this.rows += block.length
    this.sink.plainRows(header, this.plain)
    block.length = 0
  }

  private take(text: string, line: number): void {
    if (!this.timed && this.isVmstat(text, line)) return
    const timed = timedLine(text)
    if (timed !== undefined && this.isVmstat(timed.rest, line, timed)) return
    if (this.timed && this.isVmstat(text, line)) return
    if (text.trim() === '') return
    this.others++
    this.row.interrupted = true
    // Whatever else stands between rows ends a run: recorders start vmstat anew for each.
    this.broken = true
    this.row.runTime = dateSeconds(text)
    if (!Number.isNaN(this.row.runTime) || text.startsWith('#')) return
    this.skip(text, line)
  }

  /** Takes what vmstat prints. @param timed a time that stood before it @returns false when the line is something else */
  private isVmstat(text: string, line: number, timed?: TimedLine): boolean {
    if (this.header !== undefined && this.values(text, line, timed)) return true
    const header = readNames(text)
    if (header !== undefined) {
      this.timed = timed !== undefined
      this.newHeader(header, line)
      return true
    }
    if (!isGroupLine(text)) return false
    this.groups++
    return true
  }

  private newHeader(header: VmstatHeader, line: number): void {
    const before = this.header
    if (before !== undefined && header.columns.join() !== before.columns.join()) this.broken = true
    if (this.sinceHeader === 1) this.broken = true
    this.newRun = this.sinceHeader < SCREEN_ROWS
    this.sinceHeader = 0
    this.header = header
    this.sink.header(header, line)
  }

  /** Takes a row. @returns false when the line is none */
  private values(text: string, line: number, timed?: TimedLine): boolean {
    const header = this.header as VmstatHeader
    const { row } = this
    const n = header.columns.length
    let i = 0
    row.clock = timed?.clock
    while (text.charCodeAt(i) === 0x20) i++
    if (text.charCodeAt(i + 2) === 0x3a && text.charCodeAt(i + 5) === 0x3a) {
      row.clock = text.slice(i, i + 8)
      i += 8
    }
    let found = 0
    while (found < n) {
      let c = text.charCodeAt(i)
      while (c === 0x20 || c === 0x09) c = text.charCodeAt(++i)
      const from = i
      let value = 0
      while (c >= 0x30 && c <= 0x39) {
        value = value * 10 + (c - 0x30)
        c = text.charCodeAt(++i)
      }
      if (i === from || (i < text.length && c !== 0x20 && c !== 0x09)) break
      row.values[found++] = value
    }
    if (found < n) return this.notWhole(text, found, i, line)
    const rest = text.slice(i).trim()
    row.stamp = rest === '' ? timed?.stamp : rest
    this.deliver(header, line)
    // Rows with a time before them are not read from their bytes.
    if (timed !== undefined) this.plain.learn(undefined, Number.NaN)
    return true
  }

  private notWhole(text: string, found: number, at: number, line: number): boolean {
    if (found < 4) return false
    const names = (this.header as VmstatHeader).columns
    const rest = text.slice(at).trim()
    if (rest === '') {
      const message = `row has ${found} values but the header names ${names.length} columns (${names.join(' ')})`
      this.issues.add('short-row', message, 'dropped', line)
      return true
    }
    throw new InputError('not a number', {
      file: this.file,
      line,
      expected: `a whole number for ${names[found]}`,
      found: rest.split(/\s+/)[0],
      code: 'TM_INPUT_VALUE',
    })
  }

  private deliver(header: VmstatHeader, line: number): void {
    const { row } = this
    row.first = this.broken || (this.newRun && this.repeatsFirst(header))
    this.newRun = false
    this.sinceHeader++
    this.rows++
    if (this.firstRow === undefined) this.firstRow = row.values.slice()
    this.sink.row(header, row, line)
    this.broken = false
    this.learn(row)
    row.runTime = Number.NaN
    row.interrupted = false
  }

  private learn({ stamp }: VmstatRow): void {
    const seconds = stamp === undefined ? Number.NaN : stampSeconds(stamp)
    this.plain.learn(Number.isNaN(seconds) ? undefined : stamp, midnightOf(seconds))
  }

  /** Averages since boot hardly move: a row under a new header with those of the first row begins another run. */
  private repeatsFirst(header: VmstatHeader): boolean {
    const first = this.firstRow as Float64Array
    return ['bi', 'bo', 'in', 'us', 'sy', 'id'].every((name) => {
      const i = header.columns.indexOf(name)
      const was = first[i]
      return Math.abs(this.row.values[i] - was) <= Math.max(2, was * 0.02)
    })
  }
}
