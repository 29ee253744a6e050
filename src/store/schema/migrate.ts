import type { Database } from 'better-sqlite3'
import { storeError } from '../errors.js'
import { APPLICATION_ID, MIGRATIONS, type Migration } from './migrations.js'

/** What a database file says of itself. */
export type Identity = { kind: 'empty' } | { kind: 'tidemark'; version: number }

/**
 * Reads whose database this is.
 * @throws TidemarkError `TM_STORE` when another application made it, or a newer tidemark than this one
 */
export function identify(db: Database, path: string, latest: number): Identity {
  // One snapshot: another process may be creating the tables at this moment.
  const { application, version, tables } = db.transaction(() => ({
    application: db.pragma('application_id', { simple: true }) as number,
    version: db.pragma('user_version', { simple: true }) as number,
    tables: db.prepare('select count(*) from sqlite_master').pluck().get() as number,
  }))()
  if (application !== APPLICATION_ID) {
    if (application === 0 && version === 0 && tables === 0) return { kind: 'empty' }
    throw storeError(`${path} is a SQLite database of another application`, 'name another file with --db')
  }
  if (version > latest) {
    throw storeError(
      `${path} was written by a newer tidemark (schema version ${version}, this one knows up to ${latest})`,
      'update tidemark, or name another file with --db',
    )
  }
  return { kind: 'tidemark', version }
}

/**
 * Brings a database to the latest version, creating the tables in an empty one. Each step is a transaction of its own
 * that looks at the version again, so that of several processes opening one file, one migrates and the others wait.
 * @throws TidemarkError `TM_STORE` as {@link identify} does
 */
export function migrate(db: Database, path: string, migrations: readonly Migration[] = MIGRATIONS): void {
  const latest = migrations[migrations.length - 1].version
  const version = () => {
    const identity = identify(db, path, latest)
    return identity.kind === 'empty' ? 0 : identity.version
  }
  for (const step of migrations) {
    if (version() >= step.version) continue
    db.transaction(() => {
      if (version() >= step.version) return
      db.exec(step.sql)
      db.pragma(`application_id = ${APPLICATION_ID}`)
      db.pragma(`user_version = ${step.version}`)
    }).immediate()
  }
}
