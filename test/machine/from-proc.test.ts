import { existsSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { InputError } from '../../src/base/errors.js'
import { parseMeminfo, parseSysctlList } from '../../src/machine/from-proc.js'
import { loadMachine } from '../../src/machine/load.js'
import { parseProcSwaps } from '../../src/machine/proc-swaps.js'
import { resolveMachine } from '../../src/machine/resolve.js'
import { parseZoneinfo } from '../../src/machine/zoneinfo.js'
import { directory, MEMINFO, SWAPS, SYSCTL, ZONEINFO_4_6, ZONEINFO_6_1, ZONEINFO_6_12 } from './fixtures.js'

describe('zoneinfo', () => {
  it('of 6.1', () => {
    const zones = parseZoneinfo(ZONEINFO_6_1, 'zoneinfo')
    expect(zones.map((z) => [z.node, z.zone, z.managed, z.present, z.free])).toEqual([
      [0, 'DMA', 3840, 3998, 3000],
      [0, 'DMA32', 500000, 520192, 200000],
      [0, 'Normal', 0, 0, 0],
    ])
    expect(zones[0]).toMatchObject({ min: 10, low: 12, high: 14, boost: 0, protection: [0, 1900, 1900, 1900, 1900] })
    expect(zones[0].counters).toEqual({
      nr_inactive_anon: 1200,
      nr_active_anon: 30,
      nr_inactive_file: 4000,
      nr_active_file: 5000,
      nr_unevictable: 7,
      nr_slab_reclaimable: 900,
      nr_slab_unreclaimable: 800,
      nr_isolated_anon: 0,
      nr_free_pages: 3000,
      nr_zone_inactive_anon: 0,
    })
    expect(zones[1].boost).toBe(512)
    expect(zones[1].pagesets).toEqual([
      { cpu: 0, count: 40, high: 875, batch: 63 },
      { cpu: 1, count: 2, high: 875, batch: 63 },
    ])
  })

  it('of 4.6, with counters by zone', () => {
    const zones = parseZoneinfo(ZONEINFO_4_6, 'zoneinfo')
    expect(zones.map((z) => [z.managed, z.min, z.low, z.high, z.counters?.nr_inactive_anon])).toEqual([
      [3977, 33, 41, 49, 5],
      [498000, 4000, 5000, 6000, 600],
    ])
    expect(zones[1].protection).toEqual([0, 0, 0, 0])
    expect(zones[1].counters).not.toHaveProperty('scanned')
  })

  it('of 6.12', () => {
    const [dma] = parseZoneinfo(ZONEINFO_6_12, 'zoneinfo')
    expect(dma).toMatchObject({ min: 33, low: 41, high: 49, pagesets: [{ cpu: 0, count: 0, high: 0, batch: 1 }] })
    expect(dma.counters).toEqual({ nr_inactive_anon: 1, nr_active_file: 2 })
  })

  it('with DOS line ends, and with present pages only', () => {
    expect(parseZoneinfo(ZONEINFO_6_1.replaceAll('\n', '\r\n'), 'z')).toEqual(parseZoneinfo(ZONEINFO_6_1, 'z'))
    expect(parseZoneinfo('Node 1, zone   Normal\n        present  900\n', 'z')[0]).toMatchObject({
      node: 1,
      managed: 900,
    })
  })

  it.each([
    ['', /zi: no zone in it/],
    ['MemTotal: 5 kB\n', /zi:1: not a copy of \/proc\/zoneinfo/],
    ['Node 0, zone  HighMem\n  pages free 3\n', /zone of a machine that is not modelled .*found "HighMem"/],
    ['Node 0, zone  DMA\n  pagesets\n    cpu: 0\n', /zone DMA of node 0 states no size/],
  ])('that is none: %j', (text, message) => {
    expect(() => parseZoneinfo(text, 'zi')).toThrow(InputError)
    expect(() => parseZoneinfo(text, 'zi')).toThrow(message)
  })

  it.skipIf(!existsSync('/proc/zoneinfo'))('of the machine this runs on', () => {
    const zones = parseZoneinfo(readFileSync('/proc/zoneinfo', 'utf8'), '/proc/zoneinfo').filter((z) => z.managed > 0)
    expect(zones.length).toBeGreaterThan(0)
    for (const z of zones) expect(z.high).toBeGreaterThanOrEqual(z.low ?? Number.NaN)
  })
})

describe('the other files', () => {
  it('swaps', () => {
    expect(parseProcSwaps(SWAPS, 'swaps')).toEqual([
      { name: '/dev/sda2', pages: 124999, priority: -2 },
      { name: '/swap\\040file', pages: 100000, priority: 5 },
      { name: '/dev/zram0', pages: 25000, priority: 100 },
    ])
    expect(parseProcSwaps('Filename Type Size Used Priority\n', 'swaps')).toEqual([])
  })

  it('meminfo and sysctl', () => {
    expect(parseMeminfo(MEMINFO, 'meminfo')).toMatchObject({ MemTotal: 2015360, HugePages_Total: 0 })
    expect(() => parseMeminfo('x', 'mi')).toThrow(/mi: not a copy of \/proc\/meminfo/)
    expect(parseSysctlList(SYSCTL)).toEqual({
      'kernel.hostname': 'web1',
      'vm.lowmem_reserve_ratio': '256\t256\t32\t0\t0',
      'vm.min_free_kbytes': '5640',
      'vm.swappiness': '10',
      'vm.percpu_pagelist_fraction': '0',
    })
  })
})

describe('a directory', () => {
  const files = { zoneinfo: ZONEINFO_6_1, meminfo: MEMINFO }

  it('becomes a machine', () => {
    const dir = directory({ ...files, swaps: SWAPS, version: 'Linux version 6.6.13-1 (x)\n', 'sysctl.txt': SYSCTL })
    const r = resolveMachine({ machine: loadMachine(dir) })
    const standIn = 'reclaim follows the rules of 6.1; watermarks, overcommit and badness those of 6.6'
    expect(r).toMatchObject({ profile: '6.6', source: dir, warnings: [standIn] })
    expect(r.settings).toMatchObject({ 'vm.swappiness': '10', 'vm.min_free_kbytes': '5640' })
    expect(r.config).toMatchObject({ cpus: 2, totalRam: 503840 })
    expect(r.config.swap).toEqual([
      { pages: 124999, priority: -2, rotational: false, synchronous: false },
      { pages: 100000, priority: 5, rotational: false, synchronous: false },
      { pages: 25000, priority: 100, rotational: false, synchronous: true },
    ])
    const [node] = r.config.nodes
    expect(node).toMatchObject({ inactiveAnon: 1200, activeFile: 5000, unevictable: 7, slabReclaimable: 900 })
    // Marks without the boost of the moment; per-CPU lists summed.
    expect(node.zones[1]).toMatchObject({ min: 1400, low: 1750, high: 2100, pcpCount: 42, pcpHigh: 875, pcpBatch: 63 })
  })

  it('needs zoneinfo and meminfo only', () => {
    const r = resolveMachine({ machine: loadMachine(directory(files)) })
    expect(r).toMatchObject({ profile: '6.1', warnings: [] })
    // Nobody stated min_free_kbytes: the marks add up to 1410 pages.
    expect(r.settings['vm.min_free_kbytes']).toBe('5640')
    expect(r.minFree.from).toBe('marks')
    expect(r.config.swap).toEqual([{ pages: 249999, priority: -2, rotational: false, synchronous: false }])
    expect(() => loadMachine(directory({ meminfo: MEMINFO }))).toThrow(/zoneinfo: cannot be read/)
    expect(() => loadMachine(directory({ zoneinfo: ZONEINFO_6_1 }))).toThrow(/meminfo: cannot be read/)
  })

  it('adds up counters that old kernels keep by zone', () => {
    const dir = directory({ zoneinfo: ZONEINFO_4_6, meminfo: MEMINFO, version: 'Linux version 4.6.2' })
    const { config, profile } = resolveMachine({ machine: loadMachine(dir) })
    expect(profile).toBe('4.6')
    expect(config.nodes[0]).toMatchObject({ inactiveAnon: 605, activeAnon: 100, slabReclaimable: 4020 })
    expect(config.nodes[0].zones[0].protection).toEqual([0, 1900, 1900, 1900, 0])
  })
})
