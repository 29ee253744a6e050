import { writeFileSync } from 'node:fs'
import Database from 'better-sqlite3'
import { describe, expect, it } from 'vitest'
import { INTERVAL_COUNTERS, INTERVAL_LEVELS } from '../../src/store/columns.js'
import { openReader } from '../../src/store/reader.js'
import { migrate } from '../../src/store/schema/migrate.js'
import { APPLICATION_ID, MIGRATIONS, SCHEMA_VERSION } from '../../src/store/schema/migrations.js'
import { openStore } from '../../src/store/writer.js'
import { freshPath, START, summary, value } from './fixture.js'

function pragma(path: string, name: string): unknown {
  return value(path, `select ${name} from pragma_${name}`)
}

describe('schema', () => {
  it('is made in a new file, with its mark and its version', () => {
    const path = freshPath()
    openStore(path).close()
    expect(pragma(path, 'application_id')).toBe(APPLICATION_ID)
    expect(pragma(path, 'user_version')).toBe(SCHEMA_VERSION)
  })

  it('is made in an empty file, as mktemp makes one', () => {
    const path = freshPath()
    writeFileSync(path, '')
    openStore(path).close()
    expect(pragma(path, 'user_version')).toBe(SCHEMA_VERSION)
  })

  it('numbers its migrations without gaps', () => {
    expect(MIGRATIONS.map((m) => m.version)).toEqual(MIGRATIONS.map((_, i) => i + 1))
  })

  it('says of every column what it holds', () => {
    for (const { sql } of MIGRATIONS) {
      for (const line of sql.split('\n')) {
        if (/^ {2}"?[a-z_]+"? (integer|real|text|numeric)\b/.test(line) && !line.includes('generated')) {
          expect(line).toMatch(/ -- \S/)
        }
      }
    }
  })

  it('has a column for each level and counter that the writer stores', () => {
    const path = freshPath()
    openStore(path).close()
    const names = value(path, "select json_group_array(name) from pragma_table_info('interval')") as string
    expect(JSON.parse(names).sort()).toEqual(
      ['run_id', 'seq', 't', 'dt', 'allocstall', ...INTERVAL_LEVELS, ...INTERVAL_COUNTERS].sort(),
    )
  })
})

describe('migrate', () => {
  const next = [...MIGRATIONS, { version: SCHEMA_VERSION + 1, sql: 'alter table run add column note text' }]

  it('brings an older database up to date and keeps its rows', () => {
    const path = freshPath()
    const store = openStore(path)
    store.beginRun(START).finish(summary())
    store.close()
    const db = new Database(path)
    migrate(db, path, next)
    expect(db.pragma('user_version', { simple: true })).toBe(SCHEMA_VERSION + 1)
    expect(db.prepare('select trace, note from run').all()).toEqual([{ trace: 'web.ndjson', note: null }])
    migrate(db, path, next)
    db.close()
  })

  it('leaves a database as it was when a step fails', () => {
    const path = freshPath()
    openStore(path).close()
    const db = new Database(path)
    const broken = [...MIGRATIONS, { version: SCHEMA_VERSION + 1, sql: 'create table extra (a); syntax error' }]
    expect(() => migrate(db, path, broken)).toThrow(/syntax error/)
    expect(db.pragma('user_version', { simple: true })).toBe(SCHEMA_VERSION)
    expect(db.prepare("select count(*) from sqlite_master where name = 'extra'").pluck().get()).toBe(0)
    db.close()
  })

  it('refuses the database of a newer tidemark, for writing and for reading', () => {
    const path = freshPath()
    openStore(path).close()
    const db = new Database(path)
    migrate(db, path, next)
    db.close()
    const refusal = expect.objectContaining({ code: 'TM_STORE', message: expect.stringMatching(/newer tidemark/) })
    expect(() => openStore(path)).toThrow(refusal)
    expect(() => openReader(path)).toThrow(refusal)
  })

  it('refuses the database of another application and leaves it alone', () => {
    const path = freshPath()
    const db = new Database(path)
    db.exec('create table songs (title text)')
    db.close()
    const refusal = expect.objectContaining({ code: 'TM_STORE', message: expect.stringMatching(/another application/) })
    expect(() => openStore(path)).toThrow(refusal)
    expect(() => openReader(path)).toThrow(refusal)
    expect(value(path, 'select group_concat(name) from sqlite_master')).toBe('songs')
    expect(pragma(path, 'journal_mode')).toBe('delete')
  })

  it('refuses what is no database at all', () => {
    const path = freshPath()
    writeFileSync(path, 'Linux 6.1.0 (host)  11/20/2026  _x86_64_  (4 CPU)\n'.repeat(20))
    const refusal = expect.objectContaining({
      code: 'TM_STORE',
      message: expect.stringMatching(/not a SQLite database/),
    })
    expect(() => openStore(path)).toThrow(refusal)
    expect(() => openReader(path)).toThrow(refusal)
  })

  it('names what is wrong with a path', () => {
    const path = freshPath()
    expect(() => openStore(`${path}/deep/er.db`)).toThrow(/folder does not exist/)
    expect(() => openStore(path.replace(/\/[^/]*$/, ''))).toThrow(/is a folder/)
  })
})
