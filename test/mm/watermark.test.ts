import { existsSync, readdirSync, readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  bootMinFreeKbytes,
  calculateMinFreeKbytes,
  calculateNormalThreshold,
  calculatePressureThreshold,
  isqrt,
  mulDiv,
  setupLowmemReserve,
  setupPerZoneWmarks,
  thpRecommendedMinFreeKbytes,
  totalreservePages,
  type WatermarkZone,
  watermarkRules,
  zoneBatchsize,
  zoneHighsize,
} from '../../src/mm/watermark.js'

const RATIOS = [256, 256, 32, 0, 0]
const zones = (sizes: Partial<Record<WatermarkZone['name'], number>>, node = 0): WatermarkZone[] =>
  Object.entries(sizes).map(([name, managed]) => ({ node, name: name as WatermarkZone['name'], managed }))
const marks = (w: { min: number; low: number; high: number }) => [w.min, w.low, w.high]

const G2 = zones({ DMA: 3840, DMA32: 504000 })
const G4 = zones({ DMA: 3840, DMA32: 756000, Normal: 250000 })
const G16 = zones({ DMA: 3840, DMA32: 756000, Normal: 3300000 })
const LAB256 = zones({ DMA: 3840, DMA32: 48774 })

describe('boot value of min_free_kbytes', () => {
  it.each([
    ['2 GiB', G2, 5701, 45056],
    ['4 GiB', G4, 8039, 67584],
    ['16 GiB', G16, 16119, 67584],
  ])('%s: square root, then what huge pages ask for', (_, z, sqrt, thp) => {
    expect(calculateMinFreeKbytes(z)).toBe(sqrt)
    expect(bootMinFreeKbytes(z, 'always')).toEqual({ sqrt, thp, used: thp })
    expect(bootMinFreeKbytes(z, 'madvise').used).toBe(thp)
    expect(bootMinFreeKbytes(z, 'never')).toEqual({ sqrt, thp: null, used: sqrt })
  })

  it('keeps huge pages off below 512 MiB of RAM', () => {
    expect(bootMinFreeKbytes(zones({ DMA: 3840, DMA32: 131072 - 3841 }), 'always').thp).toBeNull()
    expect(bootMinFreeKbytes(zones({ DMA: 3840, DMA32: 131072 - 3840 }), 'always').thp).not.toBeNull()
  })

  it('asks for at most a twentieth of lowmem', () => {
    // 140000 pages / 20 = 7000 pages; two zones would want 11264.
    expect(thpRecommendedMinFreeKbytes(zones({ DMA: 3840, DMA32: 136160 }))).toBe(28000)
  })

  it('clamps to 128 kB and to 256 MiB, 64 MiB on old kernels', () => {
    expect(calculateMinFreeKbytes(zones({ DMA: 100 }))).toBe(128)
    const huge = zones({ Normal: 2 ** 32 })
    expect(calculateMinFreeKbytes(huge)).toBe(262144)
    expect(calculateMinFreeKbytes(huge, watermarkRules('5.4'))).toBe(65536)
  })

  it('keeps a value that somebody wrote unless the computed one is larger', () => {
    expect(calculateMinFreeKbytes(G2, undefined, 100000)).toBe(100000)
    expect(calculateMinFreeKbytes(G2, undefined, 5701)).toBe(5701)
    expect(calculateMinFreeKbytes(G2, undefined, 1000)).toBe(5701)
  })

  it('leaves MOVABLE out and pages under the high mark', () => {
    const withMovable = [...G2, ...zones({ Movable: 500000 })]
    expect(calculateMinFreeKbytes(withMovable)).toBe(5701)
    const high = G2.map(() => ({ min: 0, low: 0, high: 1000, promo: 0 }))
    // 4 × (507840 − 2000) × 16 = 32373760, whose root is 5689.8
    expect(calculateMinFreeKbytes(G2, undefined, -1, high)).toBe(5689)
  })
})

describe('marks', () => {
  it.each([
    ['2 GiB', G2, 45056, [85, 106, 127], [11178, 13972, 16766]],
    ['4 GiB', G4, 67584, [64, 80, 96], [12648, 15810, 18972], [4182, 5227, 6272]],
    ['4 GiB without THP', G4, 8039, null, [1504, 2260, 3016], [497, 747, 997]],
    ['16 GiB', G16, 67584, null, [3146, 3932, 4718], [13733, 17166, 20599]],
    // What a kernel had after a sysctl was written.
    ['256 MiB, min_free ×4', LAB256, 7084, [129, 161, 193], [1641, 2051, 2461]],
    ['256 MiB, min_free ×16', LAB256, 28336, [517, 646, 775], [6566, 8207, 9848]],
  ])('%s', (_, z, minFree, ...want) => {
    const got = setupPerZoneWmarks(z, minFree, 10)
    want.forEach((w, i) => {
      if (w) expect(marks(got[i])).toEqual(w)
    })
  })

  it.each([
    [100, [32, 70, 108], [415, 902, 1389]],
    [500, [32, 224, 416], [415, 2853, 5291]],
  ])('256 MiB, watermark_scale_factor %i', (wsf, dma, dma32) => {
    expect(setupPerZoneWmarks(LAB256, 1794, wsf).map(marks)).toEqual([dma, dma32])
  })

  it.each([
    [1265603, 10, 10504, 13130, 15756],
    [1274542, 2000, 82109, 337017, 591925],
  ])('one zone of %i pages with factor %i', (managed, wsf, min, low, high) => {
    expect(marks(setupPerZoneWmarks(zones({ Normal: managed }), min * 4, wsf)[0])).toEqual([min, low, high])
  })

  it('stays exact where products leave 53 bits', () => {
    // A 16 TiB zone beside one of 3 pages, with the largest value the sysctl takes.
    const z = zones({ DMA32: 3, Normal: 2 ** 32 - 5 })
    const t = (536870911n * 4294967291n) / 4294967294n
    expect(setupPerZoneWmarks(z, 2 ** 31 - 1, 10)[1].min).toBe(Number(t))
    expect(mulDiv(2 ** 40 + 1, 2 ** 30 + 1, 7)).toBe(Number(((2n ** 40n + 1n) * (2n ** 30n + 1n)) / 7n))
  })

  it('has no scale factor on 3.10', () => {
    expect(marks(setupPerZoneWmarks(G4, 8039, 10, watermarkRules('3.10'))[1])).toEqual([1504, 1880, 2256])
  })

  it('gives MOVABLE a share up to 6.1 and a fixed minimum from 6.6', () => {
    const z = zones({ Normal: 100000, Movable: 100000 })
    expect(setupPerZoneWmarks(z, 8000, 10).map(marks)[1]).toEqual([1000, 1250, 1500])
    const newer = setupPerZoneWmarks(z, 8000, 10, watermarkRules('6.6')).map(marks)
    expect(newer[0]).toEqual([2000, 2500, 3000])
    expect(newer[1][0]).toBe(97)
  })

  it('gives an empty machine no marks', () => {
    expect(setupPerZoneWmarks(zones({ DMA: 0 }), 4000, 10).map(marks)).toEqual([[0, 0, 0]])
  })
})

describe('lowmem reserve', () => {
  it.each([
    ['2 GiB', G2, [0, 1968, 1968, 1968, 1968], [0, 0, 0, 0, 0]],
    ['4 GiB', G4, [0, 2953, 3929, 3929, 3929], [0, 0, 976, 976, 976]],
    ['16 GiB', G16, [0, 2953, 15843, 15843, 15843], [0, 0, 12890, 12890, 12890]],
  ])('%s', (_, z, dma, dma32) => {
    const got = setupLowmemReserve(z, RATIOS)
    expect(got[0]).toEqual(dma)
    expect(got[1]).toEqual(dma32)
  })

  it('counts the zones of the own node only, and 0 turns a zone off', () => {
    const two = [...zones({ DMA: 3840, DMA32: 25600 }), ...zones({ DMA32: 51200 }, 1)]
    expect(setupLowmemReserve(two, RATIOS)[0]).toEqual([0, 100, 100, 100, 100])
    expect(setupLowmemReserve(G4, [0, 256, 32, 0, 0])[0]).toEqual([0, 0, 0, 0, 0])
  })
})

describe('per-CPU lists', () => {
  it.each([
    [3840, 1],
    [24198, 3],
    [32605, 7],
    [48774, 15],
    [113190, 31],
    [504000, 63],
    [2 ** 33, 63],
  ])('batch of a zone of %i pages', (managed, batch) => {
    expect(zoneBatchsize(managed)).toBe(batch)
  })

  it('moved at most 31 pages up to 4.6', () => {
    expect(zoneBatchsize(756000, watermarkRules('4.6'))).toBe(31)
  })

  it.each([
    [106, 2, 1, 3840, 53],
    [13972, 2, 63, 504000, 6986],
    [80, 4, 1, 3840, 20],
    [15810, 4, 63, 756000, 3952],
    [5227, 4, 63, 250000, 1306],
    [3932, 8, 63, 756000, 491],
    [17166, 8, 63, 3300000, 2145],
    [8207, 2, 15, 48774, 4103],
    [10, 8, 63, 3300000, 252],
  ])('low %i over %i CPUs with batch %i', (low, cpus, batch, managed, high) => {
    expect(zoneHighsize(low, cpus, batch, 0, managed)).toBe(high)
  })

  it('takes a share of the zone when a fraction is set', () => {
    expect(zoneHighsize(3932, 8, 63, 8, 756000)).toBe(11812)
  })

  it('held six batches before 5.14, none in the DMA zone', () => {
    const old = watermarkRules('5.10')
    expect(zoneHighsize(522, 2, 15, 0, 49626, old)).toBe(90)
    expect(zoneHighsize(348, 2, 3, 0, 24198, old)).toBe(18)
    expect(zoneHighsize(43, 2, 1, 0, 3977, old)).toBe(0)
  })
})

describe('totals and thresholds', () => {
  it('adds up what user allocations cannot have', () => {
    const z = [
      { name: 'DMA' as const, managed: 3840, high: 96, protection: [0, 2953, 3929, 3929, 3929] },
      { name: 'DMA32' as const, managed: 756000, high: 18972, protection: [0, 0, 976, 976, 976] },
      { name: 'Normal' as const, managed: 250000, high: 6272, protection: [0, 0, 0, 0, 0] },
    ]
    // DMA cannot hold back more than it has: 3840 instead of 4025.
    expect(totalreservePages(z)).toBe(3840 + 19948 + 6272)
  })

  it('gives the error of per-CPU counters', () => {
    expect(calculateNormalThreshold(756000, 4)).toBe(36)
    expect(calculateNormalThreshold(250000, 4)).toBe(24)
    expect(calculateNormalThreshold(48774, 2)).toBe(8)
    expect(calculateNormalThreshold(3840, 1)).toBe(2)
    expect(calculateNormalThreshold(2 ** 28, 1024)).toBe(125)
    expect(calculatePressureThreshold(2000, 1000, 4)).toBe(125)
    expect(calculatePressureThreshold(516, 413, 2)).toBe(51)
    expect(calculatePressureThreshold(5, 5, 2)).toBe(1)
  })
})

describe('properties', () => {
  const machine = fc
    .record({
      dma: fc.integer({ min: 1, max: 4096 }),
      dma32: fc.integer({ min: 0, max: 1044480 }),
      normal: fc.integer({ min: 0, max: 2 ** 30 }),
    })
    .map(({ dma, dma32, normal }) => zones({ DMA: dma, DMA32: dma32, Normal: normal }))
  const minFree = fc.integer({ min: 0, max: 2 ** 31 - 1 })
  const factor = fc.integer({ min: 1, max: 3000 })

  it('orders the marks, spaces them evenly, and shares out no more than min_free_kbytes', () => {
    fc.assert(
      fc.property(machine, minFree, factor, (z, kb, wsf) => {
        const all = setupPerZoneWmarks(z, kb, wsf)
        for (const w of all) {
          expect(w.low).toBeGreaterThanOrEqual(w.min)
          expect(w.high - w.low).toBe(w.low - w.min)
          expect(w.promo - w.high).toBe(w.low - w.min)
        }
        expect(all.reduce((sum, w) => sum + w.min, 0)).toBeLessThanOrEqual(Math.floor(kb / 4))
      }),
    )
  })

  it('never lowers a mark when a setting is raised', () => {
    fc.assert(
      fc.property(machine, minFree, minFree, factor, factor, (z, a, b, f, g) => {
        const less = setupPerZoneWmarks(z, Math.min(a, b), Math.min(f, g))
        const more = setupPerZoneWmarks(z, Math.max(a, b), Math.max(f, g))
        less.forEach((w, i) => {
          expect(more[i].min).toBeGreaterThanOrEqual(w.min)
          expect(more[i].low).toBeGreaterThanOrEqual(w.low)
          expect(more[i].high).toBeGreaterThanOrEqual(w.high)
        })
      }),
    )
  })

  it('takes exact roots and quotients', () => {
    fc.assert(
      fc.property(
        fc.maxSafeNat(),
        fc.integer({ min: 0, max: 2 ** 33 }),
        fc.integer({ min: 1, max: 2 ** 33 }),
        (x, b, c) => {
          const r = BigInt(isqrt(x))
          expect(r * r <= BigInt(x) && (r + 1n) * (r + 1n) > BigInt(x)).toBe(true)
          const a = x % 2 ** 32
          expect(mulDiv(a, b, c)).toBe(Number((BigInt(a) * BigInt(b)) / BigInt(c)))
        },
      ),
    )
  })

  it('reserves more for requests that have more zones to go to', () => {
    fc.assert(
      fc.property(machine, fc.array(fc.integer({ min: 0, max: 1000 }), { minLength: 5, maxLength: 5 }), (z, ratios) => {
        for (const p of setupLowmemReserve(z, ratios)) {
          for (let j = 1; j < p.length; j++) expect(p[j]).toBeGreaterThanOrEqual(p[j - 1])
        }
      }),
    )
  })
})

const RECORDINGS = new URL('../../../shared/kernel-lab/recordings/', import.meta.url)
// Recordings whose marks were recomputed by a sysctl write, after the last page of memory had been handed over.
const WRITTEN = [
  'f-burst-min4',
  'f-burst-min16',
  'f-burst-wsf100',
  'f-burst-wsf500',
  'w-db.min8',
  'w-web.min8',
  'w-db.wsf300',
  'w-web.wsf300',
]

describe.skipIf(!existsSync(RECORDINGS))('marks of recorded kernels', () => {
  it.each(WRITTEN)('%s', (name) => {
    const folder = new URL(`${name}/`, RECORDINGS)
    const runs = readdirSync(folder).filter((f) => f.startsWith('run'))
    expect(runs.length).toBeGreaterThan(0)
    for (const run of runs) {
      const m = JSON.parse(readFileSync(new URL(`${run}/machine.json`, folder), 'utf8'))
      const found = m.zones.filter((z: { managed: number }) => z.managed > 0)
      const sized = found.map((z: { node: number; zone: string; managed: number }) => ({ ...z, name: z.zone }))
      const wsf = Number(m.sysctl['vm.watermark_scale_factor'])
      const got = setupPerZoneWmarks(sized, Number(m.sysctl['vm.min_free_kbytes']), wsf)
      expect(got.map(marks)).toEqual(found.map(marks))
      found.forEach(
        (
          z: { managed: number; pagesets: { high: number; batch: number; vm_stats_threshold: number }[] },
          i: number,
        ) => {
          const { high, batch, vm_stats_threshold } = z.pagesets[0]
          expect(zoneBatchsize(z.managed)).toBe(batch)
          expect(zoneHighsize(got[i].low, m.settings.cpus, batch, 0, z.managed)).toBe(high)
          expect(calculateNormalThreshold(z.managed, m.settings.cpus)).toBe(vm_stats_threshold)
        },
      )
    }
  })
})
