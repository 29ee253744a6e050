/** A host made of files, and clocks that go as a test says. */

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { Clock } from '../../src/record/clock.js'
import { type HostFiles, openHost } from '../../src/record/host-files.js'
import { type RecorderOptions, type RecordingSummary, record } from '../../src/record/recorder.js'

export const BOOT = '8d1c22f0-6f0b-4d8e-9a51-33a1b3f0a001'
export const MEM_TOTAL_KB = 2_000_000
/** Seconds since 1970 at which the fake clock begins. */
export const EPOCH = 1_700_000_000

const ZONEINFO = `Node 0, zone    DMA32
  per-node stats
      nr_inactive_anon 1000
      nr_active_anon 200
      nr_slab_reclaimable 300
  pages free     90000
        boost    0
        min      5000
        low      6250
        high     7500
        spanned  510000
        present  505000
        managed  500000
        protection: (0, 0, 0, 0, 0)
      nr_free_pages 90000
  pagesets
    cpu: 0
              count: 10
              high:  378
              batch: 63
    cpu: 1
              count: 12
              high:  378
              batch: 63
Node 0, zone   Normal
  pages free     0
        min      0
        low      0
        high     0
        spanned  0
        present  0
        managed  0
        protection: (0, 0, 0, 0, 0)
`

export class FakeHost {
  readonly folder = mkdtempSync(join(tmpdir(), 'tidemark-record-'))
  mono = 1000
  epoch = EPOCH
  readonly clock: Clock = { mono: () => this.mono, epoch: () => this.epoch }
  readonly notes: string[] = []
  readonly vmstat: Record<string, number> = {
    nr_free_pages: 90_000,
    nr_mapped: 4000,
    nr_page_table_pages: 500,
    nr_dirty: 10,
    pgpgin: 1000,
    pgpgout: 2000,
    pswpin: 0,
    pswpout: 0,
    pgfree: 10_000,
    pgfault: 50_000,
    pgmajfault: 20,
    pgsteal_kswapd: 100,
    pgsteal_direct: 5,
    pgscan_kswapd: 200,
    pgscan_direct: 10,
    allocstall_dma32: 1,
    allocstall_normal: 2,
    oom_kill: 0,
  }
  readonly meminfo: Record<string, number> = {
    MemTotal: MEM_TOTAL_KB,
    MemFree: 360_000,
    MemAvailable: 900_000,
    Buffers: 4000,
    Cached: 500_000,
    'Active(anon)': 7,
    Active: 100_000,
    Inactive: 200_000,
    SwapTotal: 1_000_000,
    SwapFree: 900_000,
    Mapped: 16_000,
    PageTables: 2000,
    Committed_AS: 800_000,
  }

  constructor() {
    this.write('proc/version', 'Linux version 6.1.0-13-amd64 (builder@host) #1 SMP\n')
    this.write('proc/sys/kernel/hostname', 'web1\n')
    this.write('proc/sys/kernel/random/boot_id', `${BOOT}\n`)
    this.write('proc/sys/kernel/numa_balancing', '0\n')
    this.write('proc/sys/vm/swappiness', '35\n')
    this.write('proc/sys/vm/lowmem_reserve_ratio', '256\t256\t32\t0\t0\n')
    this.write('proc/sys/vm/min_free_kbytes', '20000\n')
    this.write('proc/sys/vm/stat_refresh', 'must not be read\n')
    this.write('proc/zoneinfo', ZONEINFO)
    this.write('proc/swaps', 'Filename\tType\tSize\tUsed\tPriority\n/dev/sda2 partition\t1000000\t100000\t-2\n')
    this.write('proc/self/mountinfo', this.mountinfo())
    this.pressure(0)
    this.write('sys/devices/system/cpu/online', '0-1\n')
    this.write('sys/devices/system/node/node0/cpulist', '0-1\n')
    this.write('sys/devices/system/node/node0/distance', '10\n')
    this.write('sys/kernel/mm/lru_gen/enabled', '0x0000\n')
    this.write('sys/kernel/mm/transparent_hugepage/enabled', 'always [madvise] never\n')
    this.write('sys/block/sda/size', '1000000\n')
    this.write('sys/block/loop0/size', '8\n')
    for (const disk of ['sys/block/sda', 'sys/dev/block/8:1']) this.queue(disk)
    // In a copy a partition is a folder below its disk, as in /sys/devices.
    this.queue('sys/class/block')
    this.write('sys/class/block/sda2/partition', '2\n')
    this.flush()
  }

  /** Writes a file of the host; its path has no slash at its beginning. */
  write(file: string, text: string): void {
    const path = join(this.folder, file)
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, text)
  }

  drop(file: string): void {
    rmSync(join(this.folder, file), { recursive: true })
  }

  private queue(disk: string): void {
    this.write(`${disk}/queue/rotational`, '1\n')
    this.write(`${disk}/queue/read_ahead_kb`, '512\n')
    this.write(`${disk}/queue/max_sectors_kb`, '1280\n')
  }

  private mountinfo(): string {
    return [
      '22 27 0:21 / /proc rw,relatime - proc proc rw',
      '27 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw',
      '31 27 0:27 / /sys/fs/cgroup rw,nosuid - cgroup2 cgroup2 rw',
      '',
    ].join('\n')
  }

  /** Memory stall time, microseconds. */
  pressure(total: number): void {
    this.write('proc/pressure/memory', `some avg10=0.00 avg60=0.00 avg300=0.00 total=${total}\n`)
    this.write('proc/pressure/io', 'some avg10=0.00 avg60=0.00 avg300=0.00 total=7\nfull avg10=0.00 total=3\n')
  }

  cgroup(path: string, current: number, max = 'max'): void {
    const folder = `sys/fs/cgroup${path}`
    this.write(`${folder}/memory.current`, `${current}\n`)
    this.write(`${folder}/memory.stat`, `anon ${current - 4096}\nfile 4096\npgscan 12\n`)
    this.write(`${folder}/memory.events`, 'low 0\nhigh 3\nmax 0\noom 0\noom_kill 0\n')
    this.write(`${folder}/memory.max`, `${max}\n`)
    this.write(`${folder}/memory.high`, 'max\n')
    this.write(`${folder}/memory.pressure`, 'some avg10=0.00 total=11\nfull avg10=0.00 total=5\n')
  }

  /** Puts counters and levels into the files. */
  flush(): void {
    const lines = (values: Record<string, number>, line: (name: string, value: number) => string): string =>
      Object.entries(values)
        .map(([name, value]) => `${line(name, value)}\n`)
        .join('')
    this.write(
      'proc/vmstat',
      lines(this.vmstat, (name, value) => `${name} ${value}`),
    )
    this.write(
      'proc/meminfo',
      lines(this.meminfo, (name, value) => `${`${name}:`.padEnd(16)}${String(value).padStart(8)} kB`),
    )
    this.write('proc/uptime', `${this.uptime.toFixed(2)} 99.00\n`)
  }

  /** Seconds that the host was suspended. */
  suspended = 0

  get uptime(): number {
    return this.mono + this.suspended
  }

  get files(): HostFiles {
    return openHost(this.folder)
  }

  /** Lets time go by. */
  pass(seconds: number): void {
    this.mono += seconds
    this.epoch += seconds
  }

  /**
   * Runs the recorder; `step` is called at each sample but the first, with its number, before it is taken.
   * @returns the summary
   */
  record(
    out: string,
    step: (n: number) => void,
    options: Partial<RecorderOptions> & { samples?: number } = {},
  ): Promise<RecordingSummary> {
    const { samples = 4, interval = 1, ...more } = options
    let n = 0
    this.flush()
    return record({
      host: this.files,
      out,
      interval,
      duration: (samples - 1) * interval,
      tool: 'tidemark test',
      note: (message) => this.notes.push(message),
      clock: this.clock,
      wait: async (seconds) => {
        this.pass(seconds)
        n++
        step(n)
        this.flush()
      },
      ...more,
    })
  }

  out(name: string): string {
    return join(this.folder, name)
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true })
  }
}
