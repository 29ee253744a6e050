import { readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import { afterAll, describe, expect, it } from 'vitest'
import { recording, Workshop } from './cli.js'

const shop = new Workshop()
afterAll(() => shop.remove())

const LOG = recording('h-oom-swap', 'dmesg.txt.gz')

describe('oom', () => {
  it('judges the kills of a log', async () => {
    const { status, stdout, stderr } = await shop.run(['oom', LOG])
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
    expect(stdout).toMatch(/killed +alpha \(92\)/)
    expect(stdout).toMatch(/follows +alpha \(92\) has the most points/)
  })

  it('reads standard input, and prints JSON', async () => {
    const { status, stdout } = await shop.run(['oom', '-', '--format', 'json'], {
      input: gunzipSync(readFileSync(LOG)),
    })
    expect(status).toBe(0)
    const [report] = JSON.parse(stdout)
    expect(report).toMatchObject({
      agrees: true,
      chosen: { name: 'alpha' },
      computed: { name: 'alpha', points: 29981 },
    })
  })

  it('stores each kill once, beside those of replays', async () => {
    const first = await shop.run(['oom', LOG, '--db', 'oom.db'])
    expect(first).toMatchObject({ status: 0, stderr: '1 kill stored in oom.db\n' })
    expect((await shop.run(['oom', LOG, '--db', 'oom.db'])).stderr).toContain('1 there already')
    const trace = recording('h-oom-swap')
    await shop.run(['replay', trace, '--machine', recording('h-oom-swap', 'machine.json'), '--db', 'oom.db'])
    const kills = await shop.query('oom.db', 'oom')
    expect(kills.map((k) => k.victim)).toEqual(['alpha', 'alpha'])
    expect(new Set(kills.map((k) => k.source))).toEqual(new Set(['log', 'replay']))
    // The model's victim has nearly the score that the kernel gave.
    const [a, b] = kills.map((k) => Number(k.points))
    expect(Math.abs(a / b - 1)).toBeLessThan(0.05)
  })

  it('refuses a log without a report', async () => {
    const { status, stderr } = await shop.run(['oom', '-'], { input: 'nothing happened\n' })
    expect(status).toBe(3)
    expect(stderr).toContain('no OOM report')
    expect((await shop.run(['oom', 'missing.log'])).status).toBe(3)
    expect((await shop.run(['oom'])).status).toBe(2)
  })
})
