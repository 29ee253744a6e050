import { parse } from 'csv-parse/sync'
import { describe, expect, it } from 'vitest'
import { FORMATS, type Format, formatResult } from '../../src/store/format.js'
import type { Value } from '../../src/store/result.js'

const text = (format: Format, columns: string[], rows: Value[][]) =>
  [...formatResult({ columns, rows }, format)].join('')

const COLUMNS = ['comm', 'pages', 'note']
const ROWS: Value[][] = [
  ['web', 5, null],
  ['a "b", c', 12345678901234567890n, 'x|y\nz'],
  ['db', 0.5, Uint8Array.of(1, 255)],
]

describe('json', () => {
  it('is an array of objects', () => {
    const json = text('json', COLUMNS, ROWS)
    expect(json).toContain('"pages": 12345678901234567890,')
    expect(JSON.parse(json)).toEqual([
      { comm: 'web', pages: 5, note: null },
      { comm: 'a "b", c', pages: Number('12345678901234567890'), note: 'x|y\nz' },
      { comm: 'db', pages: 0.5, note: '01ff' },
    ])
  })

  it('of no rows is []', () => {
    expect(text('json', COLUMNS, [])).toBe('[]\n')
  })

  it('has null for what it cannot say', () => {
    expect(JSON.parse(text('json', ['x'], [[Number.POSITIVE_INFINITY]]))).toEqual([{ x: null }])
  })
})

describe('ndjson', () => {
  it('is an object a line', () => {
    expect(
      text(
        'ndjson',
        ['a', 'b'],
        [
          [1, 'x'],
          [2n ** 60n, null],
        ],
      ),
    ).toBe('{"a":1,"b":"x"}\n{"a":1152921504606846976,"b":null}\n')
    expect(text('ndjson', ['a'], [])).toBe('')
  })
})

describe('csv', () => {
  it('quotes what needs it and can be read back', () => {
    expect(parse(text('csv', COLUMNS, ROWS))).toEqual([
      COLUMNS,
      ['web', '5', ''],
      ['a "b", c', '12345678901234567890', 'x|y\nz'],
      ['db', '0.5', '01ff'],
    ])
  })

  it('of no rows is the header', () => {
    expect(text('csv', ['a', 'b'], [])).toBe('a,b\n')
  })
})

describe('table', () => {
  it('aligns numbers to the right, text to the left, and shows NULL', () => {
    expect(
      text(
        'table',
        ['comm', 'pages', 'note'],
        [
          ['web', 5, null],
          ['database', 12345, 'x'],
        ],
      ),
    ).toBe(
      ['comm      pages  note', '--------  -----  ----', 'web           5  -', 'database  12345  x', ''].join('\n'),
    )
  })

  it('lets no process name steer the terminal', () => {
    expect(text('table', ['comm'], [['\u001b[2Jx\ny\u009b']])).toMatch(/^\\x1b\[2Jx\\ny\\x9b$/m)
  })

  it('says when there are no rows', () => {
    expect(text('table', ['a'], [])).toBe('a\n-\n(no rows)\n')
  })
})

describe('markdown', () => {
  it('is a table with escaped bars', () => {
    expect(
      text(
        'markdown',
        ['comm', 'n'],
        [
          ['a|b', 5],
          ['c', null],
        ],
      ),
    ).toBe(['| comm |   n |', '| ---- | --: |', '| a\\|b |   5 |', '| c    |     |', ''].join('\n'))
  })
})

describe('every format', () => {
  it.each(FORMATS)('%s reads rows as it writes them', (format) => {
    let read = 0
    function* rows(): Generator<Value[]> {
      for (; ; read++) yield [read]
    }
    const pieces = formatResult({ columns: ['n'], rows: rows() }, format)[Symbol.iterator]()
    for (let i = 0; i < 3000; i++) pieces.next()
    expect(read).toBeGreaterThan(2900)
    expect(read).toBeLessThan(3100)
  })

  it.each(FORMATS)('%s writes as many rows as there are', (format) => {
    const lines = text(
      format,
      ['n'],
      Array.from({ length: 2500 }, (_, i) => [`row-${i}`]),
    ).match(/row-\d+/g)
    expect(lines).toEqual(Array.from({ length: 2500 }, (_, i) => `row-${i}`))
  })
})
