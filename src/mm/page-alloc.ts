/**
 * The page allocator (mm/page_alloc.c): per-CPU lists, watermarks, the fast path and the slow path.
 *
 * Only single pages are asked for; frames have no identity, so an allocation is a zone. Mobility types, compaction and
 * high-order requests are left out; the watermark boosts that fragmentation causes can be approximated (fragmentation.ts).
 */

import type { Mm, Step } from './context.js'
import { createFragmentation } from './fragmentation.js'
import type { Gfp } from './gfp.js'
import { LRU_ACTIVE_ANON, LRU_ACTIVE_FILE, LRU_INACTIVE_ANON, LRU_INACTIVE_FILE, NR_LRU } from './lru.js'
import type { Task } from './task.js'
import { V } from './vmstat.js'
import type { Pgdat, Zone } from './zone.js'

const MAX_RECLAIM_RETRIES = 16
/** pcp free_factor is capped here (CONFIG_PCP_BATCH_SCALE_MAX). */
const PCP_BATCH_SCALE_MAX = 5

export interface PageAlloc {
  /** The fast path: a page above the low watermark. @returns dense zone index, −1 when every zone is too low */
  fast(gfp: Gfp, task: Task): number
  /** The fast path, or at the min mark with kswapd woken: the first try of the slow path. Never waits. @returns as `fast` */
  noWait(gfp: Gfp, task: Task): number
  /** The slow path. @returns zone, or −1 when the request failed */
  slow(gfp: Gfp, task: Task): Step<number>
  /** A page for a kernel object (page table, stack) by the fast path or from the reserves; never waits. */
  kernelPage(task: Task): number
  /** Gives a page back through the CPU's list. */
  free(zone: number, cpu: number): void
  /** Takes a page that the kernel held back to the free lists. */
  freeKernelPage(zone: number, cpu: number): void
  drainAllPcp(): void
  /** Free pages over all zones. */
  nrFree(): number
}

export function createPageAlloc(mm: Mm): PageAlloc {
  const { zones, nodes, vm, time } = mm
  const cpus = mm.config.cpus
  const fragmentation = mm.config.fragmentation ? createFragmentation(mm) : null

  /** rmqueue: from the CPU's list, refilled from the buddy lists a batch at a time. */
  function take(zone: Zone, cpu: number, preferred: Zone): boolean {
    const pcp = zone.pcp
    zone.pcpFreeFactor[cpu] >>= 1
    if (pcp[cpu] === 0) {
      const n = Math.min(zone.pcpBatch, zone.free)
      if (n === 0) return false
      zone.free -= n
      pcp[cpu] = n
    }
    pcp[cpu]--
    vm[V.pgalloc_dma + zone.index]++
    if (nodes.length > 1) countNuma(zone, preferred, cpu)
    else {
      vm[V.numa_hit]++
      vm[V.numa_local]++
    }
    return true
  }

  function countNuma(zone: Zone, preferred: Zone, cpu: number): void {
    if (zone.node === preferred.node) vm[V.numa_hit]++
    else {
      vm[V.numa_miss]++
      vm[V.numa_foreign]++
    }
    if (zone.node.cpus.includes(cpu)) vm[V.numa_local]++
    else vm[V.numa_other]++
  }

  function zonelistOf(gfp: Gfp, node: number): Zone[] {
    const n = nodes[node]
    return gfp.highestZone >= 3 ? n.zonelist : n.zonelistKernel
  }

  /** get_page_from_freelist with the low mark, without node reclaim. */
  function fast(gfp: Gfp, task: Task): number {
    const list = zonelistOf(gfp, task.node)
    const h = gfp.highestZone
    for (let i = 0; i < list.length; i++) {
      const zone = list[i]
      if (zone.free > zone.low + zone.boost + zone.reserve[h] && take(zone, task.cpu, list[0])) return zone.id
    }
    return -1
  }

  /** get_page_from_freelist at a mark below low: `min` (with reserves), `high`, or none at all. */
  function fromFreelist(list: Zone[], h: number, task: Task, mark: 'min' | 'high' | 'oom' | 'none'): number {
    for (let i = 0; i < list.length; i++) {
      const zone = list[i]
      let m: number
      switch (mark) {
        case 'none':
          if (zone.free > 0 && take(zone, task.cpu, list[0])) return zone.id
          continue
        case 'high':
          m = zone.high + zone.boost
          break
        default:
          m = zone.min + zone.boost
      }
      if (mark === 'oom') m -= Math.floor(m / 2)
      if (zone.free > m + zone.reserve[h] && take(zone, task.cpu, list[0])) return zone.id
    }
    return -1
  }

  function wakeAllKswapds(list: Zone[], h: number): void {
    let last: Pgdat | null = null
    for (let i = 0; i < list.length; i++) {
      const node = list[i].node
      if (node !== last) {
        mm.kswapd.wakeup(node, h)
        last = node
      }
    }
  }

  /** zone_reclaimable_pages */
  function zoneReclaimable(zone: Zone): number {
    let n = 0
    for (const m of mm.memcgs) {
      if (!m) continue
      const nr = m.lruvecs[zone.node.id].nrZone
      const at = zone.index * NR_LRU
      n += nr[at + LRU_INACTIVE_FILE] + nr[at + LRU_ACTIVE_FILE]
      if (mm.swapfile.nrFree() > 0) n += nr[at + LRU_INACTIVE_ANON] + nr[at + LRU_ACTIVE_ANON]
    }
    return n === 0 ? zone.free : n
  }

  /** should_reclaim_retry; `loops.n` is no_progress_loops. */
  function shouldRetry(list: Zone[], h: number, progress: boolean, loops: { n: number }): boolean {
    if (progress) loops.n = 0
    else loops.n++
    if (loops.n > MAX_RECLAIM_RETRIES) return false
    for (let i = 0; i < list.length; i++) {
      const zone = list[i]
      const available = zoneReclaimable(zone) + zone.free
      if (available > zone.min + zone.boost + zone.reserve[h]) return true
    }
    return false
  }

  function drainAllPcp(): void {
    for (const zone of zones) {
      for (let c = 0; c < cpus; c++) {
        zone.free += zone.pcp[c]
        zone.pcp[c] = 0
      }
    }
  }

  function noWait(gfp: Gfp, task: Task): number {
    const z = fast(gfp, task)
    // With node reclaim it may have to wait before that.
    if (z >= 0 || mm.sysctl['vm.zone_reclaim_mode'] !== 0) return z
    const list = zonelistOf(gfp, task.node)
    if (gfp.wakesKswapd) wakeAllKswapds(list, gfp.highestZone)
    return fromFreelist(list, gfp.highestZone, task, 'min')
  }

  function* slow(gfp: Gfp, task: Task): Step<number> {
    const list = zonelistOf(gfp, task.node)
    const h = gfp.highestZone
    const loops = { n: 0 }
    if (mm.sysctl['vm.zone_reclaim_mode'] !== 0) {
      const z = yield* mm.nodeReclaim.fastPath(list, gfp, task, (zone) => take(zone, task.cpu, list[0]))
      if (z >= 0) return z
    }
    if (gfp.wakesKswapd) wakeAllKswapds(list, h)
    let got = fromFreelist(list, h, task, 'min')
    if (got >= 0) return got
    for (;;) {
      if (gfp.wakesKswapd) wakeAllKswapds(list, h)
      got = fromFreelist(list, h, task, task.memalloc ? 'none' : task.oomVictim ? 'oom' : 'min')
      if (got >= 0) return got
      if (!gfp.directReclaim || task.memalloc) return -1

      const progress = yield* mm.vmscan.directReclaim(list, gfp, task)
      got = fromFreelist(list, h, task, 'min')
      if (got < 0 && progress > 0) {
        drainAllPcp()
        got = fromFreelist(list, h, task, 'min')
      }
      if (got >= 0) return got
      if (gfp.noRetry) return -1
      if (shouldRetry(list, h, progress > 0, loops)) {
        if (time[0] > mm.horizon[0]) yield time[0]
        continue
      }

      // __alloc_pages_may_oom
      got = fromFreelist(list, h, task, 'high')
      if (got >= 0) return got
      const kills = vm[V.oom_kill]
      const killed = yield* mm.oom.outOfMemory(gfp, task)
      if (task.oomVictim) {
        got = fromFreelist(list, h, task, 'oom')
        return got
      }
      if (!killed) return -1
      loops.n = 0
      // Others, the victim among them, run meanwhile. Where nobody was killed the kernel spins; a jiffy stands for that.
      yield vm[V.oom_kill] > kills ? time[0] : time[0] + 1e6 / mm.config.hz
    }
  }

  function kernelPage(task: Task): number {
    const list = nodes[task.node].zonelistKernel
    let got = -1
    for (const zone of list) {
      if (zone.free > zone.low + zone.boost + zone.reserve[2] && take(zone, task.cpu, list[0])) {
        got = zone.id
        break
      }
    }
    if (got < 0) {
      wakeAllKswapds(list, 2)
      got = fromFreelist(list, 2, task, 'min')
      if (got < 0) got = fromFreelist(list, 2, task, 'none')
    }
    if (got >= 0) {
      zones[got].kernelHeld++
      fragmentation?.kernelPageTaken(zones[got])
    }
    return got
  }

  function free(zoneId: number, cpu: number): void {
    const zone = zones[zoneId]
    const pcp = zone.pcp
    const count = ++pcp[cpu]
    const batch = zone.pcpBatch
    const high = zone.reclaimActive && batch * 4 < zone.pcpHigh ? batch * 4 : zone.pcpHigh
    vm[V.pgfree]++
    if (count >= high) {
      const factor = zone.pcpFreeFactor[cpu]
      const most = Math.max(batch, high - batch)
      let n = batch << factor
      if (n < most && factor < PCP_BATCH_SCALE_MAX) zone.pcpFreeFactor[cpu] = factor + 1
      if (n > most) n = most
      if (n > count) n = count
      pcp[cpu] = count - n
      zone.free += n
    }
  }

  return {
    fast,
    noWait,
    slow,
    kernelPage,
    free,
    freeKernelPage(zone, cpu) {
      zones[zone].kernelHeld--
      free(zone, cpu)
    },
    drainAllPcp,
    nrFree() {
      let n = 0
      for (const z of zones) n += z.free
      return n
    },
  }
}
