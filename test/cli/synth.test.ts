import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { afterAll, beforeEach, describe, expect, it } from 'vitest'
import { PROFILE_NAMES } from '../../src/workload/synth/profiles.js'
import { cli } from './terminal.js'

const root = mkdtempSync(join(tmpdir(), 'tidemark-synth-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(root, 'case-'))
})
const at = (name: string): string => join(folder, name)
const SMALL = ['--memory', '32M', '--seconds', '5']

describe('tidemark synth', () => {
  it('writes NDJSON whose header states the machine', async () => {
    const { status, out, notes } = await cli('synth', 'churn', '-o', at('a.ndjson'), ...SMALL)
    expect({ status, out }).toEqual({ status: 0, out: '' })
    expect(notes).toMatch(/a\.ndjson: 25 events as ndjson, [\d,]+ bytes$/)
    const [header, ...events] = readFileSync(at('a.ndjson'), 'utf8').trimEnd().split('\n')
    expect(JSON.parse(header)).toMatchObject({
      machine: { memory_mb: 32, swap_mb: 16, files: { library: expect.any(Number) } },
    })
    expect(events).toHaveLength(25)
  })

  it.each(PROFILE_NAMES)('writes the same %s as .tmk as in other forms', async (profile) => {
    expect(await cli('synth', profile, '-o', at('a.tmk'), ...SMALL)).toMatchObject({ status: 0 })
    await cli('synth', profile, '-o', at('b.ndjson.gz'), ...SMALL)
    const back = await cli('convert', at('a.tmk'), '-', '--to', 'ndjson')
    expect(back.status).toBe(0)
    expect(back.out).toBe(gunzipSync(readFileSync(at('b.ndjson.gz'))).toString())
  })

  it('gives the same bytes for the same seed only', async () => {
    const made = async (seed: string) =>
      (await cli('synth', 'zipf', '-o', '-', '--to', 'csv', '--seed', seed, ...SMALL)).out
    const first = await made('7')
    expect(await made('7')).toBe(first)
    expect(await made('8')).not.toBe(first)
  })

  it('makes what replay takes', async () => {
    await cli('synth', 'leak', '-o', at('leak.tmk'), '--swap', '8M', ...SMALL)
    const { status, out } = await cli('replay', at('leak.tmk'), '--db', at('t.db'), '--format', 'json')
    expect({ status, kills: /"oom_kills?":\s*1/.test(out) || out }).toEqual({ status: 0, kills: true })
  })

  it('tells of every profile in its help', async () => {
    const { status, out } = await cli('synth', '--help')
    expect(status).toBe(0)
    for (const name of PROFILE_NAMES) expect(out).toMatch(new RegExp(`^  ${name} +\\S`, 'm'))
  })

  it.each([
    [['nonsense', '-o', 'x.tmk']],
    [['zipf']],
    [['zipf', '-o', 'x.txt']],
    [['zipf', '-o', '-']],
    [['zipf', '-o', 'x.tmk', '--to', 'xml']],
    [['zipf', '-o', 'x.tmk', '--memory', 'lots']],
    [['zipf', '-o', 'x.tmk', '--memory', '16M']],
    [['zipf', '-o', 'x.tmk', '--memory', '2T']],
    [['zipf', '-o', 'x.tmk', '--swap', '-1']],
    [['zipf', '-o', 'x.tmk', '--seed', '1.5']],
    [['zipf', '-o', 'x.tmk', '--seed', '4294967296']],
    [['zipf', '-o', 'x.tmk', '--seconds', '0']],
  ])('refuses %j', async (argv) => {
    const inFolder = argv.map((word) => (word.startsWith('x.') ? at(word) : word))
    const { status, out, notes } = await cli('synth', ...inFolder)
    expect({ status, out }).toEqual({ status: 2, out: '' })
    expect(notes).toMatch(/TM_USAGE/)
    expect(readdirSync(folder)).toEqual([])
  })

  it('says where the file cannot be written', async () => {
    expect(await cli('synth', 'churn', '-o', at('no/such/a.tmk'), ...SMALL)).toMatchObject({ status: 4 })
  })
})
