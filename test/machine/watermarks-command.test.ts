import { describe, expect, it } from 'vitest'
import { UsageError } from '../../src/base/errors.js'
import { formatWatermarks, watermarks } from '../../src/cli/watermarks.js'
import { directory, MEMINFO, ZONEINFO_6_1 } from './fixtures.js'

describe('tidemark watermarks', () => {
  it('shows what a host of a given size would have', () => {
    const r = watermarks({ memory: '64G', nodes: 1, cpus: 16 })
    expect(r).toMatchObject({ min_free_kbytes: 67584, min_free_from: 'boot', cpus: 16, profile: '6.1', warnings: [] })
    expect(r.managed).toBe(16461442)
    expect(r.boot).toEqual({ sqrt_kbytes: 32458, thp_kbytes: 67584, used_kbytes: 67584 })
    const normal = r.zones[2]
    // 16896 pages shared out by size, and a gap of a thousandth of the zone.
    const min = Math.floor((16896 * normal.managed) / r.managed)
    const gap = Math.floor(normal.managed / 1000)
    expect(normal).toMatchObject({ min, low: min + gap, high: min + 2 * gap, pcp_batch: 63 })
    expect(r.totalreserve).toBe(
      r.zones.reduce((sum, z) => sum + Math.min(z.managed, z.high + Math.max(...z.protection)), 0),
    )
  })

  it('shows what a setting would change', () => {
    const set = { 'vm.min_free_kbytes': '1000000' }
    const r = watermarks({ memory: '64G', set })
    expect(r).toMatchObject({ min_free_kbytes: 1000000, min_free_from: 'set' })
    expect(r.zones.reduce((sum, z) => sum + z.min, 0)).toBeGreaterThan(249990)
    expect(() => watermarks({ memory: '64G', set: { 'vm.min_free': '1' } })).toThrow(UsageError)
  })

  it('reads a machine', () => {
    const r = watermarks({ machine: directory({ zoneinfo: ZONEINFO_6_1, meminfo: MEMINFO }) })
    expect(r.zones.map((z) => [z.zone, z.min, z.low, z.high])).toEqual([
      ['DMA', 10, 12, 14],
      ['DMA32', 1400, 1750, 2100],
    ])
    expect(r.min_free_from).toBe('marks')
  })

  it('prints a table with aligned columns and the origin of min_free_kbytes', () => {
    const text = formatWatermarks({ ...watermarks({ memory: '256M', cpus: 2 }), source: 'x' })
    expect(text.split('\n').slice(0, 10)).toEqual([
      'machine            x, 2 CPUs, rules of Linux 6.1',
      'managed            52614 pages (205.5 MiB)',
      "vm.min_free_kbytes 1835 (the kernel's choice at boot)",
      '  at boot          1835: square root rule 1835 kB, huge pages off',
      'vm.watermark_scale_factor 10',
      'totalreserve       875 pages (3.4 MiB)',
      '',
      'node  zone   managed  min  low  high  pcp batch  pcp high  protection',
      '   0  DMA       3840   33   41    49          1        20  0 190 190 190 190',
      '   0  DMA32    48774  424  530   636         15       265  0 0 0 0 0',
    ])
    expect(formatWatermarks(watermarks({ memory: '16G' }))).toContain('huge pages ask for 67584 kB and win')
  })
})
