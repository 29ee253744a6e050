/**
 * Reads `sadf -d`: tables of values separated by `;`, each under a line `# hostname;interval;timestamp;…`. Written by
 * rndr_stats.c of sysstat; nothing is quoted. Rows are taken apart with a scanner, since a day of one-second records is
 * hundreds of megabytes.
 */

import type { ByteSource } from '../../base/byte-source.js'
import { InputError } from '../../base/errors.js'
import { LineReader } from '../../base/line-reader.js'
import type { IssueList } from '../series/issue-list.js'
import { MAX_VALUES, RowBlock } from '../series/row-block.js'
import type { SysstatSink, SysstatTable } from '../sysstat/sink.js'
import { StampLine, stampSeconds } from '../sysstat/stamp.js'
import { tableOf } from '../sysstat/tables.js'
import { readNumbers } from '../text/byte-rows.js'
import { cleanText } from '../text/clean.js'
import { type DecimalMark, parseNumber } from '../text/numbers.js'
import { ByteStamp } from './byte-stamp.js'
import type { RawTables } from './raw-tables.js'

const LF = 0x0a
const ZERO = 0x30
const SEMICOLON = 0x3b

interface CsvTable extends SysstatTable {
  readonly times: StampLine
}

export class SadfCsvReader {
  lines = 0
  host: string | undefined
  /** What rows begin with: the host and a semicolon. */
  private prefix = Buffer.alloc(0)
  private readonly stamp = new ByteStamp()
  /** Headers of tables that say nothing of memory. */
  readonly otherTables = new Set<string>()
  /** Written with -h: items side by side on one line. */
  horizontal = false
  /** Times of the restarts met so far; each table repeats them. */
  readonly restarts = new Set<string>()
  private readonly comments = new Set<string>()
  private readonly tables = new Map<string, CsvTable>()
  private current: CsvTable | undefined
  private currentColumns: readonly string[] | undefined
  private readonly mark: DecimalMark = { code: 0 }
  /** Rows of the current table that were not handed on yet. */
  private readonly pending = new RowBlock()
  /** Where the last of them begins that was read from the bytes; −1 when none was. */
  private lastRow = -1
  private bytes: Buffer = this.prefix

  constructor(
    private readonly file: string,
    private readonly sink: SysstatSink,
    private readonly issues: IssueList,
    private readonly skip: (text: string, line: number) => void,
    private readonly raw: RawTables | undefined,
  ) {}

  /** Reads to the end, pausing after each block of lines. @throws InputError */
  async *read(source: ByteSource): AsyncGenerator<void> {
    const reader = new LineReader(source)
    for await (const { bytes, start, end } of reader.blocks()) {
      let at = start
      while (at < end) {
        const line = ++reader.line
        const next = this.current === undefined ? this.passed(bytes, at) : this.plainRow(bytes, at, line)
        if (next > 0) {
          at = next
          continue
        }
        // Whatever is said of this line comes after what is said of the rows before it.
        this.flush()
        const lf = bytes.indexOf(LF, at)
        const text = cleanText(bytes.toString('utf8', at, lf))
        if (text !== '') this.take(text, line)
        at = lf + 1
      }
      this.flush()
      yield
    }
    this.lines = reader.line
  }

  /** Reads a row of the current table, if the line is a plain one. @returns where the next line begins, or −1 */
  private plainRow(bytes: Buffer, at: number, line: number): number {
    const { prefix } = this
    if (this.raw?.begun === false) return -1
    for (let i = 0; i < prefix.length; i++) if (bytes[at + i] !== prefix[i]) return -1
    let i = at + prefix.length
    let interval = 0
    let c = bytes[i] - ZERO
    const from = i
    while (c >= 0 && c <= 9) {
      interval = interval * 10 + c
      c = bytes[++i] - ZERO
    }
    if (bytes[i] !== SEMICOLON || i === from || i - from > 9) return -1
    const seconds = this.stamp.read(bytes, i + 1)
    if (seconds < 0) return -1
    const { values, width, length, stride } = this.pending
    const next = readNumbers(bytes, this.stamp.end, width, values, this.mark, SEMICOLON, length, stride)
    if (next < 0) return -1
    this.lastRow = at
    this.bytes = bytes
    this.deliver(this.current as CsvTable, seconds, interval, line)
    return next
  }

  /** A row of a table that says nothing of memory. @returns where the next line begins, or −1 for any other line */
  private passed(bytes: Buffer, at: number): number {
    const { prefix } = this
    if (this.raw !== undefined || this.currentColumns === undefined || prefix.length === 0) return -1
    for (let i = 0; i < prefix.length; i++) if (bytes[at + i] !== prefix[i]) return -1
    // Restarts and comments have an interval of −1.
    const first = bytes[at + prefix.length] - ZERO
    return first >= 0 && first <= 9 ? bytes.indexOf(LF, at) + 1 : -1
  }

  private deliver(table: CsvTable, seconds: number, interval: number, line: number): void {
    const end = table.times.next(seconds)
    if (Number.isNaN(end)) {
      this.flush()
      const found = new Date(seconds * 1000).toISOString().slice(0, 19).replace('T', ' ')
      throw this.broken('time goes backwards', line, 'a time after the row before', found)
    }
    const { pending } = this
    const i = pending.length++
    pending.end[i] = end
    pending.dt[i] = interval === 0 ? Number.NaN : interval
    pending.line[i] = line
    if (pending.full) this.flush()
  }

  private flush(): void {
    const { pending } = this
    if (pending.length === 0) return
    if (this.raw !== undefined && this.lastRow >= 0) {
      const last = this.bytes.toString('utf8', this.lastRow, this.bytes.indexOf(LF, this.lastRow))
      this.raw.rows(this.currentColumns as readonly string[], pending, cleanText(last).split(';'))
    }
    this.lastRow = -1
    this.sink.rows(this.current as CsvTable, pending)
    pending.length = 0
  }

  private take(text: string, line: number): void {
    if (text.charCodeAt(0) === 0x23 /* # */) {
      this.header(text, line)
      return
    }
    const a = text.indexOf(';')
    const b = text.indexOf(';', a + 1)
    const c = text.indexOf(';', b + 1)
    if (a <= 0 || b < 0 || c < 0) {
      this.skip(text, line)
      return
    }
    this.checkHost(text.slice(0, a), line)
    if (text.charCodeAt(a + 1) === 0x2d && text.slice(a + 1, b) === '-1') {
      this.event(text.slice(b + 1, c), text.slice(c + 1), line)
      return
    }
    if (this.currentColumns === undefined)
      throw this.broken('a row before any header', line, '# hostname;interval;timestamp;…', text)
    this.raw?.row(this.currentColumns, text.split(';'))
    if (this.current !== undefined) this.row(this.current, text, a, b, c, line)
  }

  private header(text: string, line: number): void {
    if (/^#\s*hostname,/.test(text)) {
      throw this.broken('separated by commas', line, '# hostname;interval;timestamp;… as sadf -d writes it', text)
    }
    const names = text.replace(/^#\s*/, '').split(';')
    if (names[0] !== 'hostname' || names[1] !== 'interval' || names[2] !== 'timestamp') {
      this.skip(text, line)
      return
    }
    const columns = names.slice(3).map((name) => name.trim())
    if (text.includes('[...]')) this.horizontal = true
    this.currentColumns = columns
    this.current = undefined
    this.raw?.header(columns)
    const id = tableOf(columns)
    const key = columns.join(';')
    if (id === undefined || columns.length > MAX_VALUES) {
      this.otherTables.add(key)
      return
    }
    let table = this.tables.get(key)
    if (table === undefined) {
      table = { id, columns, line, times: new StampLine() }
      this.tables.set(key, table)
    }
    this.current = table
    this.pending.widen(columns.length)
  }

  private event(stamp: string, text: string, line: number): void {
    if (text.startsWith('LINUX-RESTART')) {
      const seconds = stampSeconds(stamp)
      if (Number.isNaN(seconds)) throw this.broken('not a time', line, 'a date and time, or epoch seconds', stamp)
      if (this.restarts.has(stamp)) return
      this.restarts.add(stamp)
      const cpus = /\((\d+) CPU\)/.exec(text)?.[1]
      this.sink.restart(stamp, cpus === undefined ? undefined : Number(cpus), line)
      this.raw?.restart(stamp, text)
    } else if (text.startsWith('COM')) {
      if (this.comments.has(stamp + text) || this.comments.size > 10_000) return
      this.comments.add(stamp + text)
      this.sink.comment(stamp, text.slice(3).trim(), line)
      this.raw?.comment(stamp, text)
    } else this.skip(text, line)
  }

  private row(table: CsvTable, text: string, a: number, b: number, c: number, line: number): void {
    const interval = parseNumber(text, a + 1, b, this.mark)
    const stamp = text.slice(b + 1, c)
    const seconds = stampSeconds(stamp)
    if (Number.isNaN(interval)) throw this.broken('not an interval', line, 'seconds', text.slice(a + 1, b))
    if (Number.isNaN(seconds)) throw this.broken('not a time', line, 'a date and time, or epoch seconds', stamp)
    const n = table.columns.length
    const { values, length, stride } = this.pending
    let found = 0
    let i = c + 1
    while (found < n && i <= text.length) {
      let end = text.indexOf(';', i)
      if (end < 0) end = text.length
      const value = parseNumber(text, i, end, this.mark)
      if (Number.isNaN(value)) {
        if (end === text.length && found < n - 1) break
        throw this.broken('not a number', line, `a number for ${table.columns[found]}`, text.slice(i, end))
      }
      values[length + found++ * stride] = value
      i = end + 1
    }
    if (found < n) {
      const message = `row has ${found} values but the header at line ${table.line} names ${n} columns (${table.columns[0]} ... ${table.columns[n - 1]})`
      this.issues.add('short-row', message, 'dropped', line)
      return
    }
    if (i <= text.length)
      this.issues.add('extra-text', `text after the last column: ${text.slice(i, i + 40)}`, 'kept', line)
    this.deliver(table, seconds, interval, line)
    // The report has this row already.
    if (this.raw !== undefined) this.flush()
  }

  private checkHost(host: string, line: number): void {
    if (host === this.host) return
    if (this.host !== undefined) throw this.broken('two hosts in one file', line, `host ${this.host}`, host)
    this.host = host
    this.prefix = Buffer.from(`${host};`)
  }

  private broken(message: string, line: number, expected: string, found: string): InputError {
    return new InputError(message, { file: this.file, line, expected, found, code: 'TM_INPUT_VALUE' })
  }
}
