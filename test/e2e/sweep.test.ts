import { existsSync, writeFileSync } from 'node:fs'
import { afterAll, describe, expect, test } from 'vitest'
import { dumpStore } from '../../src/store/dump.js'
import { finished, recording, Workshop } from './cli.js'

const shop = new Workshop()
afterAll(() => shop.remove())

const TRACE = recording('w-web.base')
const MACHINE = ['--machine', recording('w-web.base', 'machine.json')]
const VARY = ['--vary', 'vm.swappiness=0,200', '--vary', 'vm.min_free_kbytes=1000,8000']

async function rows(args: readonly string[]): Promise<Record<string, unknown>[]> {
  const { status, stdout, stderr } = await shop.run([...args, '--format', 'json'])
  expect([status, stderr.includes('error')]).toEqual([0, false])
  return JSON.parse(stdout)
}

describe('tidemark sweep', () => {
  test('is what replay stores for each point, numbered by the grid, however many threads', async () => {
    const swept = await rows(['sweep', TRACE, ...MACHINE, ...VARY, '--jobs', '1', '--db', 'one.db'])
    expect(swept.map((r) => [r.run, r.settings])).toEqual([
      [1, 'vm.min_free_kbytes=1000 vm.swappiness=0'],
      [2, 'vm.min_free_kbytes=8000 vm.swappiness=0'],
      [3, 'vm.min_free_kbytes=1000 vm.swappiness=200'],
      [4, 'vm.min_free_kbytes=8000 vm.swappiness=200'],
    ])
    // Swappiness 0 spares anonymous memory here, 200 does not.
    expect(swept.map((r) => Number(r.pswpout) > 0)).toEqual([false, false, true, true])

    await rows(['sweep', TRACE, ...MACHINE, ...VARY, '--jobs', '4', '--db', 'four.db'])
    for (const [swappiness, minFree] of [
      [0, 1000],
      [0, 8000],
      [200, 1000],
      [200, 8000],
    ]) {
      const set = ['--set', `vm.swappiness=${swappiness}`, '--set', `vm.min_free_kbytes=${minFree}`]
      expect((await shop.run(['replay', TRACE, ...MACHINE, ...set, '--db', 'single.db'])).status).toBe(0)
    }
    const [one, four, single] = ['one.db', 'four.db', 'single.db'].map((db) => [...dumpStore(shop.path(db))].sort())
    expect(one.length).toBeGreaterThan(400)
    expect(four).toEqual(one)
    expect(single).toEqual(one)
  })

  test('a recording of counters is swept as well, calibrated once for all points', async () => {
    const sar = recording('w-db.base', 'sar.txt')
    const given = ['--machine', recording('w-db.base', 'machine.json'), '--trials', '2']
    const factors = [10, 100, 300]
    const vary = ['--vary', `vm.watermark_scale_factor=${factors}`]
    const swept = await rows(['sweep', sar, ...given, ...vary, '--jobs', '2', '--db', 'sar.db'])
    expect(swept).toHaveLength(3)
    expect(Number(swept[2].stalls)).toBeLessThan(Number(swept[0].stalls))
    for (const factor of factors) {
      const set = ['--set', `vm.watermark_scale_factor=${factor}`]
      expect((await shop.run(['replay', sar, ...given, ...set, '--db', 'sar-single.db'])).status).toBe(0)
    }
    expect([...dumpStore(shop.path('sar.db'))].sort()).toEqual([...dumpStore(shop.path('sar-single.db'))].sort())
  })

  test('rows of other runs of the trace are left out', async () => {
    const swept = await rows(['sweep', TRACE, ...MACHINE, '--vary', 'vm.swappiness=10,20', '--db', 'one.db'])
    expect(swept.map((r) => r.run)).toEqual([5, 6])
  })

  test.each([
    [[], 'nothing to vary'],
    [['--vary', 'vm.swappiness=60,900'], '900'],
    [['--vary', 'vm.nonsense=1'], 'vm.nonsense'],
    [['--vary', 'vm.swappiness=1', '--jobs', '0'], '--jobs'],
  ])('wrong usage %j is said before anything is replayed', async (args, message) => {
    const { status, stderr } = await shop.run(['sweep', TRACE, ...MACHINE, ...args, '--db', 'never.db'])
    expect(status).toBe(2)
    expect(stderr).toContain(message)
    expect(existsSync(shop.path('never.db'))).toBe(false)
  })

  test('a broken trace leaves no run behind', async () => {
    const broken = shop.path('broken.ndjson')
    writeFileSync(
      broken,
      '{"trace":"allocation/1","machine":{"memory_mb":64}}\n{"t":0,"op":"spawn","pid":1,"comm":"a"}\n{"t":1,"op":"fly"}\n',
    )
    const { status, stderr } = await shop.run([
      'sweep',
      broken,
      '--vary',
      'vm.swappiness=0,60,100',
      '--db',
      'broken.db',
    ])
    expect(status).toBe(3)
    expect(stderr).toMatch(/broken\.ndjson:3: /)
    if (existsSync(shop.path('broken.db'))) {
      expect(JSON.parse((await shop.run(['runs', '--format', 'json', '--db', 'broken.db'])).stdout)).toEqual([])
    }
  })

  test('standard input cannot be read once for each run', async () => {
    const { status, stderr } = await shop.run(['sweep', '-', '--memory', '64M', '--vary', 'vm.swappiness=0,60'], {
      input: '',
    })
    expect(status).toBe(2)
    expect(stderr).toContain('standard input')
  })

  test('interrupted, it keeps what is done and marks what was under way', async () => {
    const head = ['{"trace":"allocation/1","machine":{"memory_mb":64}}', '{"t":0,"op":"spawn","pid":1,"comm":"a"}']
    // Every page that is read takes the place of another: each run takes a while, and the signal comes amidst of one.
    const read = (i: number) =>
      `{"t":${i / 100},"op":"read","pid":1,"file":"f","start":${(i * 400) % 900_000},"count":400}`
    writeFileSync(shop.path('long.ndjson'), [...head, ...Array.from({ length: 20_000 }, (_, i) => read(i))].join('\n'))
    const axis = Array.from({ length: 50 }, (_, i) => i).join(',')
    const child = shop.startOpen([
      'sweep',
      'long.ndjson',
      '--vary',
      `vm.swappiness=${axis}`,
      '--jobs',
      '2',
      '--db',
      'cut.db',
    ])
    const end = finished(child)
    const statuses = async () => {
      const { status, stdout } = await shop.run(['runs', '--db', 'cut.db', '--format', 'json'])
      return status === 0 ? (JSON.parse(stdout) as { status: string }[]).map((r) => r.status) : []
    }
    while (!(await statuses()).includes('complete')) expect(child.exitCode).toBe(null)
    child.kill('SIGINT')
    const { status, stdout, stderr } = await end
    expect({ status, stdout }).toEqual({ status: 130, stdout: '' })
    expect(stderr).toContain('interrupted by SIGINT')
    const left = await statuses()
    expect(left.length).toBeLessThan(50)
    expect(new Set(left)).toEqual(new Set(['complete', 'interrupted']))
  })
})
