/**
 * Reclaim from the top (mm/vmscan.c): direct reclaim, limit reclaim, `shrink_node`, `shrink_lruvec`.
 */

import type { Mm, Step } from './context.js'
import { GFP_KERNEL, type Gfp } from './gfp.js'
import { ANON, FILE, LRU_ACTIVE_ANON, LRU_ACTIVE_FILE, LRU_INACTIVE_ANON, LRU_INACTIVE_FILE } from './lru.js'
import type { Lruvec } from './lruvec.js'
import type { Memcg } from './memcg.js'
import { calculateProtection } from './memcg-protection.js'
import { fractWeights, inactiveIsLow, scanBalance } from './scan-balance.js'
import {
  DEACTIVATE_ANON,
  DEACTIVATE_FILE,
  DEF_PRIORITY,
  ScanControl,
  SWAP_CLUSTER_MAX,
  scaledBatch,
} from './scan-control.js'
import { createShrinkList, type ShrinkList } from './shrink-list.js'
import type { Task } from './task.js'
import { V } from './vmstat.js'
import type { Pgdat, Zone } from './zone.js'

export interface ReclaimStats {
  scanned: number
  priority: number
}

export interface Vmscan {
  readonly list: ShrinkList
  /** try_to_free_pages. @returns progress: pages reclaimed, or 1 where the kernel says so */
  directReclaim(zonelist: Zone[], gfp: Gfp, task: Task): Step<number>
  /** try_to_free_mem_cgroup_pages. @returns pages reclaimed */
  tryToFreeMemcgPages(target: Memcg, nr: number, task: Task, stats: ReclaimStats): Step<number>
  shrinkNode(node: Pgdat, sc: ScanControl): Step
  /** lru_note_cost: for the vector and all above it. */
  noteCost(vec: Lruvec, type: number, pages: number): void
  /** Remembers the refault activations as reclaim ends (snapshot_refaults). */
  snapshotRefaults(target: Memcg, node: Pgdat): void
  /** Anonymous pages can be aged: there is a swap device. */
  canAgeAnon(): boolean
  /** Size of one list over the subtree of a memcg on a node. */
  listSize(memcg: Memcg, node: Pgdat, lru: number): number
}

export function createVmscan(mm: Mm): Vmscan {
  const { vm, time, horizon, swapfile } = mm
  const list = createShrinkList(mm)
  const recursiveProt = mm.config.memoryRecursiveprot ?? false
  const scale = mm.config.pageScale ?? 1
  const cluster = scaledBatch(SWAP_CLUSTER_MAX, scale)

  const canAgeAnon = (): boolean => swapfile.total > 0

  function listSize(m: Memcg, node: Pgdat, lru: number): number {
    return mm.workingset.subtreeSize(m, node.id, lru)
  }

  function noteCost(vec: Lruvec, type: number, pages: number): void {
    for (let v: Lruvec | null = vec; v; v = v.parent) {
      if (type === FILE) v.fileCost += pages
      else v.anonCost += pages
      const m = mm.memcgs[v.memcgId]
      const node = mm.nodes[v.node]
      let size: number
      if (m.children.length === 0) {
        const l = v.lists
        size = l[0].nr + l[1].nr + l[2].nr + l[3].nr
      } else {
        size = 0
        for (let lru = 0; lru < 4; lru++) size += listSize(m, node, lru)
      }
      if (v.fileCost + v.anonCost > Math.floor(size / 4)) {
        v.fileCost = Math.floor(v.fileCost / 2)
        v.anonCost = Math.floor(v.anonCost / 2)
      }
    }
  }

  /** prepare_scan_count */
  function prepareScanCount(node: Pgdat, sc: ScanControl): void {
    const target = sc.target ?? mm.rootMemcg
    const vec = target.lruvecs[node.id]
    const inactiveFile = listSize(target, node, LRU_INACTIVE_FILE)
    sc.anonCost = vec.anonCost
    sc.fileCost = vec.fileCost
    if (sc.forceDeactivate) {
      sc.mayDeactivate = DEACTIVATE_ANON | DEACTIVATE_FILE
    } else {
      sc.mayDeactivate = 0
      if (
        vec.activations[ANON] !== vec.refaultSnapshot[ANON] ||
        inactiveIsLow(listSize(target, node, LRU_INACTIVE_ANON), listSize(target, node, LRU_ACTIVE_ANON), scale)
      )
        sc.mayDeactivate |= DEACTIVATE_ANON
      if (
        vec.activations[FILE] !== vec.refaultSnapshot[FILE] ||
        inactiveIsLow(inactiveFile, listSize(target, node, LRU_ACTIVE_FILE), scale)
      )
        sc.mayDeactivate |= DEACTIVATE_FILE
    }
    sc.cacheTrimMode = inactiveFile * scale >= 1 << sc.priority && !(sc.mayDeactivate & DEACTIVATE_FILE)
    if (!sc.target) {
      const root = mm.rootMemcg
      const file = listSize(root, node, LRU_INACTIVE_FILE) + listSize(root, node, LRU_ACTIVE_FILE)
      const anon = listSize(root, node, LRU_INACTIVE_ANON)
      sc.fileIsTiny =
        file + node.free() <= node.sumHigh() &&
        !(sc.mayDeactivate & DEACTIVATE_ANON) &&
        anon * scale >= 1 << sc.priority
    }
  }

  /** get_scan_count: pages to scan of each list into `out`. */
  function getScanCount(m: Memcg, vec: Lruvec, sc: ScanControl, out: Int32Array): void {
    const swappiness = mm.sysctl['vm.swappiness']
    const mode = scanBalance({
      maySwap: sc.maySwap,
      anonReclaimable: m.swapRoom(swapfile.nrFree()) > 0,
      limitReclaim: sc.target !== null,
      swappiness,
      priority: sc.priority,
      fileIsTiny: sc.fileIsTiny,
      cacheTrimMode: sc.cacheTrimMode,
    })
    const weights = mode === 'fract' ? fractWeights(swappiness, sc.anonCost, sc.fileCost) : null
    for (let lru = 0; lru < 4; lru++) {
      const file = lru >= 2
      const size = vec.size(lru, sc.reclaimIdx)
      let scan = size
      if (m !== (sc.target ?? mm.rootMemcg) && (m.emin > 0 || m.elow > 0)) {
        let protection = m.emin
        if (!sc.memcgLowReclaim && m.elow > m.emin) {
          protection = m.elow
          sc.memcgLowSkipped = true
        }
        const usage = Math.max(m.usage, protection)
        scan = Math.max(size - Math.floor((size * protection) / (usage + 1)), cluster)
      }
      scan = Math.floor((scan * scale) / (1 << sc.priority))
      if (mode === 'fract' && weights) {
        const { ap, fp } = weights
        scan = Math.floor((scan * (file ? fp : ap)) / (ap + fp))
      } else if ((mode === 'file' && !file) || (mode === 'anon' && file)) {
        scan = 0
      }
      if (scale > 1) scan = vec.wholeScan(lru, scan / scale)
      out[lru] = scan
    }
  }

  /** shrink_lruvec */
  function* shrinkLruvec(m: Memcg, vec: Lruvec, sc: ScanControl): Step {
    const { remaining, targets } = sc
    getScanCount(m, vec, sc, targets)
    remaining.set(targets)
    const goal = sc.nrToReclaim
    const proportional = sc.target === null && !sc.kswapd && sc.priority === DEF_PRIORITY
    let reclaimed = 0
    while (remaining[LRU_INACTIVE_ANON] || remaining[LRU_ACTIVE_FILE] || remaining[LRU_INACTIVE_FILE]) {
      for (let lru = 0; lru < 4; lru++) {
        if (remaining[lru] === 0) continue
        const n = Math.min(remaining[lru], cluster)
        remaining[lru] -= n
        if (lru === LRU_ACTIVE_ANON || lru === LRU_ACTIVE_FILE) {
          if (sc.mayDeactivate & (lru === LRU_ACTIVE_FILE ? DEACTIVATE_FILE : DEACTIVATE_ANON))
            list.active(n, vec, lru, sc)
          else sc.skippedDeactivate = true
        } else {
          reclaimed += list.inactive(n, vec, lru, sc)
        }
      }
      // A full queue holds up whoever submits to it.
      const room = mm.swapDisk.roomAt(time[0])
      if (room > time[0]) yield room
      else if (time[0] > horizon[0]) yield time[0]
      if (reclaimed < goal || proportional) continue

      // Goal met: give each type the share of its target that the other one has had, and stop the smaller rest.
      const file = remaining[LRU_INACTIVE_FILE] + remaining[LRU_ACTIVE_FILE]
      const anon = remaining[LRU_INACTIVE_ANON] + remaining[LRU_ACTIVE_ANON]
      if (file === 0 || anon === 0) break
      let stop: number
      let go: number
      let percentage: number
      if (file > anon) {
        percentage = Math.floor((anon * 100) / (targets[LRU_INACTIVE_ANON] + targets[LRU_ACTIVE_ANON] + 1))
        stop = LRU_INACTIVE_ANON
        go = LRU_INACTIVE_FILE
      } else {
        percentage = Math.floor((file * 100) / (targets[LRU_INACTIVE_FILE] + targets[LRU_ACTIVE_FILE] + 1))
        stop = LRU_INACTIVE_FILE
        go = LRU_INACTIVE_ANON
      }
      remaining[stop] = 0
      remaining[stop + 1] = 0
      for (let lru = go; lru <= go + 1; lru++) {
        const done = targets[lru] - remaining[lru]
        const left = Math.floor((targets[lru] * (100 - percentage)) / 100)
        remaining[lru] = left - Math.min(left, done)
      }
    }
    mm.swapState.unplug(sc.plug)
    sc.nrReclaimed += reclaimed
    if (canAgeAnon() && inactiveIsLow(vec.lists[LRU_INACTIVE_ANON].nr, vec.lists[LRU_ACTIVE_ANON].nr, scale))
      list.active(cluster, vec, LRU_ACTIVE_ANON, sc)
  }

  /** shrink_node_memcgs */
  function* shrinkNodeMemcgs(node: Pgdat, sc: ScanControl): Step {
    const root = sc.target ?? mm.rootMemcg
    const walk = root.children.length === 0 ? [root] : root.walk()
    for (const m of walk) {
      if (m.parent) {
        calculateProtection(root, m, recursiveProt)
        if (m !== root && m.usage > 0) {
          if (m.emin >= m.usage) continue
          if (m.elow >= m.usage) {
            if (!sc.memcgLowReclaim) {
              sc.memcgLowSkipped = true
              continue
            }
            m.events.low++
          }
        }
      }
      yield* shrinkLruvec(m, m.lruvecs[node.id], sc)
    }
  }

  function* shrinkNode(node: Pgdat, sc: ScanControl): Step {
    const before = sc.nrReclaimed
    sc.resetTallies()
    prepareScanCount(node, sc)
    yield* shrinkNodeMemcgs(node, sc)
    const target = (sc.target ?? mm.rootMemcg).lruvecs[node.id]
    if (sc.kswapd) {
      if (sc.writeback > 0 && sc.writeback === sc.taken) node.flagWriteback = true
      if (sc.unqueuedDirty === sc.fileTaken) node.flagDirty = true
      if (sc.immediate > 0) yield* mm.throttle.writeback(node)
    }
    if ((sc.kswapd || sc.target) && sc.dirty > 0 && sc.dirty === sc.congested) target.congested = true
    if (!sc.kswapd && target.congested) yield* mm.throttle.congested(node, sc.task)
    if (sc.nrReclaimed > before) node.kswapdFailures = 0
  }

  function snapshotRefaults(target: Memcg, node: Pgdat): void {
    const vec = target.lruvecs[node.id]
    vec.refaultSnapshot[ANON] = vec.activations[ANON]
    vec.refaultSnapshot[FILE] = vec.activations[FILE]
  }

  function nodesOf(zonelist: Zone[]): Pgdat[] {
    const out: Pgdat[] = []
    for (const z of zonelist) if (!out.includes(z.node)) out.push(z.node)
    return out
  }

  /** do_try_to_free_pages */
  function* doTryToFreePages(zonelist: Zone[], sc: ScanControl): Step<number> {
    const nodes = nodesOf(zonelist)
    const first = sc.priority
    for (;;) {
      if (!sc.target) vm[V.allocstall_dma + sc.gfp.highestZone]++
      do {
        sc.nrScanned = 0
        for (const node of nodes) yield* shrinkNode(node, sc)
        if (!sc.target) yield* mm.throttle.consider(nodes[0], sc)
        // Empty lists cost time as well; who is due meanwhile, a dying victim for one, must get his turn.
        if (time[0] > horizon[0]) yield time[0]
        if (sc.nrReclaimed >= sc.nrToReclaim) break
        if (sc.priority < DEF_PRIORITY - 2) sc.mayWritepage = true
      } while (--sc.priority >= 0)
      for (const node of nodes) {
        snapshotRefaults(sc.target ?? mm.rootMemcg, node)
        if (sc.target) sc.target.lruvecs[node.id].congested = false
      }
      if (sc.nrReclaimed > 0) return sc.nrReclaimed
      if (sc.skippedDeactivate) {
        sc.priority = first
        sc.forceDeactivate = true
        sc.skippedDeactivate = false
        continue
      }
      if (sc.memcgLowSkipped) {
        sc.priority = first
        sc.forceDeactivate = false
        sc.memcgLowReclaim = true
        sc.memcgLowSkipped = false
        continue
      }
      return 0
    }
  }

  return {
    list,
    shrinkNode,
    noteCost,
    snapshotRefaults,
    canAgeAnon,
    listSize,

    *directReclaim(zonelist, gfp, task) {
      const start = time[0]
      task.memstall++
      task.memalloc = true
      const killed = yield* mm.throttle.pfmemalloc(zonelist, gfp, task)
      if (killed) {
        task.memalloc = false
        task.memstall--
        return 1
      }
      const sc = new ScanControl(cluster, gfp.highestZone, null, gfp, task, false)
      sc.mayWritepage = mm.sysctl['vm.laptop_mode'] === 0
      // The call itself, whatever it finds.
      time[0] += mm.config.costs.minorFault
      const progress = yield* doTryToFreePages(zonelist, sc)
      task.memalloc = false
      task.memstall--
      mm.reports.stall({
        start,
        task,
        kind: 'direct',
        memcg: null,
        scanned: sc.totalScanned,
        reclaimed: sc.nrReclaimed,
        priority: Math.max(0, sc.priority),
        outcome: progress > 0 ? 'reclaimed' : 'no-progress',
      })
      return progress
    },

    *tryToFreeMemcgPages(target, nr, task, stats) {
      const sc = new ScanControl(Math.max(nr, cluster), 3, target, GFP_KERNEL, task, false)
      sc.mayWritepage = mm.sysctl['vm.laptop_mode'] === 0
      const outer = task.memalloc
      task.memalloc = true
      time[0] += mm.config.costs.minorFault
      yield* doTryToFreePages(mm.nodes[task.node].zonelist, sc)
      task.memalloc = outer
      stats.scanned = sc.totalScanned
      stats.priority = Math.max(0, sc.priority)
      return sc.nrReclaimed
    },
  }
}
