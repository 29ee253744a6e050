import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openReader } from '../../src/store/reader.js'
import { rowObjects } from '../../src/store/result.js'
import { recording, Workshop } from './cli.js'
import { events, type Fields, FORMS, type Form, touch, write } from './trace-forms.js'

const shop = new Workshop()
afterAll(() => shop.remove())

/** A database with one good run, in which nothing else may appear. */
beforeAll(async () => {
  writeFileSync(shop.path('good.ndjson'), write('ndjson', events(10)))
  expect((await shop.run(['replay', 'good.ndjson', '--db', 'one.db'])).status).toBe(0)
})

/** More than a reader hands out at once: the run has begun when the broken event comes. */
const MANY = 10_000

/** The runs of a database, and how many rows there are that belong to none but the first. */
function stored(db: string): { runs: unknown[]; left: unknown } {
  const reader = openReader(shop.path(db))
  try {
    const [{ n }] = rowObjects(
      reader.runQuery(
        `select (select count(*) from interval where run_id <> 1) + (select count(*) from run_setting where run_id <> 1)
           + (select count(*) from run_warning where run_id <> 1) as n`,
      ),
    )
    return { runs: rowObjects(reader.runQuery('select id, status from run')), left: n }
  } finally {
    reader.close()
  }
}

/** Replays a broken trace into a database that has a run. Returns what was said. */
async function refused(name: string, content: string | Uint8Array): Promise<string> {
  writeFileSync(shop.path(name), content)
  const { status, stdout, stderr } = await shop.run(['replay', name, '--db', 'one.db'])
  expect({ status, stdout, stderr }).toMatchObject({ status: 3, stdout: '' })
  expect(stderr).toMatch(/^error TM_INPUT_/)
  expect(stderr).not.toMatch(/\n\s+at /)
  expect(stored('one.db')).toEqual({ runs: [{ id: 1, status: 'complete' }], left: 0 })
  return stderr
}

const BROKEN: [what: string, event: Fields, said: RegExp][] = [
  [
    'time that goes backwards',
    touch({ t: 0.05 }),
    /time goes backwards \(expected t of at least [\d.]+, found "0.05"\)/,
  ],
  ['an unknown operation', touch({ op: 'frobnicate' }), /frobnicate/],
  ['an unknown region', touch({ region: 'stack' }), /region/],
  ['an unknown process', touch({ pid: 7 }), /pid/],
  ['a negative count', touch({ count: -4 }), /count/],
  ['a negative page', touch({ start: -1 }), /start/],
  ['a page outside of its region', touch({ start: 63, count: 2 }), /64|region/],
  ['a word for a number', touch({ count: 'many' }), /count/],
  ['a missing field', touch({ count: undefined }), /count/],
]

describe.each(FORMS)('a broken %s trace is refused', (form: Form) => {
  it.each(BROKEN)('for %s, at once', async (_, event, said) => {
    const stderr = await refused(`early.${form}`, write(form, [...events(3), event]))
    expect(stderr).toMatch(said)
    expect(stderr).toContain(`early.${form}`)
  })

  it.each(BROKEN.slice(0, 3))('for %s, far into the trace', async (_, event, said) => {
    const late = { ...event, t: event.t === 1 ? 2 : event.t }
    const stderr = await refused(`late.${form}`, write(form, [...events(MANY), late, ...events(0)]))
    expect(stderr).toMatch(said)
    // The header, the events before, and where there is one the line with the columns.
    const line = { ndjson: 1, csv: 2, json: 0 }[form] + 2 + MANY + 1
    expect(stderr).toContain(form === 'json' ? String(line) : `late.${form}:${line}`)
  })

  it('for a truncated gzip file', async () => {
    const whole = gzipSync(write(form, events(MANY)))
    expect(await refused(`cut.${form}.gz`, whole.subarray(0, whole.length - 20))).toContain(`cut.${form}.gz`)
    await refused(`short.${form}.gz`, whole.subarray(0, 200))
  })

  it('for gzip data that are damaged', async () => {
    const whole = gzipSync(write(form, events(MANY)))
    whole.fill(0x55, whole.length >> 1, (whole.length >> 1) + 64)
    await refused(`damaged.${form}.gz`, whole)
  })
})

describe('refused likewise', () => {
  it('wrong columns', async () => {
    const text = write('csv', events(3))
    expect(await refused('columns.csv', text.replace('t,op,pid', 't,op,process'))).toContain('process')
    await refused('row.csv', text.replace(/,true\n$/, ',true,too,many\n'))
    await refused('key.ndjson', write('ndjson', [...events(1), { t: 1, op: 'exit', process: 1 }]))
  })

  it('a document that ends early', async () => {
    const text = write('json', events(MANY))
    expect(await refused('cut.json', text.slice(0, -40))).toMatch(/cut\.json/)
    await refused('cut.ndjson', write('ndjson', events(3)).slice(0, -8))
  })

  it('a binary file, an empty one, text of another kind, a folder, nothing', async () => {
    const bytes = Uint8Array.from({ length: 5000 }, (_, i) => (i * 7919 + (i >> 3)) & 255)
    await refused('binary', bytes)
    await refused('zeros', new Uint8Array(4096))
    expect(await refused('empty', '')).toContain('empty: the file is empty')
    await refused('empty.gz', gzipSync(''))
    await refused('poem.txt', 'Two roads diverged in a yellow wood,\n')
    mkdirSync(shop.path('folder'))
    for (const name of ['folder', 'nowhere']) {
      const { status, stderr } = await shop.run(['replay', name, '--db', 'one.db'])
      expect(status).toBe(3)
      expect(stderr).toContain(`error TM_INPUT_UNREADABLE: ${name}: `)
    }
  })

  it('standard input that is broken', async () => {
    const { status, stderr } = await shop.run(['replay', '-', '--db', 'one.db'], {
      input: write('ndjson', [...events(3), touch({ op: 'nothing' })]),
    })
    expect(status).toBe(3)
    expect(stderr).toMatch(/-:7: /)
  })

  it('a machine that is none', async () => {
    const cases: [string, RegExp][] = [
      ['{"zones": 3}', /m\.json/],
      ['not json', /not JSON/],
      ['{"memory_mb": -5}', /memory_mb/],
    ]
    for (const [text, said] of cases) {
      writeFileSync(shop.path('m.json'), text)
      const { status, stderr } = await shop.run(['replay', 'good.ndjson', '--machine', 'm.json', '--db', 'one.db'])
      expect(status).toBe(3)
      expect(stderr).toMatch(said)
    }
  })
})

describe('what is left behind', () => {
  it('is not even a database where the first trace cannot be read', async () => {
    writeFileSync(shop.path('bad.ndjson'), write('ndjson', [...events(3), touch({ op: 'nothing' })]))
    expect((await shop.run(['replay', 'bad.ndjson', '--db', 'none.db'])).status).toBe(3)
    expect(existsSync(shop.path('none.db'))).toBe(false)
  })

  it('are the runs of the traces before the broken one', async () => {
    const { status, stdout } = await shop.run(['replay', 'good.ndjson', 'bad.ndjson', 'good.ndjson', '--db', 'some.db'])
    expect(status).toBe(3)
    expect(stdout).toContain('run 1')
    expect(await shop.query('some.db', 'select id, trace from run')).toEqual([{ id: 1, trace: 'good.ndjson' }])
  })
})

describe('a wrong command line', () => {
  const machine = recording('h-oom-swap', 'machine.json')
  it.each([
    [[]],
    [['good.ndjson', '--nonsense']],
    [['good.ndjson', '--set', 'vm.swappiness']],
    [['good.ndjson', '--set', 'vm.swapiness=3']],
    [['good.ndjson', '--set', 'vm.swappiness=900']],
    [['good.ndjson', '--sample-interval', 'often']],
    [['good.ndjson', '--settle', '-1']],
    [['good.ndjson', '--format', 'xml']],
    [['good.ndjson', 'good.ndjson', '--name', 'both']],
    [['good.ndjson', '--swap', 'lots']],
    [['good.ndjson', '--machine', machine, '--cpus', '0']],
  ])('replay %j', async (args) => {
    const { status, stdout, stderr } = await shop.run(['replay', ...args, '--db', 'usage.db'])
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' })
    expect(stderr).toMatch(/^error TM_USAGE: /)
    expect(existsSync(shop.path('usage.db'))).toBe(false)
  })

  it('names what was probably meant', async () => {
    expect((await shop.run(['replay', 'good.ndjson', '--set', 'vm.swapiness=3'])).stderr).toContain('vm.swappiness')
    expect((await shop.run(['repaly', 'good.ndjson'])).stderr).toContain('replay')
  })
})
