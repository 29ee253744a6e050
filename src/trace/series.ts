/**
 * Counter series: what an interval recording (`sar`, `vmstat`, `/proc/vmstat` snapshots …) says, format forgotten.
 *
 * A series is a sequence of samples. Columns carry `/proc/vmstat` names where the kernel has one, whatever the tool
 * called them. Event counters (`pg*`, `pswp*`, …) are *counts over the sample's interval*, levels (`nr_*`, `mem_*`) are
 * the value at the end of the interval. A value that the recording does not have is NaN.
 */

/** Canonical columns. `pgscan_*`, `pgsteal` … are pages, `pgpgin`/`pgpgout` KiB, levels are pages unless `_kb`. */
export const SERIES_COUNTERS = [
  'pgpgin',
  'pgpgout',
  'pswpin',
  'pswpout',
  'pgfault',
  'pgmajfault',
  'pgfree',
  'pgscan_kswapd',
  'pgscan_direct',
  /** pgsteal_kswapd + pgsteal_direct: what sar prints as pgsteal/s. */
  'pgsteal',
  'pgsteal_kswapd',
  'pgsteal_direct',
  'allocstall',
  'oom_kill',
] as const

export const SERIES_LEVELS = [
  'nr_free_pages',
  /** MemAvailable, pages. */
  'mem_available',
  /** MemTotal, pages. */
  'mem_total',
  /** Buffers, pages. */
  'buffers',
  /** Cached, pages (page cache and shmem, without swap cache and buffers). */
  'cached',
  /** Active and Inactive of /proc/meminfo, pages. */
  'active',
  'inactive',
  'nr_anon_pages',
  'nr_dirty',
  'nr_slab',
  'swap_total',
  'swap_used',
  'committed',
] as const

export type SeriesColumn = (typeof SERIES_COUNTERS)[number] | (typeof SERIES_LEVELS)[number]

export interface SeriesMeta {
  /** As the user named it. */
  file: string
  /** Registry name of the format, for example `sar-text`. */
  format: string
  host?: string
  /** Kernel release, for example `5.4.0-42-generic`. */
  kernel?: string
  tool?: string
  cpus?: number
  /** Epoch seconds of the start of the first interval, where the recording has dates. */
  startEpoch?: number
  /** The host as machine.json describes it, where the recording holds it. */
  machine?: Record<string, unknown>
}

/** Something that was wrong with a recording and what was done about it. Lands in `input_issue`. */
export interface InputIssue {
  file: string
  line?: number
  /** Stable, for example `pgsteal-double`, `gap`, `short-row`. */
  code: string
  message: string
  /** `repaired`, `dropped`, `kept`: what happened to the values. */
  action: 'repaired' | 'dropped' | 'kept'
}

/**
 * Samples as columns; `values[c][i]` belongs to `columns[c]`.
 * `t` is the end of the interval in seconds since the start of the series' first interval; `dt` its length, seconds.
 * A new `segment` number means that the host was restarted before this sample.
 */
export interface SeriesBatch {
  readonly columns: readonly SeriesColumn[]
  length: number
  t: Float64Array
  dt: Float64Array
  segment: Int32Array
  line: Float64Array
  values: Float64Array[]
}

export interface CounterSeries {
  readonly kind: 'series'
  /** Complete once the samples are read. */
  readonly meta: SeriesMeta
  /** Complete once the samples are read. */
  readonly issues: InputIssue[]
  /** @throws InputError */
  batches(): AsyncIterable<SeriesBatch>
}
