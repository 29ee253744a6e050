import { chmodSync } from 'node:fs'
import Database from 'better-sqlite3'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openReader, type Reader } from '../../src/store/reader.js'
import { rowObjects, uniqueNames } from '../../src/store/result.js'
import { parametersOf } from '../../src/store/sql-text.js'
import { openStore } from '../../src/store/writer.js'
import { freshPath, START, stall, summary, value } from './fixture.js'

describe('openReader', () => {
  it('names the path and the command when there is no database', () => {
    const path = freshPath()
    expect(() => openReader(path)).toThrow(
      expect.objectContaining({
        code: 'TM_STORE',
        exitCode: 4,
        message: `there is no database at ${path}`,
        hint: expect.stringMatching(/tidemark replay/),
      }),
    )
  })

  it('says when a database is empty', () => {
    const path = freshPath()
    new Database(path).exec('vacuum').close()
    expect(() => openReader(path)).toThrow(/is an empty database/)
  })

  it.skipIf(process.getuid?.() === 0)('reads a file that it may not write', () => {
    const path = freshPath()
    const store = openStore(path)
    store.beginRun(START).finish(summary())
    store.close()
    chmodSync(path, 0o444)
    const reader = openReader(path)
    expect(reader.listRuns()).toHaveLength(1)
    reader.close()
  })
})

describe('runQuery', () => {
  let path: string
  let reader: Reader

  beforeEach(() => {
    path = freshPath()
    const store = openStore(path)
    const run = store.beginRun({ ...START, changed: { 'vm.swappiness': 10 } })
    run.stall(stall({ t: 1 }))
    run.stall(stall({ t: 2, comm: 'db' }))
    run.finish(summary())
    store.beginRun(START)
    reader = openReader(path)
    store.close()
  })
  afterEach(() => reader.close())

  const ask = (sql: string, params = {}) => rowObjects(reader.runQuery(sql, params))

  it('gives rows with their columns', () => {
    const result = reader.runQuery('select comm, t from stall order by t')
    expect(result.columns).toEqual(['comm', 't'])
    expect([...result.rows]).toEqual([
      ['web', 1],
      ['db', 2],
    ])
  })

  it('gives no rows where nothing matches', () => {
    expect(ask('select * from stall where t > 5')).toEqual([])
  })

  it('reads a database that is being written', () => {
    expect(reader.listRuns().map((r) => [r.id, r.settings])).toEqual([
      [1, 'vm.swappiness=10'],
      [2, ''],
    ])
  })

  it('binds parameters, and :run to the latest complete run', () => {
    expect(ask('select :run as run, :x + 1 as x', { x: 2 })).toEqual([{ run: 1, x: 3 }])
    expect(ask('select :run as run', { run: 2 })).toEqual([{ run: 2 }])
  })

  it('keeps integers of 64 bits', () => {
    expect(ask('select 9007199254740993 as big, -9223372036854775808 as least, 7 as small')).toEqual([
      { big: 9007199254740993n, least: -9223372036854775808n, small: 7 },
    ])
  })

  it.each([
    'delete from run',
    "insert into run_warning values (1, 9, 'x') returning seq",
    "update run set status = 'complete'",
    'drop table stall',
    'create temp table x (a)',
    "attach database 'other.db' as other",
    "vacuum into 'copy.db'",
    'begin',
    'pragma user_version = 9',
  ])('refuses to write: %s', (sql) => {
    const before = value(path, 'select count(*) from stall')
    expect(() => [...reader.runQuery(sql).rows]).toThrow(
      expect.objectContaining({ code: 'TM_QUERY', hint: expect.stringMatching(/never changes a database/) }),
    )
    expect(value(path, 'select count(*) from stall')).toBe(before)
    expect(value(path, 'pragma user_version')).toBe(1)
  })

  it.each([
    ['select 1; select 2', /only one statement/, /semicolon/],
    ['', /empty/, /--list/],
    ['selekt 1', /syntax error/, undefined],
    ['select * from stalls', /no such table: stalls/, /kswapd_cycle.*stall/],
    ['select duration from stall', /no such column: duration/, /pragma table_xinfo\(stall\)/],
    ['select constraint from oom_event', /near "constraint"/, /scope/],
    ['select ?', /needs a name/, undefined],
    ['select :x', /:x has no value/, /--param x=VALUE/],
    ['select json(comm) from stall', /malformed JSON/, undefined],
  ])('explains what is wrong with: %s', (sql, message, hint) => {
    let error: unknown
    try {
      ask(sql)
    } catch (e) {
      error = e
    }
    expect(error).toMatchObject({ code: 'TM_QUERY', exitCode: 4, message: expect.stringMatching(message) })
    expect((error as { hint?: string }).hint).toEqual(hint === undefined ? undefined : expect.stringMatching(hint))
  })

  it('refuses a parameter that the query does not have', () => {
    expect(() => ask('select :x', { x: 1, y: 2 })).toThrow(
      expect.objectContaining({ code: 'TM_USAGE', message: 'the query has no parameter :y', hint: 'it has :x' }),
    )
  })

  it('takes "constraint" in quotes', () => {
    expect(ask('select "constraint", scope from oom_event')).toEqual([])
  })

  it('explains and describes', () => {
    expect(ask('pragma table_xinfo(stall)').map((r) => r.name)).toContain('duration_us')
    expect(ask('explain query plan select * from stall where run_id = 1')).toHaveLength(1)
  })
})

describe('parametersOf', () => {
  it('finds each name once and none in strings, names or comments', () => {
    expect(parametersOf(`select :a, @b, $c, ':d', ":e", [:f] -- :g\n/* :h */ where x = :a and y = ?`)).toEqual([
      'a',
      'b',
      'c',
      '?',
    ])
  })

  it('is not led astray by what is left open', () => {
    expect(parametersOf("select :a, 'unfinished :b")).toEqual(['a'])
    expect(parametersOf('select :a /* unfinished :b')).toEqual(['a'])
  })
})

describe('uniqueNames', () => {
  it('numbers repetitions without meeting other names', () => {
    expect(uniqueNames(['t', 't', 't_2', 't'])).toEqual(['t', 't_3', 't_2', 't_4'])
  })
})
