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
import { readNumbers, twoDigits } from '../text/byte-rows.js'
import { cleanText } from '../text/clean.js'
import { clockText } from '../text/dates.js'
import { type DecimalMark, parseNumber } from '../text/numbers.js'
import { type Clock, readClock } from './clock.js'
import { type TableClock, Timeline } from './timeline.js'

/** Values of one row at most; sar's widest memory table has 17. */
const MAX_VALUES = 64

interface OpenTable extends SysstatTable {
  readonly clock: TableClock
}

const LF = 0x0a
const BLANK = 0x20
const COLON = 0x3a

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
  private readonly mark: DecimalMark = { code: 0 }
  private readonly clock: Clock = { seconds: 0, end: 0, minutesOnly: false, ambiguous: false }
  private readonly time: RowTime = { clock: 0, end: 0, dt: 0, segment: 0, midnight: false }
  private readonly values = new Float64Array(MAX_VALUES)
  private host: string | undefined
  private human = false
  private afterBlank = true

  constructor(
    private readonly file: string,
    private readonly sink: SysstatSink,
    private readonly issues: IssueList,
    private readonly skip: (text: string, line: number) => void,
  ) {}

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
    if (bytes[at + 2] !== COLON || bytes[at + 5] !== COLON || bytes[at + 8] !== BLANK || lf - at > 400) return false
    const text = bytes.toString('latin1', at + 8, lf)
    const known = this.headers.get(text)
    if (known === undefined) {
      this.lastHeader = text
      return false
    }
    const clock = twoDigits(bytes, at) * 3600 + twoDigits(bytes, at + 3) * 60 + twoDigits(bytes, at + 6)
    if (!(clock >= 0)) return false
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
    if (typeof current !== 'object' || bytes[at + 2] !== COLON || bytes[at + 5] !== COLON) return -1
    const hours = twoDigits(bytes, at)
    const minutes = twoDigits(bytes, at + 3)
    const seconds = twoDigits(bytes, at + 6)
    if (hours < 0 || hours > 23 || minutes < 0 || seconds < 0 || minutes > 59 || seconds > 60) return -1
    let clock = hours * 3600 + minutes * 60 + seconds
    let i = at + 8
    while (bytes[i] === BLANK) i++
    if (i === at + 8) return -1
    const half = bytes[i]
    if ((half === 0x41 || half === 0x50) && bytes[i + 1] === 0x4d && bytes[i + 2] === BLANK) {
      if (hours > 12) return -1
      clock += ((half === 0x50 ? 12 : 0) - (hours === 12 ? 12 : 0)) * 3600
      i += 3
    }
    const next = readNumbers(bytes, i, current.columns.length, this.values, this.mark, BLANK)
    if (next > 0) this.deliver(current, clock, line)
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
    this.sink.row(table, time, this.values, line)
  }

  /** Rows were read, and none of their values has decimals. */
  get wholeNumbers(): boolean {
    return this.rows > 0 && this.mark.code === 0
  }

  private take(text: string, line: number): void {
    if (!readClock(text, this.clock)) {
      this.untimed(text, line)
      return
    }
    const { current } = this
    // Rows of tables with an item a row (CPU, devices) are most of a `sar -A`: known by their last word, and passed by.
    if (current === 'other' && endsInNumber(text)) return
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
    const n = this.numbers(text, this.clock.end, table.columns.length, line)
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

  /** Reads up to `wanted` numbers of `text` from `start` on into `values`; returns how many. */
  private numbers(text: string, start: number, wanted: number, line: number): number {
    const { values, mark } = this
    let i = start
    let n = 0
    for (;;) {
      let c = text.charCodeAt(i)
      while (c === 0x20 || c === 0x09) c = text.charCodeAt(++i)
      if (i >= text.length) return n
      const from = i
      while (i < text.length && c !== 0x20 && c !== 0x09) c = text.charCodeAt(++i)
      if (n === wanted) {
        this.issues.add(
          'extra-text',
          `text after the last column: ${JSON.stringify(text.slice(from, from + 40))}`,
          'kept',
          line,
        )
        return n
      }
      const value = parseNumber(text, from, i, mark, true)
      if (Number.isNaN(value)) {
        throw this.broken('not a number', line, this.numberForm(), text.slice(from, i))
      }
      if (!this.human && text.charCodeAt(i - 1) > 0x39) this.noteHuman(line)
      values[n++] = value
    }
  }

  private numberForm(): string {
    if (this.mark.code === 0) return 'a number without thousands separators'
    return `a number with ${this.mark.code === 0x2c ? 'a decimal comma' : 'a decimal point'} and no thousands separators`
  }

  private noteHuman(line: number): void {
    this.human = true
    this.issues.add('human-units', 'printed with --human: levels have two or three digits only', 'kept', line)
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
    const { current } = this
    if (current === 'other') {
      // An average of such a table may end in the item's name.
      if (/\s-?\d/.test(trimmed)) return
    } else if (current !== undefined && this.average(current, trimmed, line)) return
    if (this.averageHeader(trimmed)) return
    this.skip(text, line)
  }

  /** `Average:  pgpgin/s pgpgout/s …`: in live output the averages have headers of their own. */
  private averageHeader(text: string): boolean {
    const words = text.split(/\s+/)
    if (/^\d/.test(words.at(-1) as string)) return false
    for (let label = 1; label <= 2; label++) {
      const names = words.slice(label)
      if (!looksLikeHeader(names)) continue
      this.current = this.tables.get(names.join(' ')) ?? 'other'
      return true
    }
    return false
  }

  /** A label without a time, then as many numbers as the table has columns. Labels are translated; `Maximum:` is none. */
  private average(table: OpenTable, text: string, line: number): boolean {
    const words = text.split(/\s+/)
    const numbers = words.slice(-table.columns.length)
    const label = words.length - numbers.length
    if (label < 1 || label > 2 || numbers.length < table.columns.length) return false
    const values = new Float64Array(numbers.length)
    for (let i = 0; i < numbers.length; i++) {
      values[i] = parseNumber(numbers[i], 0, numbers[i].length, this.mark, true)
      if (Number.isNaN(values[i])) return false
    }
    if (!/^(Summary|Minimum|Maximum):$/.test(words[0])) this.sink.average(table, values, line)
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

  private broken(message: string, line: number, expected: string, found: string): InputError {
    return new InputError(message, { file: this.file, line, expected, found, code: 'TM_INPUT_VALUE' })
  }
}

const BANNER = /^Linux (\S+) \((.*?)\)\s+(\S.*?)(?:\s+_(\S+?)_)?(?:\s+\((\d+) CPUs?\))?\s*$/

/** `Linux RELEASE (HOST) DATE _ARCH_ (N CPU)`; the last two came with sysstat 8. */
export function readBanner(text: string): Banner | undefined {
  const m = BANNER.exec(text)
  if (m === null) return undefined
  return {
    kernel: m[1],
    host: m[2],
    date: m[3],
    ...(m[4] === undefined ? {} : { arch: m[4] }),
    ...(m[5] === undefined ? {} : { cpus: Number(m[5]) }),
  }
}

/** Whether the last word begins as a number does: rows do, headers do not (`ldavg-15` begins with a letter). */
function endsInNumber(text: string): boolean {
  let i = text.length - 1
  while (i >= 0 && text.charCodeAt(i) <= 0x20) i--
  while (i >= 0 && text.charCodeAt(i) > 0x20) i--
  return digitOrSign(text.charCodeAt(i + 1))
}

function startsWithNumber(text: string, start: number): boolean {
  let i = start
  while (i < text.length && text.charCodeAt(i) <= 0x20) i++
  return digitOrSign(text.charCodeAt(i))
}

function digitOrSign(c: number): boolean {
  return (c >= 0x30 && c <= 0x39) || c === 0x2d
}

/** The same for a line of bytes that begins with a digit as a time does: a row of a table with an item a row. */
function isItemRow(bytes: Buffer, start: number, end: number): boolean {
  if (bytes[start] < 0x30 || bytes[start] > 0x39 || bytes[start + 2] !== COLON) return false
  let i = end - 1
  while (i > start && bytes[i] <= BLANK) i--
  while (i > start && bytes[i] > BLANK) i--
  return digitOrSign(bytes[i + 1])
}
