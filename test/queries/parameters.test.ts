import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { adHocValue, namedQueries, namedQuery, runNamedQuery } from '../../src/store/queries.js'
import { parseQueryHeader } from '../../src/store/query-header.js'
import { openReader, type Reader } from '../../src/store/reader.js'
import { rowObjects } from '../../src/store/result.js'
import { openStore } from '../../src/store/writer.js'
import { freshPath, START, summary } from '../store/fixture.js'

const SQL = `-- question: What?
-- param run (run) = latest: the run
-- param n (integer) = 5: how many
-- param x (number) = none: a figure
-- param who (text): a name
-- column a [pages]: first
-- column b: second, with a
--   line more
-- note: beware
select :run as run, :n as n, :x as x, :who as who -- not a header line
`

describe('the header of a query', () => {
  it('is parsed', () => {
    expect(parseQueryHeader(SQL)).toEqual({
      question: 'What?',
      notes: ['beware'],
      params: [
        { name: 'run', type: 'run', default: 'latest', about: 'the run' },
        { name: 'n', type: 'integer', default: '5', about: 'how many' },
        { name: 'x', type: 'number', default: 'none', about: 'a figure' },
        { name: 'who', type: 'text', default: undefined, about: 'a name' },
      ],
      columns: [
        { name: 'a', unit: 'pages', about: 'first' },
        { name: 'b', unit: '', about: 'second, with a line more' },
      ],
    })
  })

  it.each(['select 1', '-- question: x\n-- param n (colour): y\n', '-- question: x\n-- hello\n'])(
    'is refused when it is not of the form: %s',
    (sql) => {
      expect(() => parseQueryHeader(sql)).toThrow(/query header/)
    },
  )
})

describe('parameters', () => {
  let folder: string
  let reader: Reader

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'tidemark-queries-'))
    writeFileSync(join(folder, 'sample.sql'), SQL)
    const path = freshPath()
    const store = openStore(path)
    store.beginRun(START).finish(summary())
    store.close()
    reader = openReader(path)
  })
  afterAll(() => {
    reader.close()
    rmSync(folder, { recursive: true })
  })

  const run = (given: Record<string, string>) =>
    rowObjects(runNamedQuery(reader, namedQuery('sample', namedQueries(folder)), given))

  it('have defaults and types', () => {
    expect(run({ who: '7' })).toEqual([{ run: 1, n: 5, x: null, who: '7' }])
    expect(run({ who: 'w', run: '3', n: '-2', x: '1e3' })).toEqual([{ run: 3, n: -2, x: 1000, who: 'w' }])
  })

  it.each([
    [{}, /needs the parameter who/, /it has: run \(latest\), n \(5\), x \(none\), who \(required\)/],
    [{ who: 'w', m: '1' }, /has no parameter m/, /it has: run/],
    [{ who: 'w', n: '1.5' }, /n of the query sample is a whole number, not "1.5"/, undefined],
    [{ who: 'w', x: '' }, /x of the query sample is a number, not ""/, undefined],
    [{ who: 'w', run: 'first' }, /run of the query sample is a run's id or latest, not "first"/, undefined],
  ])('that are wrong end in a usage error: %o', (given, message, hint) => {
    let error: unknown
    try {
      run(given as Record<string, string>)
    } catch (e) {
      error = e
    }
    expect(error).toMatchObject({ code: 'TM_USAGE', message: expect.stringMatching(message) })
    if (hint) expect(error).toMatchObject({ hint: expect.stringMatching(hint) })
  })

  it('of no known query end in a list of those that exist', () => {
    expect(() => namedQuery('stals')).toThrow(
      expect.objectContaining({ code: 'TM_USAGE', hint: expect.stringMatching(/runs.*stalls/) }),
    )
  })
})

describe('adHocValue', () => {
  it.each([
    ['12', 12],
    ['-3', -3],
    ['9007199254740993', 9007199254740993n],
    ['1.5', 1.5],
    ['1e3', 1000],
    ['.5', 0.5],
    ['', ''],
    ['12 MB', '12 MB'],
    ['99999999999999999999', 1e20],
  ])('reads %s', (text, value) => {
    expect(adHocValue(text)).toEqual(value)
  })
})
