import type { Database } from 'better-sqlite3'
import type { OomLogRecord } from '../trace/oom-log.js'
import { openForWriting } from './connection.js'
import { deleteRunRows } from './delete-run.js'
import { asStoreError, guarded, storeError } from './errors.js'
import { storeLogOoms } from './log-oom.js'
import { markOrphans, orphans } from './orphans.js'
import { thisProcess } from './owner.js'
import { insertRun, type RunStart } from './run-start.js'
import { RunWriter } from './run-writer.js'

export interface StoreOptions {
  /** How long to wait for other writers, ms; a minute unless given. */
  busyTimeoutMs?: number
}

/** A results database, open for writing. Several processes may have one open at once. */
export class Store {
  private readonly writers = new Set<RunWriter>()

  constructor(
    private readonly db: Database,
    /** As given to {@link openStore}. */
    readonly path: string,
    /** Ids of runs whose process was found gone when the database was opened. */
    readonly interrupted: readonly number[],
  ) {}

  /**
   * Begins a run; it stands in `run` as `running` from here on.
   * @throws TidemarkError `TM_STORE`
   */
  beginRun(start: RunStart): RunWriter {
    const id = guarded(this.path, () => insertRun(this.db, start))
    const writer: RunWriter = new RunWriter(this.db, this.path, id, start.kernel, () => this.writers.delete(writer))
    this.writers.add(writer)
    return writer
  }

  /**
   * Takes `count` run ids that nobody else will get, for writers that begin in no fixed order (`RunStart.id`).
   * @returns the first of them
   */
  reserveRunIds(count: number): number {
    const reserve = this.db.transaction(() => {
      const last = this.db
        .prepare("update sqlite_sequence set seq = seq + ? where name = 'run' returning seq")
        .pluck()
        .get(count) as number | undefined
      if (last !== undefined) return last - count + 1
      this.db.prepare("insert into sqlite_sequence (name, seq) values ('run', ?)").run(count)
      return 1
    })
    return guarded(this.path, () => reserve.immediate())
  }

  /**
   * Deletes a run and all its rows.
   * @throws TidemarkError `TM_STORE` when there is no such run, or another process is writing it
   */
  deleteRun(id: number): void {
    guarded(this.path, () => {
      const run = this.db.prepare('select status from run where id = ?').pluck().get(id)
      if (run === undefined)
        throw storeError(`${this.path} has no run ${id}`, 'list the runs with: tidemark query runs')
      if ((run === 'running' || run === 'deleting') && !orphans(this.db).includes(id)) {
        const writer = this.db.prepare('select pid from run_clock where run_id = ?').pluck().get(id)
        const who = writer === thisProcess().pid ? 'this process' : `process ${writer}`
        throw storeError(`${this.path}: run ${id} is being written by ${who}`, 'wait until it is done, or stop it')
      }
      deleteRunRows(this.db, id)
    })
  }

  /**
   * Stores OOM kills read from kernel logs; those already there are left alone.
   * @returns how many were new
   */
  storeLogOoms(records: Iterable<OomLogRecord>): number {
    return guarded(this.path, () => storeLogOoms(this.db, this.path, records))
  }

  /** Closes the database. A run that was neither finished nor aborted stays, as interrupted. */
  close(): void {
    try {
      for (const writer of [...this.writers]) writer.interrupt()
    } finally {
      guarded(this.path, () => this.db.close())
    }
  }
}

/**
 * Opens a results database for writing: creates it when it is not there, migrates an older one, and marks runs whose
 * process was killed as interrupted.
 * @throws TidemarkError `TM_STORE` when the file is another application's, a newer tidemark's, or cannot be written
 */
export function openStore(path: string, options: StoreOptions = {}): Store {
  const db = openForWriting(path, options.busyTimeoutMs)
  try {
    return new Store(db, path, markOrphans(db))
  } catch (error) {
    db.close()
    throw asStoreError(error, path)
  }
}
