/**
 * kswapd (mm/vmscan.c `kswapd`, `balance_pgdat`, `wakeup_kswapd`).
 */

import type { Mm, Step } from './context.js'
import { GFP_KERNEL } from './gfp.js'
import { LRU_ACTIVE_ANON, LRU_INACTIVE_ANON } from './lru.js'
import { inactiveIsLow } from './scan-balance.js'
import { DEF_PRIORITY, ScanControl, SWAP_CLUSTER_MAX, scaledBatch } from './scan-control.js'
import { Task } from './task.js'
import { V } from './vmstat.js'
import type { Pgdat } from './zone.js'

export const MAX_RECLAIM_RETRIES = 16

/** State of one kswapd that its scheduler needs. */
export interface KswapdThread {
  node: Pgdat
  task: Task
  /** `nap`: the first 100 ms of sleep; `asleep`: until woken. */
  state: 'running' | 'nap' | 'asleep'
  /** Woken during the nap. */
  wokenEarly: boolean
}

export interface Kswapd {
  readonly threads: KswapdThread[]
  /** wakeup_kswapd for a request with this highest zone index. */
  wakeup(node: Pgdat, highestZone: number): void
  /** The thread itself: never returns. */
  run(thread: KswapdThread): Step
  /** pgdat_balanced */
  balanced(node: Pgdat, highestZone: number): boolean
}

export function createKswapd(mm: Mm): Kswapd {
  const { time, vm } = mm
  const cluster = scaledBatch(SWAP_CLUSTER_MAX, mm.config.pageScale)
  const threads: KswapdThread[] = mm.nodes.map((node) => ({
    node,
    // kswapd of a node runs on its last CPU, so that it has per-CPU lists of its own where there is more than one.
    task: new Task(-1 - node.id, 0, `kswapd${node.id}`, mm.rootMemcg, node.cpus.at(-1) ?? 0, node.id, 0, true),
    state: 'asleep',
    wokenEarly: false,
  }))

  function balanced(node: Pgdat, highestZone: number): boolean {
    let any = false
    for (const zone of node.zones) {
      if (zone.index > highestZone || zone.managed === 0) continue
      any = true
      if (zone.watermarkOk(zone.high + zone.boost, highestZone)) return true
    }
    return !any
  }

  function isBoosted(node: Pgdat, highestZone: number): boolean {
    for (const zone of node.zones) if (zone.index <= highestZone && zone.boost > 0) return true
    return false
  }

  function prepareSleep(node: Pgdat, highestZone: number): boolean {
    mm.throttle.wakePfmemalloc(node)
    if (node.kswapdFailures >= MAX_RECLAIM_RETRIES) return true
    if (balanced(node, highestZone)) {
      node.flagDirty = false
      node.flagWriteback = false
      mm.rootMemcg.lruvecs[node.id].congested = false
      return true
    }
    return false
  }

  function* run(thread: KswapdThread): Step {
    const { node } = thread
    let highest = 3
    for (;;) {
      // Step 1: what is asked for.
      if (node.kswapdHighestZone >= 0) highest = node.kswapdHighestZone
      // Step 2: try to sleep.
      let early = false
      const ready = prepareSleep(node, highest)
      if (ready) {
        thread.state = 'nap'
        thread.wokenEarly = false
        yield time[0] + 100_000
        early = thread.wokenEarly
        if (early && node.kswapdHighestZone >= 0) highest = Math.max(highest, node.kswapdHighestZone)
      }
      if (ready && !early && prepareSleep(node, highest)) {
        thread.state = 'asleep'
        yield Number.POSITIVE_INFINITY
      } else if (early) {
        vm[V.kswapd_low_wmark_hit_quickly]++
      } else {
        vm[V.kswapd_high_wmark_hit_quickly]++
      }
      thread.state = 'running'
      if (node.kswapdHighestZone >= 0) highest = node.kswapdHighestZone
      node.kswapdHighestZone = -1
      yield* balancePgdat(thread, highest)
    }
  }

  function ageNode(node: Pgdat, sc: ScanControl): void {
    if (!mm.vmscan.canAgeAnon()) return
    const root = mm.rootMemcg
    const inactive = mm.vmscan.listSize(root, node, LRU_INACTIVE_ANON)
    const active = mm.vmscan.listSize(root, node, LRU_ACTIVE_ANON)
    if (!inactiveIsLow(inactive, active, mm.config.pageScale)) return
    for (const m of root.walk()) mm.vmscan.list.active(cluster, m.lruvecs[node.id], LRU_ACTIVE_ANON, sc)
  }

  function* balancePgdat(thread: KswapdThread, highest: number): Step {
    const { node, task } = thread
    const start = time[0]
    const sc = new ScanControl(0, highest, null, GFP_KERNEL, task, true)
    const zones = node.zones.filter((z) => z.index <= highest && z.managed > 0)
    task.memstall++
    vm[V.pageoutrun]++
    const boosts = zones.map((z) => z.boost)
    let boostLeft = boosts.reduce((a, b) => a + b, 0)
    let isBalanced = false

    restart: for (;;) {
      for (const z of zones) z.reclaimActive = true
      sc.priority = DEF_PRIORITY
      do {
        const before = sc.nrReclaimed
        sc.reclaimIdx = highest
        isBalanced = balanced(node, highest)
        if (!isBalanced && boostLeft > 0) {
          boostLeft = 0
          continue restart
        }
        if (isBalanced && boostLeft === 0) break restart
        let raise = !(boostLeft > 0 && sc.priority === DEF_PRIORITY - 2)
        sc.mayWritepage = mm.sysctl['vm.laptop_mode'] === 0 && boostLeft === 0
        sc.maySwap = boostLeft === 0
        if (sc.priority < DEF_PRIORITY - 2) sc.mayWritepage = true
        ageNode(node, sc)

        // kswapd_shrink_node
        sc.nrScanned = 0
        sc.nrToReclaim = 0
        for (const z of zones) sc.nrToReclaim += Math.max(z.high + z.boost, cluster)
        yield* mm.vmscan.shrinkNode(node, sc)
        if (sc.nrScanned >= sc.nrToReclaim) raise = false

        mm.throttle.wakePfmemalloc(node)
        const progress = sc.nrReclaimed - before
        const boosting = boostLeft > 0
        boostLeft = Math.max(0, boostLeft - progress)
        if (boosting && progress === 0) break
        if (raise || progress === 0) sc.priority--
        if (time[0] > mm.horizon[0]) yield time[0]
      } while (sc.priority >= 1)
      if (sc.nrReclaimed === 0) node.kswapdFailures++
      break
    }

    for (const z of zones) z.reclaimActive = false
    zones.forEach((z, i) => {
      z.boost = Math.max(0, z.boost - boosts[i])
    })
    mm.vmscan.snapshotRefaults(mm.rootMemcg, node)
    task.memstall--
    mm.reports.kswapdCycle({
      start,
      node: node.id,
      scanned: sc.totalScanned,
      reclaimed: sc.nrReclaimed,
      priority: sc.priority,
      highestZone: highest,
      balanced: isBalanced || balanced(node, highest),
    })
  }

  return {
    threads,
    balanced,
    run,
    wakeup(node, highestZone) {
      if (node.kswapdHighestZone < highestZone) node.kswapdHighestZone = highestZone
      const thread = threads[node.id]
      if (thread.state === 'running') return
      if (thread.wokenEarly && thread.state === 'nap') return
      if (node.kswapdFailures >= MAX_RECLAIM_RETRIES) return
      if (!isBoosted(node, highestZone) && balanced(node, highestZone)) return
      thread.wokenEarly = true
      mm.sched.wakeKswapd(node)
    },
  }
}
