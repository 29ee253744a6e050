import { readFileSync, writeFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { inspectInput, type SeriesInspection } from '../../src/ingest/inspect.js'
import { openInput, openInputs } from '../../src/ingest/registry.js'
import { loadMachine } from '../../src/machine/load.js'
import { resolveMachine } from '../../src/machine/resolve.js'
import { failure, type PlainSeries, plainSeries } from '../ingest/helpers.js'
import { EPOCH, FakeHost, MEM_TOTAL_KB } from './fake-host.js'

let host: FakeHost
beforeEach(() => {
  host = new FakeHost()
})
afterEach(() => host.remove())

async function series(path: string): Promise<PlainSeries> {
  const opened = await openInput(path)
  if (opened.kind !== 'series') throw new Error('not a series')
  return plainSeries(opened)
}

function lines(path: string): Record<string, unknown>[] {
  return readFileSync(path, 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line))
}

const codes = (read: PlainSeries): string[] => read.issues.map(({ code }) => code)

describe('a recording', () => {
  it.each(['r.ndjson', 'r.ndjson.gz'])(
    '%s gives the differences of counters and the levels of each interval',
    async (name) => {
      const out = host.out(name)
      const summary = await host.record(out, (n) => {
        host.vmstat.pgfault += 100 * n
        host.vmstat.pgscan_kswapd += 32
        host.vmstat.pgsteal_kswapd += 16
        host.vmstat.allocstall_normal += n
        host.vmstat.nr_free_pages -= 500
        host.meminfo.MemAvailable -= 4000
        host.pressure(n * 1000)
      })
      expect(summary).toMatchObject({ path: out, samples: 4, seconds: 3, bytes: readFileSync(out).length })
      const read = await series(out)
      expect(read.t).toEqual([1, 2, 3])
      expect(read.dt).toEqual([1, 1, 1])
      expect(read.segment).toEqual([0, 0, 0])
      expect(read.columns).toMatchObject({
        pgfault: [100, 200, 300],
        pgscan_kswapd: [32, 32, 32],
        pgsteal_kswapd: [16, 16, 16],
        pgsteal: [16, 16, 16],
        pgscan_direct: [0, 0, 0],
        allocstall: [1, 2, 3],
        nr_free_pages: [89_500, 89_000, 88_500],
        mem_available: [224_000, 223_000, 222_000],
        mem_total: [MEM_TOTAL_KB / 4, MEM_TOTAL_KB / 4, MEM_TOTAL_KB / 4],
        swap_total: [250_000, 250_000, 250_000],
        swap_used: [25_000, 25_000, 25_000],
        committed: [200_000, 200_000, 200_000],
      })
      expect(read.issues).toEqual([])
      expect(read.meta).toMatchObject({
        format: 'recording',
        host: 'web1',
        kernel: '6.1.0-13-amd64',
        tool: 'tidemark test',
        cpus: 2,
        startEpoch: EPOCH,
      })
      const inspected = (await inspectInput(out)) as SeriesInspection
      expect(inspected).toMatchObject({
        samples: 3,
        snapshots: 4,
        sessions: 1,
        boots: 1,
        times: [EPOCH, EPOCH + 3],
        delta: { pgscan_kswapd: 96, pgsteal: 48, allocstall: 6 },
        pressure_us: { 'memory.some': 3000, 'io.some': 0, 'io.full': 0 },
      })
    },
  )

  it('brings its machine along', async () => {
    const out = host.out('r.ndjson')
    await host.record(out, () => {})
    expect(host.notes).toEqual([])
    const zipped = host.out('r.ndjson.gz')
    await host.record(zipped, () => {})
    for (const path of [out, zipped]) {
      const machine = loadMachine(path)
      expect(machine).toMatchObject({
        source: path,
        kernel: 'Linux version 6.1.0-13-amd64 (builder@host) #1 SMP',
        cpus: 2,
        sysctl: { 'vm.swappiness': '35', 'vm.min_free_kbytes': '20000' },
        swaps: [{ name: '/dev/sda2', pages: 250_000, priority: -2 }],
      })
      expect(machine.sysctl).not.toHaveProperty('vm.stat_refresh')
      expect(machine.zones?.[0]).toMatchObject({
        zone: 'DMA32',
        managed: 500_000,
        low: 6250,
        protection: [0, 0, 0, 0, 0],
      })
      expect(machine.zones?.[0].pagesets).toHaveLength(2)
      const resolved = resolveMachine({ machine })
      expect(resolved.settings['vm.swappiness']).toBe('35')
      expect(resolved.config.readaheadPages).toBe(128)
      expect(resolved.config.swap).toMatchObject([{ pages: 250_000, rotational: true }])
      expect(resolved.config.nodes[0].inactiveAnon).toBe(1000)
      expect(resolved.warnings).toEqual([])
    }
    const header = lines(out)[0] as { machine: { sysfs: Record<string, string> }; page_size: number }
    expect(header.page_size).toBe(4096)
    expect(header.machine.sysfs).toMatchObject({
      '/sys/kernel/mm/lru_gen/enabled': '0x0000',
      '/sys/kernel/mm/transparent_hugepage/enabled': 'always [madvise] never',
      '/sys/block/sda/queue/max_sectors_kb': '1280',
      '/sys/devices/system/node/node0/distance': '10',
      '/proc/sys/kernel/numa_balancing': '0',
      'disk/data/read_ahead_kb': '512',
      'disk/swap/rotational': '1',
    })
    expect(Object.keys(header.machine.sysfs).some((name) => name.includes('loop'))).toBe(false)
  })

  it('counts in pages of the size that the host has', async () => {
    host.meminfo.PageTables = 500 * 64
    const out = host.out('r.ndjson')
    await host.record(out, () => {})
    expect(lines(out)[0].page_size).toBe(65_536)
    expect((await series(out)).columns.mem_total?.[0]).toBe(MEM_TOTAL_KB / 64)
  })

  it('holds only what changed, and everything again after 300 samples', async () => {
    const out = host.out('r.ndjson')
    await host.record(
      out,
      () => {
        host.vmstat.pgfault += 7
      },
      { samples: 302 },
    )
    const all = lines(out)
    const pgfault = Object.keys(host.vmstat).indexOf('pgfault')
    expect(all[2]).toEqual({ n: 1, t: 1, vmstat: [pgfault, 7] })
    expect(Object.keys(all[301])).toEqual(['n', 't', 'e', 'vmstat', 'meminfo', 'pressure', 'zones'])
    expect(all[301].vmstat).toEqual({ ...host.vmstat, pgfault: 50_000 + 300 * 7 })
    expect((await series(out)).columns.pgfault).toEqual(new Array(301).fill(7))
  })

  it('reads zones every ten seconds', async () => {
    const out = host.out('r.ndjson')
    await host.record(
      out,
      (n) => {
        host.write('proc/zoneinfo', `Node 0, zone    DMA32\n  pages free     ${90_000 - n}\n        low      6250\n`)
      },
      { samples: 13 },
    )
    const changes = lines(out).filter(({ zones }) => zones !== undefined)
    expect(changes.map(({ n, zones }) => [n, zones])).toEqual([
      [
        0,
        {
          '0/DMA32.free': 90_000,
          '0/DMA32.boost': 0,
          '0/DMA32.min': 5000,
          '0/DMA32.low': 6250,
          '0/DMA32.high': 7500,
          '0/Normal.free': 0,
          '0/Normal.min': 0,
          '0/Normal.low': 0,
          '0/Normal.high': 0,
        },
      ],
      [10, { '0/DMA32.free': 89_990, '0/DMA32.low': 6250 }],
    ])
  })

  it('goes on when names come and go', async () => {
    const out = host.out('r.ndjson')
    await host.record(out, (n) => {
      host.vmstat.pgfault += 10
      if (n === 2) host.vmstat.thp_fault_alloc = 3
      if (n === 3) delete host.vmstat.nr_dirty
    })
    const read = await series(out)
    expect(read.columns.pgfault).toEqual([10, 10, 10])
    expect(read.columns.nr_dirty).toEqual([10, 10, Number.NaN])
    expect(read.issues).toEqual([])
  })
})

describe('cgroups', () => {
  it('are recorded while they are there', async () => {
    host.cgroup('/web', 100_000, '500000')
    const out = host.out('r.ndjson')
    await host.record(
      out,
      (n) => {
        if (n === 1) host.cgroup('/web', 104_096, '500000')
        if (n === 2) host.cgroup('/late', 50_000)
        if (n === 3) host.drop('sys/fs/cgroup/web')
      },
      { cgroups: ['web', '/sys/fs/cgroup/late/'] },
    )
    const [header, first, second, third, last] = lines(out)
    expect((header.machine as Record<string, unknown>).cgroups).toEqual({
      '/web': { 'memory.high': 'max', 'memory.max': '500000' },
    })
    expect(first['cgroup:/web']).toEqual({
      current: 100_000,
      'stat.anon': 95_904,
      'stat.file': 4096,
      'stat.pgscan': 12,
      'events.low': 0,
      'events.high': 3,
      'events.max': 0,
      'events.oom': 0,
      'events.oom_kill': 0,
      'pressure.some': 11,
      'pressure.full': 5,
      high: -1,
      max: 500_000,
    })
    expect(second['cgroup:/web']).toEqual([0, 4096, 1, 4096])
    expect(third['cgroup:/late']).toMatchObject({ current: 50_000, max: -1 })
    expect(last['cgroup:/web']).toBe(null)
    expect(host.notes).toEqual([
      'no cgroup /late with the memory controller: it is recorded as soon as it is there',
      'no cgroup /web with the memory controller: it is recorded as soon as it is there',
    ])
    expect(((await inspectInput(out)) as SeriesInspection).cgroups).toEqual(['/web', '/late'])
  })

  it('must have a path, and cgroup v2', async () => {
    const bad = host.record(host.out('r.ndjson'), () => {}, { cgroups: ['/web/../../etc'] })
    await expect(bad).rejects.toThrow('--cgroup /web/../../etc: expected a path such as /system.slice/nginx.service')
    host.write('proc/self/mountinfo', '27 1 8:1 / / rw,relatime - ext4 /dev/sda1 rw\n')
    await host.record(host.out('r.ndjson'), () => {}, { cgroups: ['/web'] })
    expect(host.notes).toEqual(['cgroup v2 is not mounted: no cgroups are recorded'])
  })
})

describe('what cannot be read', () => {
  it('is said once and left out', async () => {
    for (const file of ['proc/pressure', 'proc/zoneinfo', 'proc/swaps', 'proc/sys', 'proc/self', 'proc/uptime', 'sys'])
      host.drop(file)
    const out = host.out('r.ndjson')
    await host.record(out, () => {
      host.vmstat.pgfault++
    })
    expect(host.notes).toEqual([
      'no /proc/zoneinfo: the machine is described without its zones',
      'no /proc/swaps: the machine is described without swap',
      'no /proc/sys/vm: the settings are taken to be the defaults of the kernel',
      'no /proc/pressure (kernel before 4.20, or booted with psi=0): stall times are not recorded',
      'no /proc/zoneinfo: free pages are not recorded by zone',
    ])
    const read = await series(out)
    expect(read.columns.pgfault).toEqual([1, 1, 1])
    expect(resolveMachine({ machine: loadMachine(out) }).config.totalRam).toBe(MEM_TOTAL_KB / 4)
  })

  it('is an error where it is /proc/vmstat', async () => {
    host.drop('proc/vmstat')
    expect(() => host.files).toThrow('/vmstat: cannot be read (expected the counters of a Linux kernel)')
  })

  it('is told where /proc/meminfo is a container’s', async () => {
    host.meminfo.MemTotal = 100_000
    await host.record(host.out('r.ndjson'), () => {})
    expect(host.notes).toEqual([
      "/proc/meminfo says 100000 kB of memory, the zones of /proc/zoneinfo 2000000 kB: one of them is not the host's",
    ])
  })
})

describe('time', () => {
  it('is that of the sample, however late it comes', async () => {
    const out = host.out('r.ndjson')
    const summary = await host.record(
      out,
      (n) => {
        if (n === 2) host.pass(3.4)
        host.vmstat.pgfault += 10
      },
      { duration: 8 },
    )
    expect(summary.samples).toBe(6)
    const read = await series(out)
    expect(read.t).toEqual([1, 5.4, 6, 7, 8])
    expect(read.dt.map((dt) => Number(dt.toFixed(6)))).toEqual([1, 4.4, 0.6, 1, 1])
    expect(read.issues.map(({ code, message }) => [code, message])).toEqual([
      ['late-samples', '1 intervals are longer than the 1 s asked for, up to 4.4 s: samples came late, or are missing'],
    ])
  })

  it('of a suspension belongs to no interval', async () => {
    const out = host.out('r.ndjson')
    await host.record(
      out,
      (n) => {
        if (n !== 2) return
        host.suspended += 3600
        host.epoch += 3600
      },
      { samples: 5 },
    )
    const read = await series(out)
    expect(read.t).toEqual([1, 3602, 3603, 3604])
    expect(read.dt).toEqual([1, 1, 1, 1])
    expect(read.issues.map(({ code, message }) => [code, message])).toEqual([
      ['gap', '3600 s before this interval of 1 s are missing'],
    ])
  })

  it('goes on when the clock is set', async () => {
    const out = host.out('r.ndjson')
    await host.record(out, (n) => {
      if (n === 2) host.epoch -= 7200
    })
    const read = await series(out)
    expect(read.t).toEqual([1, 2, 3])
    expect(read.issues.map(({ code, message }) => [code, message])).toEqual([
      ['clock-step', 'the clock was set back by 7200.0 s; times go on from the first header'],
    ])
    expect(lines(out)[3].e).toBe(EPOCH + 2 - 7200)
  })

  it('ends with a sample at the end of the duration, and with one when it is stopped', async () => {
    const cut = await host.record(host.out('a.ndjson'), () => {}, { duration: 2.5 })
    expect(cut).toMatchObject({ samples: 4, seconds: 2.5 })
    const stop = new AbortController()
    const stopped = await host.record(host.out('b.ndjson'), () => stop.abort(), {
      duration: undefined,
      signal: stop.signal,
    })
    expect(stopped).toMatchObject({ samples: 2, seconds: 1 })
  })
})

describe('counters that fall', () => {
  it('are not hidden', async () => {
    host.vmstat.pgfault = 2 ** 32 - 10
    const out = host.out('r.ndjson')
    await host.record(out, (n) => {
      if (n === 1) host.vmstat.pgfault = 20
      if (n === 2) host.vmstat.pgscan_kswapd -= 50
    })
    const read = await series(out)
    expect(read.columns.pgfault).toEqual([30, 0, 0])
    expect(read.columns.pgscan_kswapd).toEqual([0, 0, 0])
    expect(codes(read)).toEqual(['counter-wrapped', 'counter-fell'])
  })
})

describe('--append', () => {
  it.each(['r.ndjson', 'r.ndjson.gz'])('%s goes on in the same boot', async (name) => {
    const out = host.out(name)
    const step = (): void => {
      host.vmstat.pgfault += 5
    }
    await host.record(out, step)
    host.pass(57)
    host.vmstat.pgfault += 100
    await host.record(out, step, { append: true })
    const read = await series(out)
    expect(read.t).toEqual([1, 2, 3, 60, 61, 62, 63])
    expect(read.dt).toEqual([1, 1, 1, 57, 1, 1, 1])
    expect(read.columns.pgfault).toEqual([5, 5, 5, 100, 5, 5, 5])
    expect(read.segment).toEqual([0, 0, 0, 0, 0, 0, 0])
    expect(codes(read)).toEqual(['recorder-stopped'])
  })

  it.each(['r.ndjson', 'r.ndjson.gz'])('%s begins a segment after a restart', async (name) => {
    const out = host.out(name)
    await host.record(out, () => {})
    host.pass(100)
    host.mono = 20
    host.write('proc/sys/kernel/random/boot_id', 'another\n')
    for (const counter of Object.keys(host.vmstat)) host.vmstat[counter] = 1000
    host.meminfo.MemTotal *= 2
    await host.record(
      out,
      () => {
        host.vmstat.pgfault += 9
      },
      { append: true },
    )
    const read = await series(out)
    expect(read.t).toEqual([1, 2, 3, 104, 105, 106])
    expect(read.segment).toEqual([0, 0, 0, 1, 1, 1])
    expect(read.columns.pgfault).toEqual([0, 0, 0, 9, 9, 9])
    expect(codes(read)).toEqual(['machine-changed'])
    const inspected = (await inspectInput(out)) as SeriesInspection
    expect(inspected).toMatchObject({ sessions: 2, boots: 2, segments: 2, delta: { pgfree: 0 } })
  })

  it('makes a new file, and ends a line that was cut off', async () => {
    const out = host.out('r.ndjson')
    await host.record(out, () => {}, { append: true })
    const text = readFileSync(out, 'utf8')
    host.write('r.ndjson', text.slice(0, -5))
    await host.record(out, () => {}, { append: true })
    const read = await series(out)
    expect(codes(read)).toEqual(['recorder-stopped', 'cut-line'].sort())
    expect(read.t).toEqual([1, 2, 3, 4, 5, 6])
  })

  it.each([
    ['something else', 'sar.txt', 'Linux 6.1.0 (web1)\n', 'is no recording of tidemark'],
    ['another host', 'r.ndjson', '{"recording":"tidemark/1","host":"db1"}\n', 'was recorded on db1, this is web1'],
    [
      'another version',
      'r.ndjson',
      '{"recording":"tidemark/9"}\n',
      'has format tidemark/9, this tidemark writes tidemark/1',
    ],
    ['a name that lies', 'r.ndjson.gz', '{"recording":"tidemark/1"}\n', 'named .gz, but holds no gzip data'],
  ])('refuses %s', async (_, name, text, message) => {
    host.write(name, text)
    await expect(host.record(host.out(name), () => {}, { append: true })).rejects.toThrow(message)
    expect(readFileSync(host.out(name), 'utf8')).toBe(text)
  })

  it('refuses gzip data that is damaged', async () => {
    const out = host.out('r.ndjson.gz')
    await host.record(out, () => {})
    const bytes = readFileSync(out)
    host.drop('r.ndjson.gz')
    writeFileSync(out, bytes.subarray(0, bytes.length - 6))
    const { code, message } = await failure(host.record(out, () => {}, { append: true }))
    expect([code, message]).toEqual(['TM_INPUT_SYNTAX', expect.stringContaining('the file is cut off')])
  })
})

describe('several files', () => {
  it('join as one series', async () => {
    const [a, b] = [host.out('a.ndjson'), host.out('b.ndjson.gz')]
    await host.record(a, () => {
      host.vmstat.pgfault += 5
    })
    host.pass(0.5)
    await host.record(b, () => {
      host.vmstat.pgfault += 6
    })
    const joined = await openInputs([b, a])
    if (joined.kind !== 'series') throw new Error('not a series')
    const read = await plainSeries(joined)
    expect(read.t).toEqual([1, 2, 3, 4.5, 5.5, 6.5])
    expect(read.columns.pgfault).toEqual([5, 5, 5, 6, 6, 6])
    expect(read.meta.machine).toMatchObject({ cpus: 2 })
    expect(gunzipSync(readFileSync(b)).toString()).toContain('"recording":"tidemark/1"')
  })
})
