/**
 * Node reclaim, vm.zone_reclaim_mode (mm/vmscan.c `node_reclaim`): direct reclaim inside the fast path.
 */

import type { Mm, Step } from './context.js'
import type { Gfp } from './gfp.js'
import { LRU_ACTIVE_FILE, LRU_INACTIVE_FILE } from './lru.js'
import { ScanControl, SWAP_CLUSTER_MAX, scaledBatch } from './scan-control.js'
import type { Task } from './task.js'
import { NS, V } from './vmstat.js'
import type { Pgdat, Zone } from './zone.js'

const RECLAIM_WRITE = 2
const RECLAIM_UNMAP = 4
/** node_reclaim_distance */
const RECLAIM_DISTANCE = 30
const NODE_RECLAIM_PRIORITY = 4

export interface NodeReclaim {
  /**
   * The fast path again, reclaiming in each zone that is too low.
   * @param take removes a page from a zone
   * @returns dense zone index, −1 when no zone could be helped
   */
  fastPath(list: Zone[], gfp: Gfp, task: Task, take: (zone: Zone) => boolean): Step<number>
}

export function createNodeReclaim(mm: Mm): NodeReclaim {
  const { ns, vm, time, sysctl } = mm
  const cluster = scaledBatch(SWAP_CLUSTER_MAX, mm.config.pageScale)

  function pagecacheReclaimable(node: Pgdat, mode: number): number {
    const at = node.id * NS.NR
    const fileLru =
      mm.vmscan.listSize(mm.rootMemcg, node, LRU_INACTIVE_FILE) +
      mm.vmscan.listSize(mm.rootMemcg, node, LRU_ACTIVE_FILE)
    let n = mode & RECLAIM_UNMAP ? ns[at + NS.filePages] : Math.max(0, fileLru - ns[at + NS.mapped])
    if (!(mode & RECLAIM_WRITE)) n -= Math.min(n, ns[at + NS.dirty])
    return n
  }

  /** Σ over zones of ⌊managed · ratio / 100⌋ */
  function share(node: Pgdat, ratio: number): number {
    let n = 0
    for (const z of node.zones) n += Math.floor((z.managed * ratio) / 100)
    return n
  }

  function* reclaim(node: Pgdat, gfp: Gfp, task: Task, mode: number): Step {
    const start = time[0]
    const sc = new ScanControl(cluster, gfp.highestZone, null, gfp, task, false)
    sc.priority = NODE_RECLAIM_PRIORITY
    sc.mayWritepage = (mode & RECLAIM_WRITE) !== 0
    sc.mayUnmap = (mode & RECLAIM_UNMAP) !== 0
    node.reclaimLocked = true
    task.memalloc = true
    task.memstall++
    time[0] += mm.config.costs.minorFault
    if (pagecacheReclaimable(node, mode) > share(node, sysctl['vm.min_unmapped_ratio'])) {
      do {
        yield* mm.vmscan.shrinkNode(node, sc)
      } while (sc.nrReclaimed < 1 && --sc.priority >= 0)
    }
    task.memstall--
    task.memalloc = false
    node.reclaimLocked = false
    if (sc.nrReclaimed < 1) vm[V.zone_reclaim_failed]++
    mm.reports.stall({
      start,
      task,
      kind: 'node-reclaim',
      memcg: null,
      scanned: sc.totalScanned,
      reclaimed: sc.nrReclaimed,
      priority: Math.max(0, sc.priority),
      outcome: sc.nrReclaimed > 0 ? 'reclaimed' : 'no-progress',
    })
  }

  return {
    *fastPath(list, gfp, task, take) {
      const mode = sysctl['vm.zone_reclaim_mode']
      const preferred = list[0].node
      const h = gfp.highestZone
      for (const zone of list) {
        const { node } = zone
        const mark = zone.low + zone.boost
        if (zone.watermarkOk(mark, h) && take(zone)) return zone.id
        if ((preferred.distance[node.id] ?? 20) > RECLAIM_DISTANCE) continue
        const at = node.id * NS.NR
        const enoughCache = pagecacheReclaimable(node, mode) > share(node, sysctl['vm.min_unmapped_ratio'])
        const enoughSlab = ns[at + NS.slabReclaimable] > share(node, sysctl['vm.min_slab_ratio'])
        if (!enoughCache && !enoughSlab) continue
        if (!gfp.directReclaim || task.memalloc) continue
        if (node.cpus.length > 0 && node.id !== task.node) continue
        if (node.reclaimLocked) continue
        yield* reclaim(node, gfp, task, mode)
        if (zone.watermarkOk(mark, h) && take(zone)) return zone.id
      }
      return -1
    },
  }
}
