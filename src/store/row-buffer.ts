import type { Database, Statement } from 'better-sqlite3'
import { type Cell, Cells } from './cells.js'
import { guarded } from './errors.js'

/** Rows of all tables together that one transaction stores: enough to make its cost vanish, few enough to hold. */
export const BATCH_ROWS = 4096

/** How records of one kind become rows of one table. */
export interface Layout<R> {
  table: string
  columns: readonly string[]
  /**
   * Appends the cells of one row to `out`, in the order of `columns`.
   * @param owner id of the run, or of the OOM event, that the record belongs to
   * @param seq 1, 2, … within the owner
   */
  append(out: Cells, owner: number, seq: number, record: R): void
}

/** Where records of one kind go. */
export type Inlet<R> = (owner: number, seq: number, record: R) => void

/** Values that one INSERT of several rows takes: beyond some hundred there is nothing more to gain. */
const VALUES_PER_INSERT = 512

/** Rows of one table that wait, cell after cell, and the statements that store them. */
class PendingTable {
  readonly cells = new Cells()
  private readonly width: number
  private readonly one: Statement<Cell[]>
  private readonly many: Statement<Cell[]>
  /** Cells that `many` takes. */
  private readonly stride: number

  constructor(db: Database, table: string, columns: readonly string[]) {
    this.width = columns.length
    const rows = Math.max(1, Math.floor(VALUES_PER_INSERT / this.width))
    this.stride = rows * this.width
    const insert = `insert into ${table} (${columns.map((c) => `"${c}"`).join(', ')}) values`
    const row = `(${columns.map(() => '?').join(', ')})`
    this.one = db.prepare<Cell[]>(`${insert} ${row}`)
    this.many = db.prepare<Cell[]>(`${insert} ${Array(rows).fill(row).join(', ')}`)
  }

  /**
   * Inserts what waits. Several rows a statement, as plain arguments: measured a third faster than one row at a time,
   * which pays for keeping the tables clustered by run.
   */
  store(): void {
    const { cells, stride, width } = this
    let at = 0
    for (; at + stride <= cells.length; at += stride) this.many.run(...cells.slice(at, at + stride))
    for (; at < cells.length; at += width) this.one.run(...cells.slice(at, at + width))
  }
}

/**
 * Rows on their way into tables. They wait in memory and go in one short transaction per batch: the database is locked
 * for milliseconds at a time, so that several processes can write to it at once.
 */
export class RowBuffer {
  private readonly tables: PendingTable[] = []
  private count = 0

  constructor(
    private readonly db: Database,
    /** The database's path, for messages. */
    private readonly path: string,
    /** Runs inside each batch's transaction, before the rows. */
    private readonly onFlush: () => void = () => {},
  ) {}

  /** Opens a table. The inlet queues rows and stores the batch when it is full. */
  inlet<R>(layout: Layout<R>): Inlet<R> {
    const table = new PendingTable(this.db, layout.table, layout.columns)
    this.tables.push(table)
    return (owner, seq, record) => {
      layout.append(table.cells, owner, seq, record)
      if (++this.count >= BATCH_ROWS) this.flush()
    }
  }

  /**
   * Stores what waits. `also` runs in the same transaction, after the rows.
   * @throws TidemarkError `TM_STORE`
   */
  flush(also?: () => void): void {
    const store = this.db.transaction(() => {
      this.onFlush()
      for (const table of this.tables) table.store()
      also?.()
    })
    guarded(this.path, () => store.immediate())
    this.drop()
  }

  /** Forgets what waits. */
  drop(): void {
    for (const { cells } of this.tables) cells.clear()
    this.count = 0
  }
}
