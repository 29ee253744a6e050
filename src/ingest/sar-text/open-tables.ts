/**
 * The tables of a recording as they are met, left and met again, and their rows in time: each header of the same names
 * goes on with the same table.
 */

import { InputError } from '../../base/errors.js'
import { MAX_VALUES, RowBlock } from '../sysstat/row-block.js'
import type { SysstatSink, SysstatTable } from '../sysstat/sink.js'
import { tableOf } from '../sysstat/tables.js'
import { clockText } from '../text/dates.js'
import { type TableClock, Timeline } from './timeline.js'

export interface OpenTable extends SysstatTable {
  readonly clock: TableClock
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
  private readonly headers = new Map<string, OpenTable | 'other'>()

  constructor(
    private readonly file: string,
    private readonly sink: SysstatSink,
  ) {}

  /** Where the values of the next row of the current table go: {@link RowBlock.values}, from here on. */
  readonly pending = new RowBlock()
  private pendingOf: OpenTable | undefined

  /** Goes on with the table of a header met before. @returns false for a text that was none */
  known(text: string, clock: number): boolean {
    const known = this.headers.get(text)
    if (known === undefined) return false
    this.goOn(known)
    if (known !== 'other') this.timeline.header(known.clock, clock)
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
    if (text !== '' && this.headers.size < REMEMBERED) this.headers.set(text, header)
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
  }

  /** Takes a row of `table`, the current one, whose values stand in {@link pending}. @throws InputError where time goes backwards */
  row(table: OpenTable, clock: number, line: number): void {
    const { pending } = this
    const before = table.clock.clock
    if (!this.timeline.row(table.clock, clock, pending)) {
      this.flush()
      throw this.broken('time goes backwards', line, `a time after ${clockText(before)}`, clockText(clock))
    }
    pending.line[pending.length++] = line
    this.rows++
    if (pending.full) this.flush()
  }

  /** Hands on the rows taken so far. */
  flush(): void {
    const { pending } = this
    if (pending.length === 0) return
    this.sink.rows(this.pendingOf as OpenTable, pending)
    pending.length = 0
  }

  private goOn(table: OpenTable | 'other'): void {
    this.current = table
    if (table === 'other' || table === this.pendingOf) return
    this.flush()
    this.pendingOf = table
    this.pending.width = table.columns.length
  }

  private broken(message: string, line: number, expected: string, found: string): InputError {
    return new InputError(message, { file: this.file, line, expected, found, code: 'TM_INPUT_VALUE' })
  }
}
