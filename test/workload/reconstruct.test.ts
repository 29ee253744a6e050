import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { replayTrace } from '../../src/replay/replay.js'
import type { SeriesColumn } from '../../src/trace/series.js'
import { reconstruct } from '../../src/workload/reconstruct.js'
import { machine, nowhere, samplesOf, sum, total } from './helpers.js'

/** A host that fills 256 MiB, reads more than fits and has a burst. */
const busy = {
  pgfault: [9000, 9000, 20, 20, 8020, 20, 20, 20],
  pgmajfault: [0, 0, 0, 0, 0, 0, 0, 0],
  pgpgin: [0, 0, 60000, 60000, 4000, 4000, 60000, 0],
  pgpgout: [0, 0, 400, 400, 400, 400, 400, 400],
  pgfree: [0, 0, 0, 2000, 9000, 8000, 15000, 0],
  pgscan_kswapd: [0, 0, 0, 2000, 9000, 0, 15000, 0],
  pgscan_direct: [0, 0, 0, 0, 0, 0, 0, 0],
  pgsteal: [0, 0, 0, 2000, 9000, 0, 15000, 0],
}
/** The same recordings each time; no shrinking, which takes minutes here. */
const PROPERTY = { seed: 1, endOnFailure: true }
const noReuse = { rereads: 0 }

async function replayed(r: ReturnType<typeof reconstruct>, m = machine()) {
  return replayTrace(r.trace, {
    config: r.configFor(m),
    files: r.files,
    sink: nowhere,
    sampleSeconds: r.sampleSeconds,
    check: true,
  })
}

describe('reconstruct', () => {
  it('reads, writes and touches what was recorded', async () => {
    const samples = samplesOf(busy)
    const r = reconstruct(samples, machine(), noReuse)
    const s = await sum(r.trace, r.files)
    expect(s.fresh).toBeCloseTo(total(busy.pgpgin) / 4, -1)
    expect(s.again).toBe(0)
    expect(s.written).toBeCloseTo(total(busy.pgpgout) / 4, -1)
    const plan = total(r.plan.heapGrow) + total(r.plan.burstGrow)
    expect(Math.abs(total(Object.values(s.firstTouches)) - plan)).toBeLessThan(8)
    expect(Math.abs((s.dropped.burst ?? 0) - total(r.plan.burstShrink))).toBeLessThan(8)
  })

  it('replays to the recorded reads and faults, within a readahead window and the footprint of the processes', async () => {
    const m = machine()
    const r = reconstruct(samplesOf(busy), m, noReuse)
    const result = await replayed(r, m)
    expect(Math.abs(result.counters.pgpgin - total(busy.pgpgin))).toBeLessThan(64 * 4)
    const { plan } = r
    const touches = total(plan.heapGrow) + total(plan.burstGrow)
    expect(result.counters.pgfault).toBeGreaterThan(touches)
    expect(result.counters.pgfault).toBeLessThan(touches + 500)
    expect(result.counters.pgsteal_kswapd + result.counters.pgsteal_direct).toBeGreaterThan(10000)
    expect(result.warnings).toEqual([])
  })

  it('reproduces what a replay counted, once that has been reconstructed itself', async () => {
    const m = machine()
    const columns: Record<string, number[]> = {}
    const first = reconstruct(samplesOf(busy), m, noReuse)
    await replayTrace(first.trace, {
      config: first.configFor(m),
      files: first.files,
      sampleSeconds: 1,
      postSeconds: 1,
      sink: {
        ...nowhere,
        interval: ({ counters }) => {
          const steal = counters.pgsteal_kswapd + counters.pgsteal_direct
          for (const name of Object.keys(busy)) {
            columns[name] ??= []
            columns[name].push(name === 'pgsteal' ? steal : (counters[name] ?? Number.NaN))
          }
        },
      },
    })
    const second = reconstruct(samplesOf(columns), m, noReuse)
    const { counters } = await replayed(second, m)
    for (const name of ['pgfault', 'pgpgin', 'pgfree', 'pgscan_kswapd'] as const) {
      const recorded = total(columns[name])
      expect(counters[name] / recorded, name).toBeGreaterThan(0.9)
      expect(counters[name] / recorded, name).toBeLessThan(1.1)
    }
  })

  it('is the same each time, and for each reading of the trace', async () => {
    const a = reconstruct(samplesOf(busy), machine())
    const b = reconstruct(samplesOf(busy), machine())
    const first = await sum(a.trace, a.files)
    expect(await sum(a.trace, a.files)).toEqual(first)
    expect(await sum(b.trace, b.files)).toEqual(first)
    const other = reconstruct(samplesOf({ ...busy, pgpgin: busy.pgpgin.map((v) => v + 4) }), machine())
    expect((await sum(other.trace, other.files)).digest).not.toBe(first.digest)
  })

  it('pays for reads again that miss the cache with fewer first reads', async () => {
    const without = reconstruct(samplesOf(busy), machine(), noReuse)
    const with4 = reconstruct(samplesOf(busy), machine(), { rereads: 4 })
    const a = await sum(without.trace, without.files)
    const b = await sum(with4.trace, with4.files)
    expect(b.again).toBeGreaterThan(a.fresh / 8)
    expect(b.fresh).toBeLessThan(a.fresh)
    expect(b.fresh + b.again).toBeGreaterThan(a.fresh)
  })

  it('makes nothing of nothing', async () => {
    const zeros = Object.fromEntries(Object.keys(busy).map((k) => [k, [0, 0, 0]]))
    for (const columns of [zeros, {}, { pgfault: [Number.NaN, Number.NaN] }]) {
      const r = reconstruct(samplesOf(columns), machine())
      const s = await sum(r.trace, r.files)
      expect(s.events).toBe(0)
      expect((await replayed(r)).counters.pgfault).toBe(0)
    }
  })

  it('takes one interval, and values that are missing', async () => {
    const one = reconstruct(samplesOf({ pgfault: [1000], pgpgin: [400] }, { dt: 600 }), machine(), noReuse)
    const s = await sum(one.trace, one.files)
    expect(s.fresh).toBe(100)
    expect(s.last).toBeLessThanOrEqual(600)
    const gap = reconstruct(samplesOf({ pgpgin: [400, Number.NaN, 400], pgfault: [9, 9, 9] }), machine(), noReuse)
    expect((await sum(gap.trace, gap.files)).fresh).toBe(200)
  })

  it('begins anew where the host was restarted', async () => {
    const r = reconstruct(samplesOf(busy, { segment: [0, 0, 0, 0, 1, 1, 1, 1] }), machine())
    const s = await sum(r.trace, r.files)
    expect(s.comms.filter((c) => c === 'heap')).toHaveLength(2)
    expect((await replayed(r)).counters.pgfault).toBeGreaterThan(20000)
  })

  it('leaves mapped files what no swap-in explains', async () => {
    const m = machine('256M', '0')
    const r = reconstruct(samplesOf({ pgfault: [400, 400], pgmajfault: [100, 100], pgpgin: [4000, 4000] }), m, noReuse)
    const result = await replayed(r, m)
    expect(result.counters.pgmajfault).toBe(200)
    expect(Math.abs(result.counters.pgpgin - 8000)).toBeLessThan(64 * 4)
  })

  it('says from which line of the recording an event comes', () => {
    const r = reconstruct(samplesOf(busy), machine())
    const lines = new Set<number>()
    for (const { batch, interval } of r.intervals()) {
      for (let i = 0; i < batch.length; i++) lines.add(batch.line[i])
      if (interval >= 0 && batch.length > 0) expect(batch.line[batch.length - 1]).toBe(interval + 4)
    }
    expect(lines.size).toBe(8)
  })

  it('does a day of a 64 GiB host in bounded time and with bounded batches', async () => {
    const day = (v: number) => new Array<number>(144).fill(v)
    const samples = samplesOf(
      {
        pgfault: day(6e6),
        pgmajfault: day(600),
        pgpgin: day(6e7),
        pgpgout: day(1e7),
        pgfree: day(2.1e7),
        pgscan_kswapd: day(1.5e7),
        pgscan_direct: day(0),
        pgsteal: day(1.5e7),
      },
      { dt: 600 },
    )
    const r = reconstruct(samples, machine('64G', '8G'))
    const before = performance.now()
    let largest = 0
    let pages = 0
    for await (const b of r.trace.batches()) {
      largest = Math.max(largest, b.length)
      pages = Math.max(pages, b.pagesLength)
    }
    expect(performance.now() - before).toBeLessThan(20_000)
    expect(largest).toBeLessThanOrEqual(8192)
    expect(pages).toBeLessThan(1 << 18)
  })
})

describe('any recording', () => {
  const value = fc.oneof(
    { weight: 3, arbitrary: fc.integer({ min: 0, max: 40000 }) },
    fc.constantFrom(0, Number.NaN, 0.4),
  )
  const names: SeriesColumn[] = [
    'pgpgin',
    'pgpgout',
    'pgfault',
    'pgmajfault',
    'pgfree',
    'pgscan_kswapd',
    'pgscan_direct',
    'pgsteal',
    'pswpin',
    'pswpout',
    'nr_free_pages',
    'cached',
    'nr_anon_pages',
  ]
  const series = fc
    .record({
      columns: fc.dictionary(fc.constantFrom(...names), fc.array(value, { minLength: 1, maxLength: 8 })),
      dt: fc.constantFrom(0.1, 1, 10),
      restart: fc.integer({ min: 0, max: 8 }),
    })
    .map(({ columns, dt, restart }) =>
      samplesOf(columns, { dt, segment: Array.from({ length: 8 }, (_, i) => Number(i >= restart)) }),
    )

  it('gives a trace that holds together and never reads more than was recorded', async () => {
    await fc.assert(
      fc.asyncProperty(series, fc.constantFrom('64M', '256M'), async (samples, memory) => {
        const r = reconstruct(samples, machine(memory), noReuse)
        const s = await sum(r.trace, r.files)
        const read = total((samples.columns.get('pgpgin') ?? []).filter((v) => v > 0)) / 4
        expect(s.fresh).toBeLessThanOrEqual(read + 1)
        for (const name of Object.keys(r.plan) as (keyof typeof r.plan)[]) {
          const column = r.plan[name]
          if (!(column instanceof Float64Array)) continue
          expect(column.every((v) => Number.isFinite(v) && v >= 0)).toBe(true)
        }
      }),
      { ...PROPERTY, numRuns: 200 },
    )
  })

  it('keeps the conservation laws of the model', async () => {
    await fc.assert(
      fc.asyncProperty(series, async (samples) => {
        await replayed(reconstruct(samples, machine('64M', '64M')), machine('64M', '64M', { 'vm.swappiness': '150' }))
      }),
      { ...PROPERTY, numRuns: 12 },
    )
  })
})
