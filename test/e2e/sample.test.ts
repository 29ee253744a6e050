/** `--sample` of the built command. */

import { existsSync, writeFileSync } from 'node:fs'
import { afterAll, describe, expect, test } from 'vitest'
import { dumpStore } from '../../src/store/dump.js'
import { recording, Workshop } from './cli.js'

const shop = new Workshop()
afterAll(() => shop.remove())

const TRACE = recording('w-web.base')
const MACHINE = ['--machine', recording('w-web.base', 'machine.json')]

/** What the command prints; it must succeed. */
async function printed(args: readonly string[]): Promise<string> {
  const { status, stdout, stderr } = await shop.run(args)
  expect([status, stderr]).toEqual([0, ''])
  return stdout
}

async function rows(...args: string[]): Promise<Record<string, unknown>[]> {
  return JSON.parse(await printed([...args, '--format', 'json']))
}

/** A process that fills `pages` pages of memory, 2 Mi pages at a time. */
function filled(name: string, pages: number): string {
  const lines: object[] = [
    { trace: 'allocation/1', page_size: 4096 },
    { t: 0, op: 'spawn', pid: 1, comm: 'big' },
    { t: 0, op: 'mmap', pid: 1, region: 'heap', kind: 'anon', pages },
  ]
  for (let start = 0; start < pages; start += 2 ** 21) {
    const count = Math.min(2 ** 21, pages - start)
    lines.push({ t: start / 2 ** 21, op: 'touch', pid: 1, region: 'heap', start, count, write: true })
  }
  writeFileSync(shop.path(name), lines.map((line) => JSON.stringify(line)).join('\n'))
  return name
}

describe('tidemark replay --sample', () => {
  test.each(['1/3', '1/131072', '0.5', '64', 'some', ''])('%j is refused, and says what would do', async (text) => {
    const { status, stderr } = await shop.run(['replay', TRACE, ...MACHINE, '--sample', text, '--db', 'refused.db'])
    expect(status).toBe(2)
    expect(stderr).toMatch(/TM_USAGE.*--sample.*expected (?:auto, off, or a rate like 1\/64|a power of two)/)
    expect(existsSync(shop.path('refused.db'))).toBe(false)
  })

  test('auto leaves a small machine alone: the same database as off', async () => {
    for (const sample of ['auto', 'off', '1/1']) {
      const text = await printed([
        'replay',
        TRACE,
        ...MACHINE,
        '--sample',
        sample,
        '--db',
        `${sample.replace('/', '-')}.db`,
      ])
      expect(text).not.toContain('sampled')
    }
    const [auto, off, one] = ['auto.db', 'off.db', '1-1.db'].map((db) => [...dumpStore(shop.path(db))])
    expect(off).toEqual(auto)
    expect(one).toEqual(auto)
  })

  test('a rate is printed and stored with its seed and its error, and comes out near the whole', async () => {
    const replay = ['replay', TRACE, ...MACHINE, '--db', 'rates.db']
    await printed([...replay, '--sample', 'off'])
    const text = await printed([...replay, '--sample', '1/4', '--sample-seed', '7', '--check'])
    expect(text).toMatch(/sampled {5}1\/4 of the pages \(seed 7\), counters scaled back: within about \d+ % of a/)
    const [, run] = await rows(
      'query',
      'select seed, sample_rate, sample_error from run order by id',
      '--db',
      'rates.db',
    )
    expect(run).toMatchObject({ seed: 7, sample_rate: 0.25 })
    expect(run.sample_error).toBeGreaterThan(0.02)
    expect((await rows('query', 'runs', '--db', 'rates.db')).map((r) => r.sample)).toEqual(['1', '1/4'])
    const compared = await rows('query', 'compare', '--db', 'rates.db')
    expect(compared.map((r) => [r.settings, Number(r.sample_error_pct) > 3])).toEqual([
      ['', false],
      ['tidemark.sample=1/4', true],
    ])
    const [all, part] = compared.map((r) => Number(r.pgscan))
    expect(Math.abs(part / all - 1)).toBeLessThan(0.2)
  })

  test('auto samples what is too large, by the pages that the trace uses', async () => {
    const machine = ['--memory', '64G', '--db', 'large.db', '--settle', '0']
    expect(await printed(['replay', filled('small.ndjson', 500_000), ...machine])).not.toContain('sampled')
    const large = await printed(['replay', filled('large.ndjson', 8 * 2 ** 20), ...machine])
    expect(large).toContain('sampled     1/8 of the pages')
    expect(large).toContain('8,388,608 page accesses')
    expect(large).toMatch(/faults {6}8,388,\d\d\d minor/)
  })

  test('a recording is reconstructed at the size of the sample', async () => {
    const sar = ['replay', recording('w-db.base', 'sar.txt'), '--machine', recording('w-db.base', 'machine.json')]
    const [all, part] = await Promise.all(
      ['off', '1/4'].map(async (sample) => {
        const args = [
          ...sar,
          '--sample',
          sample,
          '--trials',
          '3',
          '--db',
          `sar-${sample.length}.db`,
          '--format',
          'json',
        ]
        return JSON.parse(await printed(args)).runs[0]
      }),
    )
    expect(part.sample.rate).toBe('1/4')
    expect(all.sample).toBeUndefined()
    for (const figure of ['scanned', 'reclaimed'] as const) {
      expect(Math.abs(part.reclaim[figure] / all.reclaim[figure] - 1)).toBeLessThan(0.15)
    }
    expect(part.calibration.counters[0].recorded).toBeCloseTo(all.calibration.counters[0].recorded, 5)
  })
})
