import Database from 'better-sqlite3'
import { EXIT, TidemarkError } from '../base/errors.js'

/** A database that cannot be opened or written. */
export function storeError(message: string, hint?: string): TidemarkError {
  return new TidemarkError('TM_STORE', message, EXIT.store, hint)
}

/** An SQL statement that cannot be run. */
export function queryError(message: string, hint?: string): TidemarkError {
  return new TidemarkError('TM_QUERY', message, EXIT.store, hint)
}

/** The SQLite result codes a user can do something about: what happened, and what to do. */
const ADVICE: readonly [prefix: string, what: string, hint?: string][] = [
  ['SQLITE_NOTADB', 'is not a SQLite database', 'name another file with --db'],
  ['SQLITE_CORRUPT', 'is damaged', 'delete the file and replay the traces again'],
  ['SQLITE_BUSY', 'is locked by another process', 'wait until that process is done, or name another file with --db'],
  ['SQLITE_LOCKED', 'is locked by another process', 'wait until that process is done, or name another file with --db'],
  ['SQLITE_FULL', 'cannot grow: the disk is full', 'free some space, or name a file elsewhere with --db'],
  ['SQLITE_READONLY_DIRECTORY', 'lies in a folder that cannot be written', 'copy the file to a folder of your own'],
  ['SQLITE_READONLY', 'cannot be written', 'check the permissions of the file and of its folder'],
  ['SQLITE_CANTOPEN', 'cannot be opened', 'check that the path is a file and that its folder can be written'],
  ['SQLITE_PERM', 'cannot be opened', 'check the permissions of the file'],
  [
    'SQLITE_IOERR',
    'cannot be read or written: the system reports an I/O error',
    'check that the path is a regular file',
  ],
]

/** Turns what better-sqlite3 throws while it works on `path` into a `TM_STORE`; anything else is returned as it is. */
export function asStoreError(error: unknown, path: string): unknown {
  if (error instanceof Database.SqliteError) {
    const advice = ADVICE.find(([prefix]) => error.code.startsWith(prefix))
    if (advice) return storeError(`${path} ${advice[1]}`, advice[2])
    return storeError(`${path}: ${error.message} (${error.code})`)
  }
  if (error instanceof TypeError && error.message.includes('directory does not exist')) {
    return storeError(`${path} cannot be opened: its folder does not exist`, 'create the folder first')
  }
  return error
}

/** Runs `work`, with better-sqlite3's errors about `path` made readable. */
export function guarded<T>(path: string, work: () => T): T {
  try {
    return work()
  } catch (error) {
    throw asStoreError(error, path)
  }
}
