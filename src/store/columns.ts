/**
 * The columns of `interval` that come from an interval record, by name. A level that a record does not have is NULL
 * (nobody knows it), a counter that it does not have is 0 (the model counted none).
 */

export const INTERVAL_LEVELS = [
  'nr_free_pages',
  'nr_inactive_anon',
  'nr_active_anon',
  'nr_inactive_file',
  'nr_active_file',
  'nr_unevictable',
  'nr_mlock',
  'nr_anon_pages',
  'nr_mapped',
  'nr_file_pages',
  'nr_swapcached',
  'nr_shmem',
  'nr_dirty',
  'nr_writeback',
  'nr_slab_reclaimable',
  'nr_slab_unreclaimable',
  'nr_page_table_pages',
  'nr_kernel_stack',
  'swap_free',
] as const

export const INTERVAL_COUNTERS = [
  'pgfault',
  'pgmajfault',
  'pgfree',
  'pgscan_kswapd',
  'pgscan_direct',
  'pgscan_direct_throttle',
  'pgsteal_kswapd',
  'pgsteal_direct',
  'pgscan_anon',
  'pgscan_file',
  'pgsteal_anon',
  'pgsteal_file',
  'pswpin',
  'pswpout',
  'swap_ra',
  'swap_ra_hit',
  'pgpgin',
  'pgpgout',
  'pgactivate',
  'pgdeactivate',
  'pgrefill',
  'pgrotated',
  'pglazyfree',
  'pglazyfreed',
  'workingset_refault_anon',
  'workingset_refault_file',
  'workingset_activate_anon',
  'workingset_activate_file',
  'workingset_restore_anon',
  'workingset_restore_file',
  'slabs_scanned',
  'nr_dirtied',
  'nr_written',
  'nr_vmscan_write',
  'nr_vmscan_immediate_reclaim',
  'nr_throttled_written',
  'pageoutrun',
  'kswapd_low_wmark_hit_quickly',
  'kswapd_high_wmark_hit_quickly',
  'zone_reclaim_failed',
  'oom_kill',
  'psi_some_us',
  'psi_full_us',
] as const

/** /proc/vmstat counts direct reclaims by zone; `interval.allocstall` is their sum. */
const ALLOCSTALL_ZONES = [
  'allocstall_dma',
  'allocstall_dma32',
  'allocstall_normal',
  'allocstall_movable',
  'allocstall_device',
] as const

/** Direct reclaims of all zones, events. */
export function allocstall(counters: Record<string, number>): number {
  if (counters.allocstall !== undefined) return counters.allocstall
  let sum = 0
  for (const name of ALLOCSTALL_ZONES) sum += counters[name] ?? 0
  return sum
}
