import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { InputError } from '../../src/base/errors.js'
import { machineFromJson } from '../../src/machine/from-json.js'
import { loadMachine } from '../../src/machine/load.js'
import { directory } from './fixtures.js'

const read = (document: unknown) => machineFromJson(document, 'm.json')
const ZONE = { node: 0, zone: 'DMA32', managed: 48774, free: 40000, min: 413, low: 516, high: 619 }

describe('a machine file', () => {
  it('takes the layout of recordings', () => {
    const m = read({
      kernel: 'Linux version 6.1.0-56-amd64 (x) #1 SMP',
      cmdline: 'quiet',
      settings: {
        memory_mb: 256,
        swap_mb: 256,
        cpus: 2,
        nodes: 1,
        lru_gen: true,
        thp: 'never',
        fault_around_bytes: 4096,
        sysctl: { 'vm.swappiness': 60, 'vm.laptop_mode': 1 },
        files: { big: 50000 },
        disk: { iops: 3000, bps: 60000000 },
        sample: 0.5,
        ftrace: [],
      },
      sysctl: { 'vm.swappiness': '61' },
      sysfs: { 'disk/labswap/rotational': '1' },
      swaps: 'Filename Type Size Used Priority\n/dev/vdb partition 262140 0 -2\n',
      meminfo: { MemTotal: 210456 },
      zones: [{ ...ZONE, counters: { nr_active_anon: -1 }, pagesets: [{ cpu: 0, count: 3, high: 258, batch: 15 }] }],
      costs_us: { touch: 0.5, scan_page: 2.5 },
      process: { anon_pages: 84 },
    })
    expect(m).toMatchObject({
      source: 'm.json',
      kernel: 'Linux version 6.1.0-56-amd64 (x) #1 SMP',
      memoryKb: 262144,
      cpus: 2,
      nodes: 1,
      lruGen: true,
      thp: 'never',
      faultAroundBytes: 4096,
      // What was in force wins over what had been asked for.
      sysctl: { 'vm.swappiness': '61', 'vm.laptop_mode': '1' },
      files: { big: 50000 },
      disk: { iops: 3000, bps: 60000000 },
      sample: 0.5,
      swaps: [{ name: '/dev/vdb', pages: 65535, priority: -2 }],
      meminfo: { MemTotal: 210456 },
      costsUs: { touch: 0.5, scan_page: 2.5 },
      process: { anon_pages: 84 },
    })
    expect(m.zones?.[0]).toMatchObject({ ...ZONE, counters: { nr_active_anon: -1 } })
    expect(m.zones?.[0].pagesets).toEqual([{ cpu: 0, count: 3, high: 258, batch: 15 }])
  })

  it('takes short files written by hand', () => {
    expect(read({ memory_mb: 4096, swap_mb: 1024 })).toMatchObject({ memoryKb: 4194304, swapKb: 1048576 })
    const m = read({ settings: { memory_mb: 4096 }, sysctl: { 'vm.swappiness': 10 } })
    expect(m).toMatchObject({ memoryKb: 4194304, sysctl: { 'vm.swappiness': '10' } })
    expect(read({ swaps: [{ size_kb: 4096 }, { pages: 7, priority: 3, name: '/dev/zram0' }] }).swaps).toEqual([
      { name: undefined, pages: 1024, priority: -2 },
      { name: '/dev/zram0', pages: 7, priority: 3 },
    ])
    expect(read({ memory_mb: null, costs_us: null })).toMatchObject({ source: 'm.json' })
  })

  it.each([
    [[], /m\.json: the document is not an object \(expected an object, found "a list"\)/],
    [{ settings: 4 }, /settings is not an object/],
    [{ settings: { memory_mb: '256' } }, /bad value of settings\.memory_mb \(expected a number >= 1/],
    [{ memory_mb: -1 }, /bad value of memory_mb/],
    [{ settings: { cpus: 1.5 } }, /settings\.cpus \(expected a whole number/],
    [{ settings: { thp: 'sometimes' } }, /settings\.thp \(expected always, madvise, never/],
    [{ settings: { lru_gen: 'yes' } }, /settings\.lru_gen \(expected true or false/],
    [{ settings: { files: { 'my file': 'x' } } }, /settings\.files\["my file"\]/],
    [{ settings: { disk: { iops: -3 } } }, /settings\.disk\.iops/],
    [
      { sysctl: { 'vm.swappiness': [60] } },
      /sysctl\["vm\.swappiness"\] \(expected a string or a number, found "a list"/,
    ],
    [{ zones: {} }, /bad value of zones \(expected a list/],
    [{ zones: [ZONE, 3] }, /zones\[1\] is not an object/],
    [{ zones: [{ ...ZONE, zone: 'HighMem' }] }, /zones\[0\]\.zone/],
    [{ zones: [ZONE, ZONE] }, /zones\[1\]\.zone \(expected each zone of a node once/],
    [{ zones: [{ node: 0, zone: 'DMA' }] }, /zones\[0\]\.managed/],
    [{ zones: [{ ...ZONE, protection: [0, 'x'] }] }, /zones\[0\]\.protection/],
    [{ zones: [{ ...ZONE, pagesets: [{ high: null, batch: 'x' }] }] }, /zones\[0\]\.pagesets\[0\]\.batch/],
    [{ meminfo: { MemTotal: '210456 kB' } }, /meminfo\.MemTotal/],
    [{ costs_us: { touch: -0.5 } }, /costs_us\.touch \(expected a number >= 0/],
    [{ kernel: 6.1 }, /bad value of kernel \(expected a string/],
    [{ swaps: 'Filename\nnonsense\n' }, /m\.json \(swaps\):2: not a line of \/proc\/swaps/],
    [{ swaps: [{ priority: 1 }] }, /swaps\[0\]\.pages/],
  ])('names the field that is wrong: %j', (document, message) => {
    expect(() => read(document)).toThrow(InputError)
    expect(() => read(document)).toThrow(message)
  })

  it('may lie in the directory of its recording', () => {
    const dir = directory({ 'machine.json': '{"memory_mb": 64}' })
    expect(loadMachine(dir)).toMatchObject({ source: join(dir, 'machine.json'), memoryKb: 65536 })
  })

  it('says what a file is that cannot be read', () => {
    const dir = directory({ 'bad.json': '{"zones": [', 'list.json': '[]' })
    expect(() => loadMachine(join(dir, 'bad.json'))).toThrow(/bad\.json: not JSON/)
    expect(() => loadMachine(join(dir, 'list.json'))).toThrow(/list\.json: the document is not an object/)
    expect(() => loadMachine(join(dir, 'none.json'))).toThrow(/none\.json: cannot be read/)
  })
})
