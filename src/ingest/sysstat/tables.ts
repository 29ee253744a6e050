/**
 * The tables of sar that say something of memory, and what their columns mean. All output forms of sysstat (sar text,
 * sadf -d, -p) name columns alike: pr_stats.c and rndr_stats.c print them, releases add, move and drop some. So a table
 * is known by a few names that it always had, and a column by its own.
 */

import type { SeriesColumn } from '../../trace/series.js'
import type { ColumnKind } from '../series/sample-store.js'

export type TableId = 'paging' | 'swap' | 'memory' | 'swapspace' | 'memrate' | 'queue' | 'hugepages' | 'psi-memory'

const SIGNATURES: readonly (readonly [TableId, readonly string[]])[] = [
  ['paging', ['pgpgin/s', 'pgpgout/s']],
  ['swap', ['pswpin/s', 'pswpout/s']],
  ['memory', ['kbmemfree']],
  ['swapspace', ['kbswpfree', 'kbswpused']],
  ['memrate', ['frmpg/s']],
  ['queue', ['runq-sz', 'plist-sz']],
  ['hugepages', ['kbhugfree']],
  ['psi-memory', ['%smem-10']],
]

/** The table that has these columns, undefined for one that says nothing of memory. */
export function tableOf(columns: readonly string[]): TableId | undefined {
  for (const [id, names] of SIGNATURES) if (names.every((name) => columns.includes(name))) return id
  return undefined
}

export interface ColumnMeaning {
  readonly column: SeriesColumn
  readonly kind: ColumnKind
  /** The value is in KiB and the series in pages. */
  readonly kb?: true
}

/** Columns of sar to columns of a series. What is not here is not needed, or is derived from several (see collector). */
export const MEANINGS: Readonly<Record<string, ColumnMeaning>> = {
  'pgpgin/s': { column: 'pgpgin', kind: 'rate' },
  'pgpgout/s': { column: 'pgpgout', kind: 'rate' },
  'fault/s': { column: 'pgfault', kind: 'rate' },
  'majflt/s': { column: 'pgmajfault', kind: 'rate' },
  'pgfree/s': { column: 'pgfree', kind: 'rate' },
  'pgscank/s': { column: 'pgscan_kswapd', kind: 'rate' },
  'pgscand/s': { column: 'pgscan_direct', kind: 'rate' },
  'pgsteal/s': { column: 'pgsteal', kind: 'rate' },
  'pswpin/s': { column: 'pswpin', kind: 'rate' },
  'pswpout/s': { column: 'pswpout', kind: 'rate' },
  kbmemfree: { column: 'nr_free_pages', kind: 'plain', kb: true },
  kbavail: { column: 'mem_available', kind: 'plain', kb: true },
  kbbuffers: { column: 'buffers', kind: 'plain', kb: true },
  kbcached: { column: 'cached', kind: 'plain', kb: true },
  kbactive: { column: 'active', kind: 'plain', kb: true },
  kbinact: { column: 'inactive', kind: 'plain', kb: true },
  kbdirty: { column: 'nr_dirty', kind: 'plain', kb: true },
  kbanonpg: { column: 'nr_anon_pages', kind: 'plain', kb: true },
  kbslab: { column: 'nr_slab', kind: 'plain', kb: true },
  kbcommit: { column: 'committed', kind: 'plain', kb: true },
  kbswpused: { column: 'swap_used', kind: 'plain', kb: true },
}

/** First names of tables with a row an item (CPU, device, interface …): a header that ends the table before it. */
const ITEM_TABLES = new Set([
  'CPU',
  'INTR',
  'TTY',
  'DEV',
  'IFACE',
  'BUS',
  'TEMP',
  'FAN',
  'IN',
  'BAT',
  'MHz',
  'wghMHz',
  'FILESYSTEM',
  'PID',
  'FCHOST',
])

/** Words that a header begins with, though they could be taken for the zone name that some locales print. */
export function isItemTable(word: string): boolean {
  return ITEM_TABLES.has(word)
}

/** Whether these words can be the names line of a table of sar at all. */
export function looksLikeHeader(words: readonly string[]): boolean {
  if (words.length === 0) return false
  if (ITEM_TABLES.has(words[0]) || tableOf(words) !== undefined) return true
  const named = words.filter((w) => w.endsWith('/s') || (w.startsWith('%') && w.length > 1) || KNOWN_WORDS.has(w))
  return named.length > 0 && named.length * 2 >= words.length
}

const KNOWN_WORDS = new Set([
  'tps',
  'rtps',
  'wtps',
  'dtps',
  'dentunusd',
  'file-nr',
  'inode-nr',
  'pty-nr',
  'super-sz',
  'dquot-sz',
  'rtsig-sz',
  'file-sz',
  'inode-sz',
  'totsck',
  'tcpsck',
  'udpsck',
  'rawsck',
  'ip-frag',
  'tcp-tw',
  'tcp6sck',
  'udp6sck',
  'raw6sck',
  'ip6-frag',
  'rpm',
  'degC',
  'drpm',
  'DEVICE',
  'inV',
  'runq-sz',
  'plist-sz',
  'ldavg-1',
  'ldavg-5',
  'ldavg-15',
  'blocked',
  'kbhugfree',
  'kbhugused',
  'kbmemfree',
  'kbmemused',
  'kbswpfree',
  'kbswpused',
  'total',
  'dropd',
  'squeezd',
  'rx_rps',
  'flw_lim',
])

/** Columns of the known tables in all releases, to tell which table a single value belongs to. */
const MEMBERS: Readonly<Record<string, TableId>> = Object.fromEntries(
  (
    [
      [
        'paging',
        'pgpgin/s pgpgout/s fault/s majflt/s pgfree/s pgscank/s pgscand/s pgsteal/s %vmeff pgprom/s pgdem/s activepg inadtypg inaclnpg inatarpg',
      ],
      ['swap', 'pswpin/s pswpout/s'],
      [
        'memory',
        'kbmemfree kbavail kbmemused %memused kbbuffers kbcached kbcommit %commit kbactive kbinact kbdirty kbshmem kbanonpg kbslab kbkstack kbpgtbl kbvmused',
      ],
      ['swapspace', 'kbswpfree kbswpused %swpused kbswpcad %swpcad'],
      ['queue', 'runq-sz plist-sz ldavg-1 ldavg-5 ldavg-15 blocked'],
    ] as const
  ).flatMap(([id, names]) => names.split(' ').map((name) => [name, id])),
)

/** The table that has a column of this name. */
export function tableOfColumn(name: string): TableId | undefined {
  return MEMBERS[name]
}
