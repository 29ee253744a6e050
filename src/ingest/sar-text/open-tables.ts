/**
 * The tables of a recording as they are met, left and met again, and their rows in time: each header of the same names
 * goes on with the same table.
 */

import { InputError } from '../../base/errors.js'
import { MAX_VALUES, RowBlock } from '../series/row-block.js'
import type { SysstatSink, SysstatTable } from '../sysstat/sink.js'
import { tableOf } from '../sysstat/tables.js'
import { clockText } from '../text/dates.js'
import { headerClock } from './plain-row.js'
import { type TableClock, Timeline } from './timeline.js'

export interface OpenTable extends SysstatTable {
  readonly clock: TableClock
}

/** A header that was met, as it stands behind its time. */
interface KnownHeader {
  readonly table: OpenTable | 'other'
  readonly bytes: Buffer
}

/** Headers and names that are remembered; real recordings have some dozens. */
const REMEMBERED = 1000

export class OpenTables {
  /** The table whose rows are being read; `other` for one that says nothing of memory. */
  current: OpenTable | 'other' | undefined
  rows = 0
  /** Headers of tables that say nothing of memory. */
  readonly others = new Set<string>()
  readonly timeline = new Timeline()
  private readonly tables = new Map<string, OpenTable>()
  /** Headers met before, by the text behind their time. */
  private readonly headers = new Map<string, KnownHeader>()
  private pendingOf: OpenTable | undefined
  /** Pending rows that have their times. */
  private timed = 0
  /** The header met last, behind its time, with its line end; undefined where its table does not go on. */
  lastHeader: Buffer | undefined

  /** @param pending rows of one table that were not handed on; the values of its next row go behind theirs */
  constructor(
    private readonly file: string,
    private readonly sink: SysstatSink,
    readonly pending = new RowBlock(),
  ) {}

  /** Goes on where the header met last is repeated. @returns where the next line begins, or −1 for any other line */
  again(bytes: Buffer, at: number): number {
    const { lastHeader, current } = this
    if (lastHeader === undefined || !startsWith(bytes, at + 8, lastHeader)) return -1
    const clock = headerClock(bytes, at)
    if (clock < 0) return -1
    if (typeof current === 'object') {
      this.settle()
      this.timeline.header(current.clock, clock)
    }
    return at + 8 + lastHeader.length
  }

  /** Goes on with the table of a header met before. @returns false for a text that was none */
  known(text: string, clock: number): boolean {
    const known = this.headers.get(text)
    if (known === undefined) return false
    const { table } = known
    this.goOn(table)
    this.lastHeader = known.bytes
    if (table !== 'other') this.timeline.header(table.clock, clock)
    return true
  }

  /**
   * Goes on with the table of these names, or begins it.
   * @param text behind the time, to be known by when it comes again; empty where it cannot be
   */
  header(words: readonly string[], clock: number, line: number, text: string): void {
    const header = this.named(words, line)
    this.goOn(header)
    if (header !== 'other') this.timeline.header(header.clock, clock)
    if (text === '' || this.headers.size >= REMEMBERED) return
    this.lastHeader = Buffer.from(`${text}\n`, 'latin1')
    this.headers.set(text, { table: header, bytes: this.lastHeader })
  }

  private named(words: readonly string[], line: number): OpenTable | 'other' {
    const id = tableOf(words)
    const key = words.join(' ')
    if (id === undefined) {
      if (this.others.size < REMEMBERED) this.others.add(key)
      return 'other'
    }
    let table = this.tables.get(key)
    if (table === undefined) {
      if (words.length > MAX_VALUES)
        throw this.broken(`header names ${words.length} columns`, line, 'a table of sar', key)
      table = { id, columns: words, line, clock: { segment: -1, clock: 0, end: 0 } }
      this.tables.set(key, table)
    }
    return table
  }

  /** The averages of a table follow, not its rows. */
  averages(words: readonly string[]): void {
    this.goOn(this.tables.get(words.join(' ')) ?? 'other')
  }

  /** The host was restarted: no table goes on. */
  restart(): void {
    this.flush()
    this.timeline.restart()
    this.current = undefined
    this.lastHeader = undefined
  }

  /**
   * Takes a row of the current table whose values stand in {@link pending}.
   * @returns how many rows are pending
   * @throws InputError where time goes backwards
   */
  row(clock: number, line: number): number {
    const { pending } = this
    const i = pending.length
    pending.clock[i] = clock
    pending.line[i] = line
    pending.length = i + 1
    if (pending.full) this.flush()
    return pending.length
  }

  /** Hands on the rows taken so far. @throws InputError where time goes backwards */
  flush(): void {
    this.settle()
    const { pending } = this
    if (pending.length === 0) return
    this.rows += pending.length
    this.sink.rows(this.pendingOf as OpenTable, pending)
    pending.length = 0
    this.timed = 0
  }

  /** Gives the rows taken so far their times, which a header would change. */
  private settle(): void {
    const { pending } = this
    const table = this.pendingOf
    if (table === undefined) return
    const wrong = this.timeline.rows(table.clock, pending, this.timed)
    this.timed = wrong
    if (wrong === pending.length) return
    const [clock, line] = [pending.clock[wrong], pending.line[wrong]]
    pending.length = wrong
    this.flush()
    const before = clockText(table.clock.clock)
    throw this.broken('time goes backwards', line, `a time after ${before}`, clockText(clock))
  }

  private goOn(table: OpenTable | 'other'): void {
    this.settle()
    this.current = table
    this.lastHeader = undefined
    if (table === 'other' || table === this.pendingOf) return
    this.flush()
    this.pendingOf = table
    this.pending.widen(table.columns.length)
  }

  private broken(message: string, line: number, expected: string, found: string): InputError {
    return new InputError(message, { file: this.file, line, expected, found, code: 'TM_INPUT_VALUE' })
  }
}

function startsWith(bytes: Buffer, at: number, wanted: Buffer): boolean {
  const end = at + wanted.length
  return end <= bytes.length && wanted.compare(bytes, at, end) === 0
}
