/** This host as a machine document: what machine.json holds, read from /proc and /sys. */

import { InputError } from '../base/errors.js'
import { parseMeminfo } from '../machine/from-proc.js'
import type { MachineZone } from '../machine/machine.js'
import { parseProcSwaps } from '../machine/proc-swaps.js'
import { parseZoneinfo } from '../machine/zoneinfo.js'
import type { MachineDocument } from '../trace/recording-format.js'
import { cgroupLimits } from './cgroup.js'
import { diskFacts } from './disks.js'
import type { HostFiles } from './host-files.js'

/** Settings of memory management outside /proc/sys/vm (Documentation/admin-guide/mm). */
const SYSFS = [
  '/sys/kernel/mm/lru_gen/enabled',
  '/sys/kernel/mm/lru_gen/min_ttl_ms',
  '/sys/kernel/mm/transparent_hugepage/enabled',
  '/sys/kernel/mm/transparent_hugepage/defrag',
  '/sys/kernel/mm/transparent_hugepage/shmem_enabled',
  '/sys/kernel/mm/transparent_hugepage/hpage_pmd_size',
  '/sys/kernel/mm/swap/vma_ra_enabled',
  '/sys/kernel/mm/ksm/run',
  '/sys/kernel/mm/numa/demotion_enabled',
  '/sys/kernel/debug/fault_around_bytes',
  '/sys/module/zswap/parameters/enabled',
  '/sys/module/zswap/parameters/compressor',
  '/sys/module/zswap/parameters/max_pool_percent',
  '/proc/sys/kernel/numa_balancing',
]

/** Files that do something when they are read or written, rather than hold a setting. */
const TRIGGERS = new Set(['compact_memory', 'drop_caches', 'stat_refresh'])

/** Page sizes of Linux, kB. */
const PAGE_KB = [4, 8, 16, 32, 64]
/** How far MemTotal may be from the pages of the zones: those change while memory is freed at boot, or added. */
const TOTAL_TOLERANCE = 0.05

export interface DescribeOptions {
  host: HostFiles
  /** Where cgroup v2 is mounted, and the cgroups whose limits are wanted. */
  cgroups?: { mount: string; paths: readonly string[] }
  /** Told what could not be read and what is missing for it. */
  note(message: string): void
}

/** Reads the description. What cannot be read is left out and noted. */
export function describeMachine({ host, cgroups, note }: DescribeOptions): MachineDocument {
  const attempt = <T>(file: string, parse: (text: string) => T, without: string): T | undefined => {
    const text = host.text(file)
    try {
      if (text !== undefined) return parse(text)
      note(`no ${file}: ${without}`)
    } catch (error) {
      if (!(error instanceof InputError)) throw error
      note(`${error.message}: ${without}`)
    }
    return undefined
  }
  const zones = attempt(
    '/proc/zoneinfo',
    (text) => parseZoneinfo(text, '/proc/zoneinfo'),
    'the machine is described without its zones',
  )
  const meminfo = attempt(
    '/proc/meminfo',
    (text) => parseMeminfo(text, '/proc/meminfo'),
    'the machine is described without its sizes',
  )
  // Without swap the file holds its headings only; a kernel built without swap has no such file.
  const swaps = host.text('/proc/swaps') ?? ''
  const areas = attempt(
    '/proc/swaps',
    (text) => parseProcSwaps(text, '/proc/swaps'),
    'the machine is described without swap',
  )
  const pageBytes = pageSize(host, meminfo)
  const contradiction = meminfo && zones && checkTotal(meminfo, zones, pageBytes / 1024)
  if (contradiction !== undefined) note(contradiction)
  const sysctl = readSysctls(host)
  if (Object.keys(sysctl).length === 0) note('no /proc/sys/vm: the settings are taken to be the defaults of the kernel')
  const document: MachineDocument = {
    kernel: host.value('/proc/version'),
    cpus: countList(host.value('/sys/devices/system/cpu/online')),
    page_size: pageBytes,
    zones,
    meminfo,
    swaps: areas === undefined ? undefined : swaps,
    sysctl,
    sysfs: {
      ...readSysfs(host),
      ...diskFacts(
        host,
        (areas ?? []).map(({ name }) => name ?? ''),
      ),
    },
    cgroups: cgroups && limitsOf(host, cgroups),
  }
  return Object.fromEntries(Object.entries(document).filter(([, value]) => value !== undefined))
}

/** A number of pages in /proc/vmstat and the same in kB in /proc/meminfo, also inside containers that see other sizes. */
const SAME_PAGES = [
  ['nr_page_table_pages', 'PageTables'],
  ['nr_mapped', 'Mapped'],
] as const

/** Bytes of a page, which no file says for the whole host; 4096 where nothing tells. */
function pageSize(host: HostFiles, meminfo: Record<string, number> | undefined): number {
  const vmstat = host.text('/proc/vmstat') ?? ''
  for (const [counter, name] of SAME_PAGES) {
    const pages = Number(new RegExp(`^${counter} (\\d+)$`, 'm').exec(vmstat)?.[1])
    const kb = meminfo?.[name]
    if (!(pages > 0) || !kb) continue
    const distance = (size: number): number => Math.abs(Math.log(kb / pages / size))
    return 1024 * PAGE_KB.reduce((best, size) => (distance(size) < distance(best) ? size : best))
  }
  return 4096
}

/** Container runtimes may show the limits of a container as the memory of the host; the counters are the host's. */
function checkTotal(
  meminfo: Record<string, number>,
  zones: readonly MachineZone[],
  pageKb: number,
): string | undefined {
  const managed = zones.reduce((sum, zone) => sum + zone.managed, 0) * pageKb
  const { MemTotal } = meminfo
  if (managed === 0 || Math.abs(MemTotal - managed) <= TOTAL_TOLERANCE * managed) return undefined
  return `/proc/meminfo says ${MemTotal} kB of memory, the zones of /proc/zoneinfo ${managed} kB: one of them is not the host's`
}

/** Every setting below /proc/sys/vm that may be read, by its name for sysctl(8). */
function readSysctls(host: HostFiles): Record<string, string> {
  const settings: Record<string, string> = {}
  for (const name of host.list('/proc/sys/vm')) {
    const value = TRIGGERS.has(name) ? undefined : host.value(`/proc/sys/vm/${name}`)
    if (value !== undefined) settings[`vm.${name}`] = value
  }
  return settings
}

function readSysfs(host: HostFiles): Record<string, string> {
  const nodes = host.list('/sys/devices/system/node').filter((name) => /^node\d+$/.test(name))
  const files = [
    ...SYSFS,
    ...nodes.flatMap((name) => ['cpulist', 'distance'].map((file) => `/sys/devices/system/node/${name}/${file}`)),
  ]
  const facts: Record<string, string> = {}
  for (const file of files) {
    const value = host.value(file)
    if (value !== undefined) facts[file] = value
  }
  return facts
}

/** How many are in a list such as `0-3,8`; undefined for none. */
function countList(text: string | undefined): number | undefined {
  let count = 0
  for (const part of (text ?? '').split(',')) {
    const m = /^(\d+)(?:-(\d+))?$/.exec(part.trim())
    if (m !== null) count += Number(m[2] ?? m[1]) - Number(m[1]) + 1
  }
  return count > 0 ? count : undefined
}

function limitsOf(host: HostFiles, { mount, paths }: { mount: string; paths: readonly string[] }): MachineDocument {
  const known = paths.map((path) => [path, cgroupLimits(host, mount, path)] as const)
  return Object.fromEntries(known.filter(([, limits]) => limits !== undefined))
}
