/**
 * Reads the model's counters and levels by their /proc/vmstat names.
 */

import type { Mm } from '../mm/context.js'
import { LRU_ACTIVE_ANON, LRU_ACTIVE_FILE, LRU_INACTIVE_ANON, LRU_INACTIVE_FILE, LRU_UNEVICTABLE } from '../mm/lru.js'
import { EVENT_NAMES, LEVEL_NAMES, NS } from '../mm/vmstat.js'
import type { Counters, ZoneIntervalRecord } from './records.js'

const LISTS: [string, number][] = [
  ['nr_inactive_anon', LRU_INACTIVE_ANON],
  ['nr_active_anon', LRU_ACTIVE_ANON],
  ['nr_inactive_file', LRU_INACTIVE_FILE],
  ['nr_active_file', LRU_ACTIVE_FILE],
  ['nr_unevictable', LRU_UNEVICTABLE],
]

/** Levels now, pages; `nr_kernel_stack` in KiB as /proc/vmstat has it, `swap_free` in pages. */
export function readLevels(mm: Mm): Counters {
  const out: Counters = { nr_free_pages: mm.alloc.nrFree() }
  for (const [name, lru] of LISTS) {
    let n = 0
    for (const node of mm.nodes) n += mm.vmscan.listSize(mm.rootMemcg, node, lru)
    out[name] = n
  }
  LEVEL_NAMES.forEach((name, item) => {
    let n = 0
    for (let at = item; at < mm.ns.length; at += NS.NR) n += mm.ns[at]
    out[name] = name === 'nr_kernel_stack' ? n * 4 : n
  })
  const { background, threshold } = mm.writeback.limits()
  out.nr_dirty_background_threshold = background
  out.nr_dirty_threshold = threshold
  out.swap_free = mm.swapfile.nrFree()
  return out
}

/** Event counters by name: `now` less `before` (null: all of them). */
export function readCounters(mm: Mm, before: Float64Array | null): Counters {
  const out: Counters = {}
  EVENT_NAMES.forEach((name, i) => {
    out[name] = mm.vm[i] - (before ? before[i] : 0)
  })
  return out
}

export function readZones(mm: Mm, t: number): ZoneIntervalRecord[] {
  return mm.zones.map((z) => ({
    t,
    node: z.node.id,
    zone: z.name,
    free: z.free,
    pcp: z.pcpTotal(),
    min: z.min,
    low: z.low,
    high: z.high,
    boost: z.boost,
    managed: z.managed,
  }))
}
