import { readFileSync, writeFileSync } from 'node:fs'
import { gzipSync } from 'node:zlib'
import { afterAll, describe, expect, it } from 'vitest'
import { dumpStore } from '../../src/store/dump.js'
import { recording, Workshop } from './cli.js'

const shop = new Workshop()
afterAll(() => shop.remove())

const SAR = recording('p-sar-mixed', 'sar.txt')
const MACHINE = ['--machine', recording('p-sar-mixed', 'machine.json')]

const STOLEN = "'pgsteal_kswapd', 'pgsteal_direct'"

/** Sum of totals of a run. */
async function total(db: string, run: number, names: string): Promise<number> {
  const [{ n }] = await shop.query<{ n: number }>(
    db,
    `select total(value) as n from run_counter where run_id = ${run} and name in (${names})`,
  )
  return n
}

describe('replay of a recording of counters', () => {
  it('stores one run with what was recorded beside what was replayed', async () => {
    const { status, stdout, stderr } = await shop.run(['replay', SAR, ...MACHINE])
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
    expect(stdout).toMatch(/calibrated +by \d+ trial replays/)
    const [run] = await shop.query('tidemark.db', 'select * from run')
    expect(run).toMatchObject({ id: 1, status: 'complete', format: 'sar-text' })
    expect(run.calibration_rounds).toBeGreaterThan(0)
    expect(run.calibration_error).toBeLessThan(0.5)
    const rows = await shop.query('tidemark.db', 'select count(*) as n, min(dt) as dt from recorded_interval')
    expect(rows[0].n).toBe(readFileSync(SAR, 'utf8').match(/^\d\d:\d\d:\d\d +\d/gm)?.length)
  })

  it('reproduces what was counted', async () => {
    const rows = await shop.query<{ name: string; recorded: number; simulated: number }>(
      'tidemark.db',
      'recorded-against-simulated',
    )
    for (const name of ['pgfault', 'pgpgin', 'pgsteal']) {
      const { recorded, simulated } = rows.find((r) => r.name === name)!
      expect(Math.abs(simulated / recorded - 1)).toBeLessThan(0.15)
    }
  })

  it('keeps what was wrong with the input, and the values as they were', async () => {
    const issues = await shop.query('tidemark.db', 'input-issues')
    expect(issues).toContainEqual(expect.objectContaining({ code: 'pgsteal-double', action: 'repaired' }))
    const [{ raw, repaired }] = await shop.query<{ raw: number; repaired: number }>(
      'tidemark.db',
      'select sum(raw_pgsteal) as raw, sum(pgsteal) as repaired from recorded_interval where raw_pgsteal is not null',
    )
    expect(raw).toBeCloseTo(2 * repaired, 6)
  })

  it('replays the same demand under other settings', async () => {
    const { status } = await shop.run(['replay', SAR, ...MACHINE, '--set', 'vm.min_free_kbytes=20000'])
    expect(status).toBe(0)
    // More is kept free, so more is reclaimed for the same demand.
    expect(await total('tidemark.db', 2, STOLEN)).toBeGreaterThan(await total('tidemark.db', 1, STOLEN))
    const compared = await shop.query('tidemark.db', 'compare')
    expect(compared.map((r) => r.run)).toEqual([1, 2])
    expect(String(compared[1].settings)).toContain('vm.min_free_kbytes=20000')
  })

  it('takes no trial when it is told so', async () => {
    const { status, stdout } = await shop.run(['replay', SAR, ...MACHINE, '--trials', '0', '--db', 'plain.db'])
    expect(status).toBe(0)
    expect(stdout).not.toContain('calibrated')
    expect(await shop.query('plain.db', 'select calibration_error as e from run')).toEqual([{ e: null }])
  })

  it('gives the same database each time, also from standard input and gzip', async () => {
    const args = [...MACHINE, '--trials', '3', '--name', 'host']
    await shop.run(['replay', SAR, ...args, '--db', 'a.db'])
    await shop.run(['replay', SAR, ...args, '--db', 'b.db'])
    expect([...dumpStore(shop.path('b.db'))]).toEqual([...dumpStore(shop.path('a.db'))])
    const packed = gzipSync(readFileSync(SAR))
    expect((await shop.run(['replay', '-', ...args, '--db', 'c.db'], { input: packed })).status).toBe(0)
    const counters = 'select name, value from run_counter order by name'
    expect(await shop.query('c.db', counters)).toEqual(await shop.query('a.db', counters))
  })

  it('reads vmstat', async () => {
    const { status } = await shop.run(['replay', recording('p-sar-mixed', 'vmstat.txt'), ...MACHINE, '--db', 'v.db'])
    expect(status).toBe(0)
    expect(await shop.query('v.db', 'select format from run')).toEqual([{ format: 'vmstat' }])
  })

  it('replays a part of a recording, which is not compared with the whole', async () => {
    const args = ['replay', SAR, ...MACHINE, '--trials', '0', '--db', 'part.db']
    await shop.run(args)
    expect((await shop.run([...args, '--from', '5', '--to', '12'])).status).toBe(0)
    const rows = await shop.query('part.db', 'select run_id, count(*) as n from recorded_interval group by run_id')
    expect(rows[1].n).toBe(7)
    expect((await shop.query('part.db', 'compare')).map((r) => r.run)).toEqual([2])
    const trace = ['replay', recording('h-oom-swap'), '--from', '5', '--db', 'part.db']
    expect((await shop.run(trace)).status).toBe(2)
    expect((await shop.run([...args, '--from', 'noon'])).status).toBe(2)
  })

  it('joins the recordings of one host', async () => {
    const [head, ...rows] = readFileSync(SAR, 'utf8').split(/\n(?=\d\d:\d\d:\d\d +\d)/)
    writeFileSync(shop.path('sa1.txt'), `${[head, ...rows.slice(0, 10)].join('\n')}\n`)
    // The time beside the names of the columns is when the first interval begins.
    const later = head.replace(/^\d\d:\d\d:\d\d(?= +pgpgin)/m, rows[9].slice(0, 8))
    writeFileSync(shop.path('sa2.txt'), `${[later, ...rows.slice(10)].join('\n')}\n`)
    const { status } = await shop.run(['replay', 'sa1.txt', 'sa2.txt', ...MACHINE, '--trials', '0', '--db', 'join.db'])
    expect(status).toBe(0)
    expect(await shop.query('join.db', 'select trace from run')).toEqual([{ trace: 'sa1.txt sa2.txt' }])
    await shop.run(['replay', SAR, ...MACHINE, '--trials', '0', '--db', 'join.db'])
    const sums = await shop.query(
      'join.db',
      'select sum(pgfault) as faults, sum(dt) as s from recorded_interval group by run_id',
    )
    expect(sums[0]).toEqual(sums[1])
  })

  it('asks for the memory that the recording does not state', async () => {
    const { status, stderr } = await shop.run(['replay', SAR, '--db', 'none.db'])
    expect(status).toBe(2)
    expect(stderr).toContain('does not say how much memory the host has')
    expect((await shop.run(['replay', SAR, '--memory', '256M', '--trials', '0', '--db', 'mem.db'])).status).toBe(0)
  })

  it('takes problems for errors where it is told to', async () => {
    const { status, stdout, stderr } = await shop.run(['replay', SAR, ...MACHINE, '--strict', '--db', 'strict.db'])
    expect({ status, stdout }).toEqual({ status: 3, stdout: '' })
    expect(stderr).toContain('pgsteal')
  })
})

describe('inspect', () => {
  it('says what a recording holds', async () => {
    const { status, stdout } = await shop.run(['inspect', SAR])
    expect(status).toBe(0)
    expect(stdout).toContain('(sar-text')
    expect(stdout).toContain('pgsteal-double, repaired')
  })

  it('says what a trace holds, to people and to programs', async () => {
    const { stdout } = await shop.run(['inspect', recording('h-oom-swap')])
    expect(stdout).toMatch(/events +\d+ over 9\.7 s: spawn 3/)
    const json = JSON.parse((await shop.run(['inspect', '--format', 'json', recording('h-oom-swap')])).stdout)
    expect(json).toMatchObject({ kind: 'allocation', processes: 3, issues: [] })
    const two = JSON.parse((await shop.run(['inspect', '--format', 'json', recording('h-oom-swap'), SAR])).stdout)
    expect(two.map((r: { kind: string }) => r.kind)).toEqual(['allocation', 'series'])
  })

  it('refuses what it does not know', async () => {
    writeFileSync(shop.path('noise'), 'nothing of use\n')
    const { status, stdout, stderr } = await shop.run(['inspect', 'noise'])
    expect({ status, stdout }).toEqual({ status: 3, stdout: '' })
    expect(stderr).toContain('TM_INPUT_UNKNOWN_FORMAT')
  })
})
