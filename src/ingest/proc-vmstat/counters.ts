/**
 * What the names of /proc/vmstat and /proc/meminfo mean for a series, over all kernels: counters a zone up to 4.7, whole
 * since 4.8, anon/file twins since 5.8 (mm/vmstat.c, vmstat_text).
 */

import type { SeriesColumn } from '../../trace/series.js'

/** Names to values of one moment. */
export type Snapshot = ReadonlyMap<string, number>

const ZONES = ['dma', 'dma32', 'normal', 'high', 'movable', 'device']

/**
 * A counter by its name, or the sum of its parts by zone where the kernel has only those. Never everything that begins
 * alike: `pgscan_direct_throttle` counts waits, and the anon/file twins count the same pages once more.
 */
function whole(s: Snapshot, name: string): number {
  const value = s.get(name)
  if (value !== undefined) return value
  let sum = Number.NaN
  for (const zone of ZONES) {
    const part = s.get(`${name}_${zone}`)
    if (part !== undefined) sum = (Number.isNaN(sum) ? 0 : sum) + part
  }
  return sum
}

const plain =
  (name: string) =>
  (s: Snapshot): number =>
    s.get(name) ?? Number.NaN

/** Counters of a series from the counters of a snapshot; the series has their differences. */
export const COUNTERS: readonly (readonly [SeriesColumn, (s: Snapshot) => number])[] = [
  ['pgpgin', plain('pgpgin')],
  ['pgpgout', plain('pgpgout')],
  ['pswpin', plain('pswpin')],
  ['pswpout', plain('pswpout')],
  ['pgfault', plain('pgfault')],
  ['pgmajfault', plain('pgmajfault')],
  ['pgfree', plain('pgfree')],
  ['pgscan_kswapd', (s) => whole(s, 'pgscan_kswapd')],
  ['pgscan_direct', (s) => whole(s, 'pgscan_direct')],
  ['pgsteal_kswapd', (s) => stealKswapd(s)],
  ['pgsteal_direct', (s) => stealDirect(s)],
  ['pgsteal', (s) => stealKswapd(s) + stealDirect(s)],
  ['allocstall', (s) => whole(s, 'allocstall')],
  ['oom_kill', plain('oom_kill')],
]

/** Up to 3.4 `pgsteal_<zone>` counted all and `kswapd_steal` the share of kswapd. */
function stealKswapd(s: Snapshot): number {
  const value = whole(s, 'pgsteal_kswapd')
  return Number.isNaN(value) ? (s.get('kswapd_steal') ?? Number.NaN) : value
}

function stealDirect(s: Snapshot): number {
  const value = whole(s, 'pgsteal_direct')
  return Number.isNaN(value) ? whole(s, 'pgsteal') - stealKswapd(s) : value
}

/** Reclaim that a cgroup's limit caused, counted only in the anon/file twins: pages scanned and stolen. */
export function memcgReclaim(s: Snapshot): { scanned: number; stolen: number } {
  const family = (what: string): number => {
    const twins = (s.get(`${what}_anon`) ?? Number.NaN) + (s.get(`${what}_file`) ?? Number.NaN)
    const by = ['kswapd', 'direct', 'khugepaged', 'proactive'].map((who) => s.get(`${what}_${who}`) ?? 0)
    return twins - by.reduce((a, b) => a + b, 0)
  }
  return { scanned: family('pgscan'), stolen: family('pgsteal') }
}

/**
 * Levels, pages. /proc/meminfo (kB) is taken where the recording has it as well. `cached` is page cache with shmem,
 * without buffers where those are known and without the swap cache where the kernel counts it (5.12).
 */
export function levels(s: Snapshot, pagesPerKb: number): [SeriesColumn, number][] {
  const get = (name: string): number => s.get(name) ?? Number.NaN
  const kb = (name: string): number => get(name) * pagesPerKb
  const or = (a: number, b: number): number => (Number.isNaN(a) ? b : a)
  const all: [SeriesColumn, number][] = [
    ['nr_free_pages', or(get('nr_free_pages'), kb('MemFree'))],
    ['mem_available', kb('MemAvailable')],
    ['mem_total', kb('MemTotal')],
    ['buffers', kb('Buffers')],
    ['cached', or(kb('Cached'), get('nr_file_pages') - (s.get('nr_swapcached') ?? 0))],
    ['active', or(kb('Active'), get('nr_active_anon') + get('nr_active_file'))],
    ['inactive', or(kb('Inactive'), get('nr_inactive_anon') + get('nr_inactive_file'))],
    ['nr_anon_pages', or(get('nr_anon_pages'), kb('AnonPages'))],
    ['nr_dirty', or(get('nr_dirty'), kb('Dirty'))],
    ['nr_slab', or(get('nr_slab_reclaimable') + get('nr_slab_unreclaimable'), kb('Slab'))],
    ['swap_total', kb('SwapTotal')],
    ['swap_used', kb('SwapTotal') - kb('SwapFree')],
    ['committed', kb('Committed_AS')],
  ]
  return all.filter(([, value]) => !Number.isNaN(value))
}

/** A name that only grows while the host is up: everything but levels. */
export function isMonotonic(name: string): boolean {
  return /^(pg|psw|allocstall|kswapd_|workingset_(refault|activate|nodereclaim|restore)|slabs_scanned|pageoutrun|oom_kill)/.test(
    name,
  )
}
