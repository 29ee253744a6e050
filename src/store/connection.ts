import { statSync } from 'node:fs'
import Database from 'better-sqlite3'
import { guarded, storeError } from './errors.js'
import { identify, migrate } from './schema/migrate.js'
import { SCHEMA_VERSION } from './schema/migrations.js'

/** How long a writer waits for others to finish their transactions, ms. Each lasts some milliseconds. */
export const BUSY_TIMEOUT_MS = 60_000

function refuseFolder(path: string): void {
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory()) {
    throw storeError(`${path} is a folder, not a database file`, 'name a file with --db')
  }
}

/** SQLite does not wait for others where it changes the journal mode, so this does. */
function switchToWal(db: Database.Database, timeoutMs: number): void {
  const pause = new Int32Array(new SharedArrayBuffer(4))
  for (let waited = 0; ; waited += 20) {
    try {
      db.pragma('journal_mode = wal')
      return
    } catch (error) {
      const busy = error instanceof Database.SqliteError && error.code.startsWith('SQLITE_BUSY')
      if (!busy || waited >= timeoutMs) throw error
      Atomics.wait(pause, 0, 0, 20)
    }
  }
}

/**
 * Opens a database for writing: creates it when it is not there, migrates it when it is older.
 * @throws TidemarkError `TM_STORE`
 */
export function openForWriting(path: string, busyTimeoutMs = BUSY_TIMEOUT_MS): Database.Database {
  refuseFolder(path)
  return guarded(path, () => {
    const db = new Database(path, { timeout: busyTimeoutMs })
    try {
      // First of all, so that nobody else's database is touched.
      identify(db, path, SCHEMA_VERSION)
      // Readers and writers do not block each other; a power cut may lose the last transactions, never the file.
      switchToWal(db, busyTimeoutMs)
      db.pragma('synchronous = normal')
      migrate(db, path)
      return db
    } catch (error) {
      db.close()
      throw error
    }
  })
}

/**
 * Opens a database that exists, for reading only.
 * @throws TidemarkError `TM_STORE`, naming `tidemark replay` when there is no such file
 */
export function openForReading(path: string): Database.Database {
  refuseFolder(path)
  if (!statSync(path, { throwIfNoEntry: false })) {
    throw storeError(`there is no database at ${path}`, `make one with: tidemark replay TRACE --db ${path}`)
  }
  return guarded(path, () => new Database(path, { readonly: true, fileMustExist: true, timeout: BUSY_TIMEOUT_MS }))
}
