/** Keeps the books of memory pressure (psi) for the actors of a replay. */

import type { Mm } from '../mm/context.js'
import { PsiGroup } from '../mm/psi.js'
import type { Task } from '../mm/task.js'
import type { Actor } from './scheduler.js'

export class Pressure {
  private readonly psi: PsiGroup
  private readonly ids = new Map<Task, number>()
  private readonly freeIds: number[] = []
  private nextId = 0

  constructor(private readonly mm: Mm) {
    this.psi = new PsiGroup(mm.config.cpus, mm.config.hz)
  }

  /** Follows a task from now on: when it runs, sleeps and waits for memory. */
  watch(task: Task, actor: Actor): void {
    const { psi, mm, ids } = this
    const id = this.freeIds.pop() ?? this.nextId++
    ids.set(task, id)
    psi.place(id, task.cpu, mm.time[0])
    // Who wants to run has a CPU, or a share of one.
    actor.onWake = () => {
      if (!ids.has(task)) return
      psi.setIowait(id, false, mm.time[0])
      psi.setRunnable(id, true, mm.time[0])
      psi.setOnCpu(id, true, mm.time[0])
    }
    actor.onSleep = () => {
      if (!ids.has(task)) return
      psi.setOnCpu(id, false, mm.time[0])
      psi.setRunnable(id, false, mm.time[0])
      psi.setIowait(id, task.iowait, mm.time[0])
    }
    task.onMemstall = (_, stalled) => {
      if (stalled) psi.enter(id, mm.time[0])
      else psi.leave(id, mm.time[0])
    }
  }

  unwatch(task: Task): void {
    const id = this.ids.get(task)
    if (id === undefined) return
    task.onMemstall = null
    this.psi.remove(id, this.mm.time[0])
    this.ids.delete(task)
    this.freeIds.push(id)
  }

  /** `total=` of /proc/pressure/memory at `t`, µs. */
  totals(t: number): { some: number; full: number } {
    return this.psi.totals(t)
  }
}
