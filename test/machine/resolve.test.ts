import { describe, expect, it } from 'vitest'
import { InputError, UsageError } from '../../src/base/errors.js'
import { machineFromJson, readMachineJson } from '../../src/machine/from-json.js'
import { machineFromTrace } from '../../src/machine/from-trace.js'
import { type ResolvedMachine, resolveMachine } from '../../src/machine/resolve.js'
import { recordedMachines } from './fixtures.js'

/** A recorded 256 MiB machine with the marks it booted with. */
const LAB = {
  kernel: 'Linux version 6.1.0-56-amd64 (x)',
  settings: { memory_mb: 256, swap_mb: 256, cpus: 2, nodes: 1, thp: 'never', disk: { iops: 3000, bps: 60000000 } },
  sysctl: {
    'vm.min_free_kbytes': '1794',
    'vm.watermark_scale_factor': '10',
    'vm.swappiness': '60',
    'vm.admin_reserve_kbytes': '6076',
    'vm.user_reserve_kbytes': '6076',
  },
  sysfs: {
    'disk/labswap/rotational': '1',
    'disk/labdata/read_ahead_kb': '128',
    '/sys/kernel/mm/swap/vma_ra_enabled': 'true',
    '/sys/kernel/debug/fault_around_bytes': '4096',
  },
  swaps: '/dev/vdb partition 262140 0 -2\n',
  meminfo: { MemTotal: 210456 },
  zones: [
    {
      node: 0,
      zone: 'DMA',
      managed: 3840,
      present: 3998,
      free: 3808,
      min: 34,
      low: 42,
      high: 50,
      protection: [0, 181, 181, 181, 181],
      counters: { nr_slab_reclaimable: 2488, nr_slab_unreclaimable: 1956, nr_active_file: 3, nr_inactive_anon: -2 },
      pagesets: [
        { cpu: 0, count: 0, high: 21, batch: 1 },
        { cpu: 1, count: 0, high: 21, batch: 1 },
      ],
    },
    {
      node: 0,
      zone: 'DMA32',
      managed: 48774,
      present: 61396,
      free: 41050,
      min: 413,
      low: 516,
      high: 619,
      protection: [0, 0, 0, 0, 0],
      counters: { nr_free_pages: 41050 },
      pagesets: [
        { cpu: 0, count: 53, high: 258, batch: 15 },
        { cpu: 1, count: 106, high: 258, batch: 15 },
      ],
    },
    { node: 0, zone: 'Normal', managed: 0, free: 0, min: 0, low: 0, high: 0, protection: [0, 0, 0, 0, 0] },
  ],
  costs_us: { touch: 0.5, minor_fault: 12, scan_page: 2.5, kswapd_wakeup: 500, io_latency: 300 },
  process: { anon_pages: 80 },
}
const lab = (change: object = {}) => machineFromJson({ ...LAB, ...change }, 'machine.json')
const zone = (r: ResolvedMachine, i: number, node = 0) => r.config.nodes[node].zones[i]
const marks = (r: ResolvedMachine) =>
  r.config.nodes.flatMap((n) => n.zones.map((z) => [z.min, z.low, z.high, z.pcpHigh]))

describe('a recorded machine', () => {
  const r = resolveMachine({ machine: lab() })

  it('is taken as recorded', () => {
    expect(zone(r, 0)).toEqual({
      name: 'DMA',
      managed: 3840,
      present: 3998,
      free: 3808,
      pcpCount: 0,
      min: 34,
      low: 42,
      high: 50,
      protection: [0, 181, 181, 181, 181],
      pcpHigh: 21,
      pcpBatch: 1,
    })
    expect(zone(r, 1)).toMatchObject({ free: 41050, pcpCount: 159, pcpHigh: 258, pcpBatch: 15 })
    expect(r.config.nodes[0]).toMatchObject({
      cpus: [0, 1],
      distance: [10],
      slabReclaimable: 2488,
      slabUnreclaimable: 1956,
      activeFile: 3,
      inactiveAnon: 0,
    })
    expect(r.config).toMatchObject({
      cpus: 2,
      swap: [{ pages: 65535, priority: -2, rotational: true, synchronous: false }],
      disk: { iops: 3000, bps: 60000000, latencyUs: 300, burstUs: 100000 },
      readaheadPages: 32,
      faultAroundPages: 1,
      vmaReadahead: true,
      totalRam: 52614,
      profile: '6.1',
      hz: 250,
    })
    // What the file leaves open has a default.
    expect(r.config.costs).toMatchObject({ touch: 0.5, minorFault: 12, readPage: 0.3, writePage: 0.5, scanPage: 2.5 })
    expect(r.config.process).toMatchObject({ anonPages: 80, filePages: 28 })
    expect(r.config.swapDisk).toEqual({ iops: 200000, bps: 2e9, latencyUs: 300 })
    expect(r.settings['vm.admin_reserve_kbytes']).toBe('6076')
    expect(r.minFree).toEqual({ from: 'recorded', boot: { sqrt: 1835, thp: null, used: 1835 } })
    expect(r.warnings).toEqual([])
  })

  it('keeps its marks when a setting repeats what was in force', () => {
    const same = resolveMachine({
      machine: lab(),
      set: { 'vm.min_free_kbytes': '1794', 'vm.watermark_scale_factor': '10', 'vm.lowmem_reserve_ratio': '256 256 32' },
    })
    expect(same.config.nodes).toEqual(r.config.nodes)
  })

  it.each([
    [{ 'vm.min_free_kbytes': '28336' }, [517, 646, 775, 323], [6566, 8207, 9848, 4103]],
    [{ 'vm.min_free_kbytes': '7084' }, [129, 161, 193, 80], [1641, 2051, 2461, 1025]],
    [{ 'vm.watermark_scale_factor': '100' }, [32, 70, 108, 35], [415, 902, 1389, 451]],
    [{ 'vm.watermark_scale_factor': '500' }, [32, 224, 416, 112], [415, 2853, 5291, 1426]],
  ])('has the marks that the kernel computed after %j', (set, dma, dma32) => {
    const changed = resolveMachine({ machine: lab(), set })
    expect(marks(changed)).toEqual([dma, dma32])
    expect(zone(changed, 0).protection).toEqual([0, 181, 181, 181, 181])
    expect(zone(changed, 1).pcpCount).toBe(159)
  })

  it('has a new protection, and the old marks, after vm.lowmem_reserve_ratio', () => {
    const changed = resolveMachine({ machine: lab(), set: { 'vm.lowmem_reserve_ratio': '128' } })
    expect(zone(changed, 0).protection).toEqual([0, 381, 381, 381, 381])
    expect(marks(changed)).toEqual(marks(r))
  })

  it('has other per-CPU lists, and the old marks, after vm.percpu_pagelist_high_fraction', () => {
    const changed = resolveMachine({ machine: lab(), set: { 'vm.percpu_pagelist_high_fraction': '8' } })
    expect(marks(changed)).toEqual([
      [34, 42, 50, 240],
      [413, 516, 619, 3048],
    ])
  })

  it('leaves the per-CPU lists alone before 5.14, whatever the marks', () => {
    const old = resolveMachine({ machine: lab({ kernel: '5.10.0-32' }), set: { 'vm.min_free_kbytes': '28336' } })
    expect(marks(old)).toEqual([
      [517, 646, 775, 21],
      [6566, 8207, 9848, 258],
    ])
  })

  it('adds up min_free_kbytes from marks where nobody stated it', () => {
    const r = resolveMachine({ machine: lab({ sysctl: {} }) })
    expect(r.minFree.from).toBe('marks')
    expect(r.settings['vm.min_free_kbytes']).toBe('1788')
    expect(marks(r)[1]).toEqual([413, 516, 619, 258])
  })

  it('gets computed marks where one zone has none', () => {
    const zones = [LAB.zones[0], { ...LAB.zones[1], low: undefined }]
    const r = resolveMachine({ machine: lab({ zones }) })
    expect(marks(r).map((m) => m[0])).toEqual([32, 415])
  })
})

describe('precedence', () => {
  const trace = machineFromTrace(
    {
      memory_mb: 512,
      swap_mb: 64,
      sysctl: { 'vm.swappiness': 70, 'vm.laptop_mode': 1 },
      files: { a: 1, b: 2 },
      sample: 0.25,
    },
    't.ndjson',
  )
  const options = { memory: '1G', swap: '2G', nodes: '2', cpus: '4' }

  it('is --set over --machine over the header over options', () => {
    const machine = machineFromJson(
      { memory_mb: 256, sysctl: { 'vm.swappiness': '80' }, settings: { files: { b: 3 } } },
      'm.json',
    )
    const r = resolveMachine({ machine, trace, options, set: { 'vm.page-cluster': '0' } })
    expect(r.config.totalRam).toBe(52614)
    expect(r.config.nodes).toHaveLength(1)
    expect(r.settings).toMatchObject({ 'vm.swappiness': '80', 'vm.laptop_mode': '1', 'vm.page-cluster': '0' })
    expect(r.files).toEqual({ a: 1, b: 3 })
    expect(r.config.swap[0].pages).toBe(64 * 256 - 1)
    expect(r.sampleSeconds).toBe(0.25)
    expect(r.source).toBe('m.json')
    expect(r.warnings).toEqual(['--memory 1G has no effect: the machine is that of m.json'])
    expect(resolveMachine({ machine, trace, set: { 'vm.swappiness': '5' } }).settings['vm.swappiness']).toBe('5')
  })

  it('takes the header where there is no machine file, options where the header is silent', () => {
    const r = resolveMachine({ trace, options })
    expect(r).toMatchObject({ source: 'header of t.ndjson', settings: { 'vm.swappiness': '70' } })
    expect(r.config).toMatchObject({ totalRam: 117030, faultAroundPages: 1 })
    expect(r.minFree.boot.thp).toBeNull()
    const silent = machineFromTrace({ files: { a: 1 } }, 't.ndjson')
    const two = resolveMachine({ trace: silent, options })
    expect(two).toMatchObject({ source: '--memory 1G, header of t.ndjson', files: { a: 1 }, warnings: [] })
    expect(two.config.nodes.map((n) => n.cpus)).toEqual([
      [0, 1],
      [2, 3],
    ])
  })

  it('adds costs alone to a machine that something else describes', () => {
    const machine = machineFromJson(
      { costs_us: { touch: 7 }, settings: { disk: { bps: 1e6, burst_us: 0 } } },
      'costs.json',
    )
    const r = resolveMachine({ machine, options: { memory: '1G' } })
    expect(r.config.costs.touch).toBe(7)
    expect(r.config.disk).toEqual({ iops: 0, bps: 1e6, latencyUs: 100, burstUs: 0 })
  })

  it('needs a memory size from somewhere', () => {
    expect(() => resolveMachine({})).toThrow(UsageError)
    expect(() => resolveMachine({ options: { swap: '1G' } })).toThrow(/nothing says how much memory/)
  })
})

describe('a machine of a given size', () => {
  it('boots with the defaults of the kernel', () => {
    const r = resolveMachine({ options: { memory: '16G', cpus: 8 } })
    expect(r.minFree).toMatchObject({ from: 'boot', boot: { thp: 67584, used: 67584 } })
    expect(r.settings).toMatchObject({
      'vm.min_free_kbytes': '67584',
      'vm.admin_reserve_kbytes': '8192',
      'vm.user_reserve_kbytes': '131072',
      'vm.lowmem_reserve_ratio': '256 256 32 0 0',
    })
    expect(r.config).toMatchObject({ faultAroundPages: 16, readaheadPages: 32, swap: [], profile: '6.1' })
    expect(r.config.disk).toEqual({ iops: 200000, bps: 2e9, latencyUs: 100 })
    expect(zone(r, 1).protection[2]).toBe(Math.floor(zone(r, 2).managed / 256))
    expect(zone(r, 2).pcpHigh).toBe(Math.floor(zone(r, 2).low / 8))
    expect(zone(r, 0).free).toBe(3808)
  })

  it('sets the reserves from what is free at boot', () => {
    const r = resolveMachine({ options: { memory: '256M' } })
    // (210456 − 16384) / 32; kernels had 6075 to 6084.
    expect(r.settings['vm.admin_reserve_kbytes']).toBe('6064')
    expect(r.settings['vm.user_reserve_kbytes']).toBe('6064')
  })

  it('takes a value of the machine file for one that somebody set', () => {
    const machine = machineFromJson({ memory_mb: 4096, sysctl: { 'vm.min_free_kbytes': 100000 } }, 'm.json')
    const r = resolveMachine({ machine })
    expect(r.minFree.from).toBe('recorded')
    const sum = r.config.nodes[0].zones.reduce((n, z) => n + z.min, 0)
    expect(Math.abs(sum - 25000)).toBeLessThan(3)
    expect(resolveMachine({ machine, set: { 'vm.min_free_kbytes': '5000' } }).minFree.from).toBe('set')
  })

  it('manages what MemTotal says', () => {
    const r = resolveMachine({ machine: machineFromJson({ meminfo: { MemTotal: 16300000 } }, 'm.json') })
    expect(r.config.totalRam).toBe(4075000)
    expect(r.config.nodes[0].zones.reduce((n, z) => n + z.managed, 0)).toBe(4075000)
  })

  it('must be possible; a file is to blame where a file stated it', () => {
    expect(() => resolveMachine({ options: { memory: '8M' } })).toThrow(UsageError)
    const trace = machineFromTrace({ memory_mb: 8 }, 't.ndjson')
    expect(() => resolveMachine({ trace })).toThrow(InputError)
    expect(() => resolveMachine({ trace })).toThrow(/t\.ndjson: 8192 KiB of memory is too small/)
  })

  it('holds in all no more than there is', () => {
    for (const memory of ['32M', '64M', '100M', '1G', '3G', '4G', '64G', '2T']) {
      for (const n of resolveMachine({ options: { memory, cpus: 4 } }).config.nodes) {
        const managed = n.zones.reduce((sum, z) => sum + z.managed, 0)
        const free = n.zones.reduce((sum, z) => sum + z.free, 0)
        expect(free).toBeGreaterThan(0)
        expect(free + n.slabReclaimable + n.slabUnreclaimable).toBeLessThan(managed)
      }
    }
  })
})

describe('nodes', () => {
  it('have the CPUs and distances that sysfs states', () => {
    const zones = [0, 1].map((node) => ({ node, zone: 'Normal', managed: 100000 }))
    const sysfs = {
      '/sys/devices/system/node/node0/distance': '10 21',
      '/sys/devices/system/node/node1/distance': '21 10',
      '/sys/devices/system/node/node0/cpulist': '0-1,4',
      '/sys/devices/system/node/node1/cpulist': '',
    }
    const r = resolveMachine({ machine: machineFromJson({ zones, sysfs, settings: { cpus: 3 } }, 'm.json') })
    expect(r.config.nodes.map((n) => [n.cpus, n.distance])).toEqual([
      [
        [0, 1, 4],
        [10, 21],
      ],
      [[], [21, 10]],
    ])
  })

  it('share CPUs evenly in order and stand 20 apart otherwise', () => {
    const r = resolveMachine({ options: { memory: '12G', nodes: 3, cpus: 8 } })
    expect(r.config.nodes.map((n) => n.cpus)).toEqual([
      [0, 1, 2],
      [3, 4, 5],
      [6, 7],
    ])
    expect(r.config.nodes[1].distance).toEqual([20, 10, 20])
  })
})

describe('kernels and the LRU', () => {
  it('names the profile and says where it is not the release', () => {
    expect(resolveMachine({ machine: lab({ kernel: '6.12.95+deb12' }) }).profile).toBe('6.12')
    const r = resolveMachine({ machine: lab({ kernel: '6.8.0-31-generic' }) })
    expect(r.profile).toBe('6.6')
    expect(r.warnings).toEqual([
      'Linux 6.8 is replayed by the rules of 6.6, the nearest older release known',
      'reclaim follows the rules of 6.1; watermarks, overcommit and badness those of 6.6',
    ])
    expect(resolveMachine({ machine: lab({ kernel: '6.1.0-56-amd64' }) }).warnings).toEqual([])
  })

  it('says so when the machine ran with the multi-generational LRU', () => {
    const on = resolveMachine({ machine: lab({ sysfs: { '/sys/kernel/mm/lru_gen/enabled': '0x0007' } }) })
    expect(on.lruGen).toBe(true)
    expect(on.warnings).toEqual(['recorded under the multi-generational LRU; replayed with the classic LRU'])
    expect(resolveMachine({ trace: machineFromTrace({ memory_mb: 256, lru_gen: true }, 't') }).lruGen).toBe(true)
    expect(resolveMachine({ machine: lab({ sysfs: { '/sys/kernel/mm/lru_gen/enabled': '0x0000' } }) }).lruGen).toBe(
      false,
    )
  })
})

describe('a trace header', () => {
  it('has the defaults of the trace format', () => {
    const m = machineFromTrace({ memory_mb: 256, write: { '/swapq/rotational': 1 } }, 't')
    expect(m).toMatchObject({ thp: 'never', faultAroundBytes: 4096, sysfs: { 'disk/labswap/rotational': '1' } })
    expect(resolveMachine({ trace: { ...m, swapKb: 4096 } }).config.swap[0].rotational).toBe(true)
    expect(() => machineFromTrace({ memory_mb: 'x' }, 't.ndjson')).toThrow(/t\.ndjson: bad value of machine\.memory_mb/)
    expect(() => machineFromTrace({ sysctl: { 'vm.swappiness': true } }, 't')).toThrow(
      /machine\.sysctl\["vm\.swappiness"\]/,
    )
  })
})

const machines = recordedMachines()
describe.skipIf(Object.keys(machines).length === 0)('every recorded machine', () => {
  it('resolves to what it recorded', () => {
    for (const [name, path] of Object.entries(machines)) {
      const m = readMachineJson(path)
      const r = resolveMachine({ machine: m })
      const found = m.zones?.filter((z) => z.managed > 0) ?? []
      expect(marks(r), name).toEqual(
        found.map((z) => [
          z.min,
          z.low,
          z.high,
          Math.round((z.pagesets?.reduce((n, p) => n + p.high, 0) ?? 0) / r.config.cpus),
        ]),
      )
      expect(r.config.nodes.flatMap((n) => n.zones.map((z) => z.protection))).toEqual(found.map((z) => z.protection))
      for (const [key, text] of Object.entries(r.settings)) {
        if (m.sysctl?.[key] !== undefined) expect(text).toBe(m.sysctl[key].replaceAll('\t', ' '))
      }
      for (const n of r.config.nodes) {
        const { free, managed } = n.zones.reduce(
          (sum, z) => ({ free: sum.free + z.free + z.pcpCount, managed: sum.managed + z.managed }),
          { free: 0, managed: 0 },
        )
        const lists = n.inactiveAnon + n.activeAnon + n.inactiveFile + n.activeFile + n.unevictable
        expect(free + lists + n.slabReclaimable + n.slabUnreclaimable, name).toBeLessThan(managed)
      }
    }
  })
})
