/** Scales what a sampled replay reports back to the size of the machine that was asked for. */

import type { Counters, ReplaySink, ReplaySummary } from '../records.js'

/**
 * Counters of things that happen to processes and the machine, not to pages: there are as many of them in a sample. A
 * direct reclaim is among them, as it goes for a batch of pages, and in a sample for a part of one.
 */
const NOT_PAGES = new Set([
  'allocstall',
  'allocstall_dma',
  'allocstall_dma32',
  'allocstall_normal',
  'allocstall_movable',
  'allocstall_device',
  'pgscan_direct_throttle',
  'oom_kill',
  'pageoutrun',
  'kswapd_low_wmark_hit_quickly',
  'kswapd_high_wmark_hit_quickly',
  'zone_reclaim_failed',
  'drop_pagecache',
  'psi_some_us',
  'psi_full_us',
])

/** Counters and levels times `every`, but for those that do not count pages. */
export function scaledCounters(counters: Counters, every: number): Counters {
  const out: Counters = {}
  for (const name in counters) out[name] = NOT_PAGES.has(name) ? counters[name] : counters[name] * every
  return out
}

/** A sink whose records are multiplied by `every` on their way to `next`. OOM records and refusals come in full size. */
export function scaledSink(next: ReplaySink, every: number): ReplaySink {
  if (every === 1) return next
  return {
    interval: (r) =>
      next.interval({ ...r, levels: scaledCounters(r.levels, every), counters: scaledCounters(r.counters, every) }),
    zoneInterval: (r) =>
      next.zoneInterval({
        ...r,
        free: r.free * every,
        pcp: r.pcp * every,
        min: r.min * every,
        low: r.low * every,
        high: r.high * every,
        boost: r.boost * every,
        managed: r.managed * every,
      }),
    stall: (r) => next.stall({ ...r, scanned: r.scanned * every, reclaimed: r.reclaimed * every }),
    kswapdCycle: (r) => next.kswapdCycle({ ...r, scanned: r.scanned * every, reclaimed: r.reclaimed * every }),
    oom: (r) => next.oom({ ...r, free: r.free * every, swap_free: r.swap_free * every }),
    refusedMmap: (r) => next.refusedMmap(r),
  }
}

/** The totals of a replay, times `every`. */
export function scaledSummary(summary: ReplaySummary, every: number): ReplaySummary {
  return {
    ...summary,
    pageEvents: summary.pageEvents * every,
    counters: scaledCounters(summary.counters, every),
  }
}
