/**
 * The OOM killer (mm/oom_kill.c, mm/memcontrol.c `mem_cgroup_out_of_memory`).
 */

import type { Mm, OomCandidate, Step } from './context.js'
import type { Gfp } from './gfp.js'
import type { Memcg } from './memcg.js'
import { oomBadness } from './oom-badness.js'
import type { Task } from './task.js'
import { V } from './vmstat.js'

const OOM_SCORE_ADJ_MIN = -1000

/** Raised when the kernel would panic: nothing left to kill, or vm.panic_on_oom. */
export class OomPanic extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'OomPanic'
  }
}

export interface OomKill {
  /** out_of_memory for a page request. @returns true when the caller should try again */
  outOfMemory(gfp: Gfp, task: Task): Step<boolean>
  /** Limit OOM of `memcg`. @returns true when the charge should be tried again */
  memcgOutOfMemory(memcg: Memcg, task: Task): Step<boolean>
}

interface Verdict {
  victim: Task | null
  /** A victim of an earlier kill has not given its memory back yet. */
  aborted: boolean
  points: number
  candidates: OomCandidate[]
}

export function createOomKill(mm: Mm): OomKill {
  const { vm, time } = mm
  const rules = mm.profile.badness
  /** Points are reckoned in pages of the whole machine: oom_score_adj counts in thousandths of it. */
  const scale = mm.config.pageScale ?? 1

  function evaluate(task: Task, totalpages: number): OomCandidate {
    const rss = task.rss() * scale
    const swap = task.swapents * scale
    const pgtables = task.pgtables * scale
    const b = oomBadness(
      {
        rss,
        swap,
        pgtablesBytes: pgtables * 4096,
        oomScoreAdj: task.oomScoreAdj,
        kthread: task.kthread,
        reaped: task.oomSkip,
      },
      totalpages,
      rules,
    )
    return {
      task,
      rss,
      swap,
      pgtables,
      points: b.eligible ? b.points : null,
      reason: b.reason,
    }
  }

  /** select_bad_process: later wins on ties. */
  function select(tasks: Iterable<Task>, totalpages: number): Verdict {
    const out: Verdict = { victim: null, aborted: false, points: 0, candidates: [] }
    for (const task of tasks) {
      if (task.dead || task.kthread) continue
      if (task.oomVictim && !task.oomSkip) {
        out.aborted = true
        return out
      }
      const c = evaluate(task, totalpages)
      out.candidates.push(c)
      if (c.points === null) continue
      if (out.victim === null || c.points >= out.points) {
        out.victim = task
        out.points = c.points
      }
    }
    return out
  }

  function count(task: Task): void {
    vm[V.oom_kill]++
    for (let m: Memcg | null = task.memcg; m; m = m.parent) m.events.oom_kill++
  }

  function kill(task: Task): void {
    count(task)
    task.oomVictim = true
    mm.sched.killTask(task)
    const when = time[0] + mm.profile.oomReaperDelayUs
    mm.events.at(when, () => {
      if (!task.dead) {
        mm.mmap.reapAnonymous(task)
        task.oomSkip = true
      }
    })
  }

  /** oom_kill_process with memory.oom.group. */
  function killProcess(v: Verdict, invoker: Task, memcg: Memcg | null, constraint: string, totalpages: number): void {
    const victim = v.victim as Task
    const report = {
      constraint,
      memcg,
      invoker,
      victim,
      points: v.points,
      rss: victim.rss() * scale,
      totalpages,
      groupKill: false,
      candidates: v.candidates,
    }
    let group: Memcg | null = null
    for (let m: Memcg | null = victim.memcg; m?.parent; m = m.parent) {
      if (m.oomGroup) group = m
      if (m === memcg) break
    }
    mm.reports.oom(report)
    kill(victim)
    if (!group) return
    group.events.oom_group_kill++
    // The walk over the group comes by the victim once more, and counts it again.
    count(victim)
    for (const task of mm.tasks) {
      if (task === victim || task.dead || !task.memcg.isDescendantOf(group)) continue
      if (task.oomScoreAdj === OOM_SCORE_ADJ_MIN) continue
      const points = v.candidates.find((c) => c.task === task)?.points ?? null
      mm.reports.oom({ ...report, victim: task, points, rss: task.rss() * scale, groupKill: true, candidates: [] })
      kill(task)
    }
  }

  return {
    *outOfMemory(gfp, task) {
      if (task.oomVictim) return true
      if (!gfp.fs) return true
      const totalpages = Math.max(1, (mm.config.totalRam + mm.swapfile.total) * scale)
      const panic = mm.sysctl['vm.panic_on_oom']
      if (panic >= 1) throw new OomPanic('out of memory with vm.panic_on_oom set')
      if (mm.sysctl['vm.oom_kill_allocating_task'] === 1 && task.oomScoreAdj !== OOM_SCORE_ADJ_MIN) {
        const all = [...mm.tasks].filter((t) => !t.dead && !t.kthread).map((t) => evaluate(t, totalpages))
        const own = all.find((c) => c.task === task)
        killProcess(
          { victim: task, aborted: false, points: own?.points ?? 0, candidates: all },
          task,
          null,
          'CONSTRAINT_NONE',
          totalpages,
        )
        return true
      }
      const v = select(mm.tasks, totalpages)
      if (v.aborted) return true
      if (!v.victim) throw new OomPanic('out of memory and no process that may be killed')
      killProcess(v, task, null, 'CONSTRAINT_NONE', totalpages)
      return true
    },

    // biome-ignore lint/correctness/useYield: part of the waiting interface; selection itself never waits
    *memcgOutOfMemory(memcg, task) {
      memcg.events.oom++
      if (memcg.max - memcg.usage >= 1 || task.oomVictim) return true
      const swapPart = mm.sysctl['vm.swappiness'] !== 0 ? Math.min(memcg.swapMax, mm.swapfile.total) : 0
      const totalpages = Math.max(1, (memcg.max + swapPart) * scale)
      // Tasks of each group of the subtree, in pre-order.
      const order: Task[] = []
      for (const m of memcg.walk()) for (const t of mm.tasks) if (t.memcg === m) order.push(t)
      const v = select(order, totalpages)
      if (v.aborted) return true
      if (!v.victim) return false
      killProcess(v, task, memcg, 'CONSTRAINT_MEMCG', totalpages)
      return true
    },
  }
}
