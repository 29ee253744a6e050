/**
 * Where reclaimers are made to wait (mm/vmscan.c `reclaim_throttle`, `consider_reclaim_throttle`,
 * `throttle_direct_reclaim`).
 */

import type { Mm, Step } from './context.js'
import type { Gfp } from './gfp.js'
import { LRU_ACTIVE_ANON, LRU_ACTIVE_FILE, LRU_INACTIVE_ANON, LRU_INACTIVE_FILE, NR_LRU } from './lru.js'
import { type ScanControl, SWAP_CLUSTER_MAX, scaledBatch } from './scan-control.js'
import type { Task } from './task.js'
import { NS, V } from './vmstat.js'
import type { Pgdat, Zone } from './zone.js'

const MAX_RECLAIM_RETRIES = 16

export interface Throttle {
  /** VMSCAN_THROTTLE_WRITEBACK: kswapd waits for pages it keeps meeting under writeback. */
  writeback(node: Pgdat): Step
  /** VMSCAN_THROTTLE_CONGESTED */
  congested(node: Pgdat, task: Task): Step
  /** consider_reclaim_throttle at the end of a round of direct reclaim. */
  consider(node: Pgdat, sc: ScanControl): Step
  /** throttle_direct_reclaim. @returns true when a fatal signal came meanwhile */
  pfmemalloc(zonelist: Zone[], gfp: Gfp, task: Task): Step<boolean>
  wakePfmemalloc(node: Pgdat): void
  /** A page finished writeback (acct_reclaim_writeback). */
  pageWritten(): void
}

export function createThrottle(mm: Mm): Throttle {
  const { time, ns, vm } = mm
  const jiffy = 1e6 / mm.config.hz
  const cluster = scaledBatch(SWAP_CLUSTER_MAX, mm.config.pageScale)
  const waiting: { task: Task; node: Pgdat }[] = []
  let sleepers = 0
  let writtenSince = 0
  /** kswapd threads asleep in VMSCAN_THROTTLE_WRITEBACK. */
  const writebackSleepers: Pgdat[] = []

  function allowDirectReclaim(node: Pgdat): boolean {
    if (node.kswapdFailures >= MAX_RECLAIM_RETRIES) return true
    let reserve = 0
    let free = 0
    for (const z of node.zones) {
      if (z.index > 2 || z.managed === 0) continue
      reserve += z.min + z.boost
      free += z.free
    }
    if (reserve === 0) return true
    return free > Math.floor(reserve / 2)
  }

  /** skip_throttle_noprogress */
  function skipNoProgress(node: Pgdat): boolean {
    if (node.kswapdFailures >= MAX_RECLAIM_RETRIES) return true
    let reclaimable = 0
    for (const m of mm.memcgs) {
      if (!m) continue
      const nr = m.lruvecs[node.id].nrZone
      for (const z of node.zones) {
        const at = z.index * NR_LRU
        reclaimable += nr[at + LRU_INACTIVE_FILE] + nr[at + LRU_ACTIVE_FILE]
        if (mm.swapfile.nrFree() > 0) reclaimable += nr[at + LRU_INACTIVE_ANON] + nr[at + LRU_ACTIVE_ANON]
      }
    }
    const at = node.id * NS.NR
    return 2 * (ns[at + NS.writeback] + ns[at + NS.dirty]) <= reclaimable
  }

  return {
    *writeback(node) {
      if (sleepers++ === 0) writtenSince = 0
      writebackSleepers.push(node)
      yield time[0] + 100_000
      const i = writebackSleepers.indexOf(node)
      if (i >= 0) writebackSleepers.splice(i, 1)
      sleepers--
    },

    *congested(node, task) {
      if (task.kthread || skipNoProgress(node)) return
      yield time[0] + jiffy
    },

    *consider(node, sc) {
      if (sc.nrReclaimed > sc.nrScanned / 8) return
      if (sc.kswapd || sc.task.kthread) return
      if (sc.priority === 1 && sc.nrReclaimed === 0 && !skipNoProgress(node)) yield time[0] + jiffy
    },

    *pfmemalloc(zonelist, gfp, task) {
      if (task.kthread || task.oomVictim) return false
      const zone = zonelist.find((z) => z.index <= 2)
      if (!zone) return false
      const { node } = zone
      if (allowDirectReclaim(node)) return false
      const start = time[0]
      vm[V.pgscan_direct_throttle]++
      mm.kswapd.wakeup(node, 2)
      const entry = { task, node }
      waiting.push(entry)
      const until = gfp.fs ? Number.POSITIVE_INFINITY : start + 1e6
      // Nobody but kswapd can help; if it gives up the wait ends as well.
      while (waiting.includes(entry) && time[0] < until && !task.oomVictim) yield Math.min(until, time[0] + 100_000)
      const i = waiting.indexOf(entry)
      if (i >= 0) waiting.splice(i, 1)
      mm.reports.stall({
        start,
        task,
        kind: 'throttle',
        memcg: null,
        scanned: 0,
        reclaimed: 0,
        priority: 12,
        outcome: 'no-progress',
      })
      return task.oomVictim
    },

    wakePfmemalloc(node) {
      if (waiting.length === 0 || !allowDirectReclaim(node)) return
      for (let i = waiting.length - 1; i >= 0; i--) {
        if (waiting[i].node !== node) continue
        const [w] = waiting.splice(i, 1)
        mm.sched.wakeTask(w.task)
      }
    },

    pageWritten() {
      if (sleepers === 0) return
      vm[V.nr_throttled_written]++
      writtenSince++
      if (writtenSince > cluster * sleepers) {
        for (const node of writebackSleepers.splice(0)) mm.sched.wakeKswapd(node)
      }
    },
  }
}
