import Database, { type Statement } from 'better-sqlite3'
import { UsageError } from '../base/errors.js'
import { openForReading, openForWriting } from './connection.js'
import { asStoreError, guarded, queryError, storeError } from './errors.js'
import { markOrphans, orphans } from './orphans.js'
import { type QueryResult, uniqueNames, type Value } from './result.js'
import { identify } from './schema/migrate.js'
import { SCHEMA_VERSION } from './schema/migrations.js'
import { explainSqlError } from './sql-error.js'
import { parametersOf } from './sql-text.js'

export type QueryParams = Record<string, Value>

/** A row of `run`, as {@link Reader.listRuns} gives it. */
export interface RunRow {
  id: number
  trace: string
  format: string
  machine: string
  kernel: string
  /** What was changed on purpose, '' for nothing. */
  settings: string
  /** `running`, `complete`, `interrupted` or `deleting`. */
  status: string
  events: number | null
  page_events: number | null
  /** Simulated seconds. */
  duration_s: number | null
}

/** A results database, open for reading only. */
export class Reader {
  constructor(
    private readonly db: Database.Database,
    readonly path: string,
  ) {}

  /** Every run, in order of id. */
  listRuns(): RunRow[] {
    return guarded(this.path, () =>
      this.db
        .prepare<[], RunRow>(
          `select id, trace, format, machine, kernel, settings, status, events, page_events, duration_s
           from run order by id`,
        )
        .all(),
    )
  }

  /** Id of the latest complete run, null when there is none. */
  latestRun(): number | null {
    const latest = this.db.prepare("select max(id) from run where status = 'complete'").pluck()
    return guarded(this.path, () => latest.get() as number | null)
  }

  /**
   * Runs one statement that reads. Its rows come as they are read.
   * @param params values of its named parameters; `run` is the latest complete run unless given
   * @throws TidemarkError `TM_QUERY` when it is no SQL, would write, or lacks a parameter; `TM_USAGE` for one it does not have
   */
  runQuery(sql: string, params: QueryParams = {}): QueryResult {
    const statement = this.prepare(sql)
    const names = parametersOf(sql)
    const bound: QueryParams = names.includes('run') ? { run: this.latestRun(), ...params } : params
    checkParameters(names, bound)
    statement.raw(true).safeIntegers(true)
    const columns = uniqueNames(statement.columns().map((c) => c.name))
    const { path } = this
    function* rows(): Generator<Value[]> {
      try {
        for (const row of statement.iterate(bound) as IterableIterator<Value[]>) yield row.map(plainInteger)
      } catch (error) {
        throw error instanceof Database.SqliteError && error.code === 'SQLITE_ERROR'
          ? queryError(error.message)
          : asStoreError(error, path)
      }
    }
    return { columns, rows: rows() }
  }

  close(): void {
    this.db.close()
  }

  private prepare(sql: string): Statement<[QueryParams]> {
    let statement: Statement<[QueryParams]>
    try {
      statement = this.db.prepare<[QueryParams]>(sql)
    } catch (error) {
      throw explainSqlError(error, sql, this.path, () => this.tables())
    }
    if (!statement.reader || !statement.readonly) {
      throw queryError(
        'only one statement that reads is allowed here (SELECT, WITH, VALUES, EXPLAIN, PRAGMA)',
        'tidemark query never changes a database; open the file with sqlite3 to do so',
      )
    }
    return statement
  }

  private tables(): string[] {
    return this.db
      .prepare(
        "select name from sqlite_master where type in ('table', 'view') and name not like 'sqlite_%' order by name",
      )
      .pluck()
      .all() as string[]
  }
}

function plainInteger(value: Value): Value {
  if (typeof value !== 'bigint') return value
  return value >= Number.MIN_SAFE_INTEGER && value <= Number.MAX_SAFE_INTEGER ? Number(value) : value
}

function checkParameters(names: readonly string[], params: QueryParams): void {
  for (const name of names) {
    if (name === '?') throw queryError('a parameter needs a name: write :name instead of ?')
    if (!(name in params)) throw queryError(`the parameter :${name} has no value`, `add --param ${name}=VALUE`)
  }
  const unknown = Object.keys(params).find((name) => !names.includes(name))
  if (unknown !== undefined) {
    const hint = names.length > 0 ? `it has ${names.map((n) => `:${n}`).join(', ')}` : 'it has none'
    throw new UsageError(`the query has no parameter :${unknown}`, hint)
  }
}

/**
 * Opens a results database for reading. One that an older tidemark wrote is migrated first, and runs whose process was
 * killed are marked as interrupted, as far as the file can be written.
 * @throws TidemarkError `TM_STORE` when there is no such file or it is not tidemark's
 */
export function openReader(path: string): Reader {
  const db = openForReading(path)
  try {
    const identity = identify(db, path, SCHEMA_VERSION)
    if (identity.kind === 'empty') {
      throw storeError(`${path} is an empty database`, `fill it with: tidemark replay TRACE --db ${path}`)
    }
    if (identity.version === SCHEMA_VERSION && orphans(db).length === 0) return new Reader(db, path)
    db.close()
    tidy(path, identity.version < SCHEMA_VERSION)
    return new Reader(openForReading(path), path)
  } catch (error) {
    db.close()
    throw asStoreError(error, path)
  }
}

/** Migrates, and marks orphans. A file that cannot be written can still be read, unless it must be migrated. */
function tidy(path: string, mustSucceed: boolean): void {
  try {
    const db = openForWriting(path, 5_000)
    try {
      markOrphans(db)
    } finally {
      db.close()
    }
  } catch (error) {
    if (mustSucceed) throw error
  }
}
