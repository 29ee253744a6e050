/** What a sample is made of: groups of named numbers, each read from its files. */

import type { HostFiles } from './host-files.js'
import { NamedValues } from './named-values.js'

/** Values of a group, in the order of its names. */
export interface Reading {
  /** The same array as long as the names do not change. */
  readonly names: readonly string[]
  /** Overwritten by the next reading. */
  readonly values: ArrayLike<number>
}

export interface Source {
  /** The group's key in a line. */
  readonly key: string
  /** What cannot be recorded where nothing can be read, in words. */
  readonly missing: string
  /** Read at the slower pace only. */
  readonly slow?: boolean
  /**
   * @param slow whether a slow reading is due
   * @returns undefined where there is nothing to be read
   */
  read(slow: boolean): Reading | undefined
}

/** Totals and levels of /proc/meminfo (proc(5)) that /proc/vmstat does not have as well, kB. */
const MEMINFO: ReadonlySet<string> = new Set([
  'MemTotal',
  'MemFree',
  'MemAvailable',
  'Buffers',
  'Cached',
  'SwapCached',
  'Active',
  'Inactive',
  'SwapTotal',
  'SwapFree',
  'Zswap',
  'Zswapped',
  'AnonPages',
  'Dirty',
  'Slab',
  'Percpu',
  'CommitLimit',
  'Committed_AS',
  'Hugetlb',
])

/** All of /proc/vmstat: pages, events, KiB for pgpgin and pgpgout. */
export function vmstatSource(host: HostFiles): Source {
  const values = new NamedValues()
  return { key: 'vmstat', missing: 'no /proc/vmstat', read: () => readNamed(host, '/proc/vmstat', values) }
}

export function meminfoSource(host: HostFiles): Source {
  const values = new NamedValues(MEMINFO)
  const missing = 'no /proc/meminfo: MemAvailable and the size of swap are not recorded'
  return { key: 'meminfo', missing, read: () => readNamed(host, '/proc/meminfo', values) }
}

function readNamed(host: HostFiles, file: string, into: NamedValues): Reading | undefined {
  const bytes = host.bytes(file)
  if (bytes === undefined) return undefined
  into.read(bytes)
  return into
}

/** Names of a group that is put together from several files; keeps the array where the names stay the same. */
export class NameKeeper {
  private names: readonly string[] = []

  keep(names: readonly string[]): readonly string[] {
    const same = names.length === this.names.length && names.every((name, i) => name === this.names[i])
    if (!same) this.names = names
    return this.names
  }
}

/** Microseconds in which some or all tasks stood still (`total` of a pressure file, Documentation/accounting/psi.rst). */
export function pressureTotals(text: string): { kind: string; total: number }[] {
  return [...text.matchAll(/^(some|full) .*\btotal=(\d+)/gm)].map((m) => ({ kind: m[1], total: Number(m[2]) }))
}

/** Stall time of the whole host by memory and by I/O. */
export function pressureSource(host: HostFiles): Source {
  const keeper = new NameKeeper()
  return {
    key: 'pressure',
    missing: 'no /proc/pressure (kernel before 4.20, or booted with psi=0): stall times are not recorded',
    read: () => {
      const names: string[] = []
      const values: number[] = []
      for (const resource of ['memory', 'io']) {
        for (const { kind, total } of pressureTotals(host.text(`/proc/pressure/${resource}`) ?? '')) {
          names.push(`${resource}.${kind}`)
          values.push(total)
        }
      }
      return names.length === 0 ? undefined : { names: keeper.keep(names), values }
    },
  }
}

const ZONE_LINE = /^Node (\d+), zone +(\S+)|^ +(?:pages )?(free|boost|min|low|high) +(\d+)$/gm

/** Free pages, boost and marks of each zone, as `0/Normal.free`. The file is long on large hosts, so slow. */
export function zonesSource(host: HostFiles): Source {
  const keeper = new NameKeeper()
  return {
    key: 'zones',
    missing: 'no /proc/zoneinfo: free pages are not recorded by zone',
    slow: true,
    read: () => {
      const names: string[] = []
      const values: number[] = []
      let zone = ''
      for (const m of (host.text('/proc/zoneinfo') ?? '').matchAll(ZONE_LINE)) {
        if (m[1] !== undefined) zone = `${m[1]}/${m[2]}`
        else {
          names.push(`${zone}.${m[3]}`)
          values.push(Number(m[4]))
        }
      }
      return names.length === 0 ? undefined : { names: keeper.keep(names), values }
    },
  }
}
