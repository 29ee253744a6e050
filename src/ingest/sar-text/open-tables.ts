/**
 * The tables of a recording as they are met, left and met again, and their rows in time: each header of the same names
 * goes on with the same table.
 */

import { InputError } from '../../base/errors.js'
import type { RowTime, SysstatSink, SysstatTable } from '../sysstat/sink.js'
import { tableOf } from '../sysstat/tables.js'
import { clockText } from '../text/dates.js'
import { MAX_VALUES } from './row-numbers.js'
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
  private readonly time: RowTime = { clock: 0, end: 0, dt: 0, segment: 0, midnight: false }

  constructor(
    private readonly file: string,
    private readonly sink: SysstatSink,
  ) {}

  /** Goes on with the table of a header met before. @returns false for a text that was none */
  known(text: string, clock: number): boolean {
    const known = this.headers.get(text)
    if (known === undefined) return false
    this.current = known
    if (known !== 'other') this.timeline.header(known.clock, clock)
    return true
  }

  /**
   * Goes on with the table of these names, or begins it.
   * @param text behind the time, to be known by when it comes again; empty where it cannot be
   */
  header(words: readonly string[], clock: number, line: number, text: string): void {
    const header = this.named(words, line)
    if (header !== 'other') this.timeline.header(header.clock, clock)
    if (text !== '' && this.headers.size < REMEMBERED) this.headers.set(text, header)
    this.current = header
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
    this.current = this.tables.get(words.join(' ')) ?? 'other'
  }

  /** The host was restarted: no table goes on. */
  restart(): void {
    this.timeline.restart()
    this.current = undefined
  }

  /** Hands a row of `table` on. @throws InputError where time goes backwards */
  row(table: OpenTable, clock: number, values: Float64Array, line: number): void {
    const { time } = this
    const before = table.clock.clock
    if (!this.timeline.row(table.clock, clock, time)) {
      throw this.broken('time goes backwards', line, `a time after ${clockText(before)}`, clockText(clock))
    }
    time.clock = clock
    this.rows++
    this.sink.row(table, time, values, line)
  }

  private broken(message: string, line: number, expected: string, found: string): InputError {
    return new InputError(message, { file: this.file, line, expected, found, code: 'TM_INPUT_VALUE' })
  }
}
