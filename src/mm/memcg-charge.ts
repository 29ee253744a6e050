/**
 * Charging pages to memcgs (mm/memcontrol.c `try_charge_memcg`, `mem_cgroup_handle_over_high`).
 */

import type { Mm, Step } from './context.js'
import type { Gfp } from './gfp.js'
import { type Memcg, PAGE_COUNTER_MAX } from './memcg.js'
import { SWAP_CLUSTER_MAX, scaledBatch } from './scan-control.js'
import type { Task } from './task.js'

/** MAX_RECLAIM_RETRIES of the over-high loop. */
const MAX_RECLAIM_RETRIES = 16

export interface MemcgCharge {
  /** Charges one page from the CPU's stock or straight; false if a limit is in the way. */
  tryChargeFast(memcg: Memcg, cpu: number, task: Task | null): boolean
  /** The whole of try_charge: reclaims, kills. @returns false when the charge failed */
  charge(memcg: Memcg, task: Task, gfp: Gfp): Step<boolean>
  /**
   * Charges a frame that was just allocated; gives it back when that fails. While the charge waits the frame counts as
   * held by the kernel. @returns false when it was given back
   */
  chargeFrame(zone: number, memcg: Memcg, task: Task, gfp: Gfp): Step<boolean>
  /** Takes one page off the usage of the group and those above it. */
  uncharge(memcg: Memcg): void
  /** Pays for what the task charged over memory.high, on return to user mode. */
  handleOverHigh(task: Task): Step
  /** Gives every CPU's stock back (drain_all_stock). */
  drainStocks(below: Memcg): void
  /** Pages of the memcg that sit in stocks. */
  stocked(memcg: Memcg): number
}

/** Jiffies of sleep for being `usage` over `high` with a charge of `nr` pages (`calculate_high_delay`). */
export function highDelayJiffies(usage: number, high: number, nr: number, hz: number): number {
  if (usage <= high) return 0
  const overage = Math.floor(((usage - high) * 2 ** 20) / Math.max(high, 1))
  const penalty = Number((BigInt(overage) * BigInt(overage) * BigInt(hz)) >> 34n)
  return Math.min(Math.floor((penalty * nr) / 64), 2 * hz)
}

export function createMemcgCharge(mm: Mm): MemcgCharge {
  const { time } = mm
  const scale = mm.config.pageScale ?? 1
  const BATCH = scaledBatch(mm.profile.memcgChargeBatch, scale)
  const cluster = scaledBatch(SWAP_CLUSTER_MAX, scale)
  const cpus = mm.config.cpus
  const stockMemcg: (Memcg | null)[] = new Array(cpus).fill(null)
  const stock = new Int32Array(cpus)

  /** First level whose limit `n` more pages would exceed, or null after charging them. */
  function chargeUp(memcg: Memcg, n: number): Memcg | null {
    for (let m: Memcg | null = memcg; m?.parent; m = m.parent) if (m.usage + n > m.max) return m
    memcg.charge(n)
    return null
  }

  function refillStock(memcg: Memcg, cpu: number, n: number): void {
    if (stockMemcg[cpu] !== memcg) {
      drainCpu(cpu)
      stockMemcg[cpu] = memcg
    }
    stock[cpu] += n
    if (stock[cpu] > BATCH) drainCpu(cpu)
  }

  function drainCpu(cpu: number): void {
    const m = stockMemcg[cpu]
    if (m && stock[cpu] > 0) m.uncharge(stock[cpu])
    stock[cpu] = 0
    stockMemcg[cpu] = null
  }

  function noteHigh(memcg: Memcg, task: Task | null): void {
    if (!task) return
    for (let m: Memcg | null = memcg; m?.parent; m = m.parent) {
      if (m.usage > m.high || m.swapUsage > m.swapHigh) {
        task.overHigh += BATCH
        return
      }
    }
  }

  function tryChargeFast(memcg: Memcg, cpu: number, task: Task | null): boolean {
    if (memcg.parent === null) return true
    if (stockMemcg[cpu] === memcg && stock[cpu] > 0) {
      stock[cpu]--
      return true
    }
    if (chargeUp(memcg, BATCH) === null) {
      refillStock(memcg, cpu, BATCH - 1)
      noteHigh(memcg, task)
      return true
    }
    if (chargeUp(memcg, 1) === null) {
      noteHigh(memcg, task)
      return true
    }
    return false
  }

  function limiting(memcg: Memcg): Memcg | null {
    for (let m: Memcg | null = memcg; m?.parent; m = m.parent) if (m.usage + 1 > m.max) return m
    return null
  }

  function* charge(memcg: Memcg, task: Task, gfp: Gfp): Step<boolean> {
    let retries = mm.profile.memcgReclaimRetries
    let drained = false
    let passedOom = false
    for (;;) {
      if (tryChargeFast(memcg, task.cpu, task)) return true
      const over = limiting(memcg)
      if (!over) continue
      if (task.memalloc) {
        memcg.charge(1)
        return true
      }
      over.events.max++
      const start = time[0]
      const stats = { scanned: 0, priority: 12 }
      task.memstall++
      const reclaimed = yield* mm.vmscan.tryToFreeMemcgPages(over, cluster, task, stats)
      task.memstall--
      mm.reports.stall({
        start,
        task,
        kind: 'memcg-max',
        memcg: over,
        scanned: stats.scanned,
        reclaimed,
        priority: stats.priority,
        outcome: reclaimed > 0 ? 'reclaimed' : 'no-progress',
      })
      if (over.max - over.usage >= 1) continue
      if (!drained) {
        drainStocks(over)
        drained = true
        continue
      }
      if (gfp.noRetry) return false
      if (reclaimed > 0) continue
      if (retries-- > 0) continue
      if (passedOom && task.oomVictim) return false
      if (task.oomVictim) {
        memcg.charge(1)
        return true
      }
      const ok = yield* mm.oom.memcgOutOfMemory(over, task)
      if (!ok) return false
      passedOom = true
      retries = mm.profile.memcgReclaimRetries
    }
  }

  function* chargeFrame(zone: number, memcg: Memcg, task: Task, gfp: Gfp): Step<boolean> {
    if (tryChargeFast(memcg, task.cpu, task)) return true
    mm.zones[zone].kernelHeld++
    const ok = yield* charge(memcg, task, gfp)
    mm.zones[zone].kernelHeld--
    if (!ok) mm.alloc.free(zone, task.cpu)
    return ok
  }

  function drainStocks(below: Memcg): void {
    for (let c = 0; c < cpus; c++) if (stockMemcg[c]?.isDescendantOf(below)) drainCpu(c)
  }

  function* handleOverHigh(task: Task): Step {
    let nr = task.overHigh
    task.overHigh = 0
    const charged = nr
    let retries = MAX_RECLAIM_RETRIES
    for (;;) {
      let reclaimed = 0
      task.memstall++
      for (let m: Memcg | null = task.memcg; m?.parent; m = m.parent) {
        if (m.usage <= m.high) continue
        m.events.high++
        const start = time[0]
        const stats = { scanned: 0, priority: 12 }
        const got = yield* mm.vmscan.tryToFreeMemcgPages(m, Math.max(nr, cluster), task, stats)
        reclaimed += got
        mm.reports.stall({
          start,
          task,
          kind: 'memcg-high',
          memcg: m,
          scanned: stats.scanned,
          reclaimed: got,
          priority: stats.priority,
          outcome: got > 0 ? 'reclaimed' : 'no-progress',
        })
      }
      task.memstall--
      if (task.oomVictim) return
      const hz = mm.config.hz
      let memory = 0
      let swap = 0
      for (let m: Memcg | null = task.memcg; m?.parent; m = m.parent) {
        if (m.high !== PAGE_COUNTER_MAX)
          memory = Math.max(memory, highDelayJiffies(m.usage, m.high, charged * scale, hz))
        if (m.swapHigh !== PAGE_COUNTER_MAX)
          swap = Math.max(swap, highDelayJiffies(m.swapUsage, m.swapHigh, charged * scale, hz))
      }
      const penalty = Math.min(memory + swap, 2 * hz)
      if (penalty <= hz / 100) return
      if (reclaimed > 0 || retries-- > 0) {
        nr = cluster
        continue
      }
      task.memstall++
      yield time[0] + (penalty * 1e6) / hz
      task.memstall--
      return
    }
  }

  return {
    tryChargeFast,
    charge,
    chargeFrame,
    uncharge(memcg) {
      if (memcg.parent) memcg.uncharge(1)
    },
    handleOverHigh,
    drainStocks,
    stocked(memcg) {
      let n = 0
      for (let c = 0; c < cpus; c++) if (stockMemcg[c] === memcg) n += stock[c]
      return n
    },
  }
}
