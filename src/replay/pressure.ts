/** Keeps the books of memory pressure (psi) for the actors of a replay. */

import type { Mm } from '../mm/context.js'
import { type CpuBook, PsiGroup } from '../mm/psi.js'
import type { Task } from '../mm/task.js'
import type { Actor } from './scheduler.js'

export class Pressure {
  private readonly psi: PsiGroup
  private readonly watched = new Map<Task, { id: number; actor: Actor }>()
  private readonly freeIds: number[] = []
  private nextId = 0

  constructor(private readonly mm: Mm) {
    this.psi = new PsiGroup(mm.config.cpus, mm.config.hz)
  }

  /** Follows a task from now on: when it runs, sleeps and waits for memory. */
  watch(task: Task, actor: Actor): void {
    const { psi, mm } = this
    const id = this.freeIds.pop() ?? this.nextId++
    this.watched.set(task, { id, actor })
    psi.place(id, task.cpu, mm.time[0])
    // Who wants to run has a CPU, or a share of one.
    actor.onWake = () => psi.wakes(id, mm.time[0])
    actor.onSleep = () => psi.sleeps(id, task.iowait, mm.time[0])
    task.onMemstall = (_, stalled) => {
      if (stalled) psi.enter(id, mm.time[0])
      else psi.leave(id, mm.time[0])
    }
  }

  unwatch(task: Task): void {
    const watch = this.watched.get(task)
    if (!watch) return
    task.onMemstall = null
    watch.actor.onWake = null
    watch.actor.onSleep = null
    this.psi.remove(watch.id, this.mm.time[0])
    this.watched.delete(task)
    this.freeIds.push(watch.id)
  }

  /** See `PsiGroup.ran`; for a task that is followed, as are the next two. */
  ran(task: Task, from: number, to: number): void {
    this.psi.ran(this.idOf(task), from, to)
  }

  openBook(task: Task): CpuBook | null {
    return this.psi.openBook(this.idOf(task))
  }

  closeBook(task: Task, book: CpuBook): void {
    this.psi.closeBook(this.idOf(task), book)
  }

  private idOf(task: Task): number {
    return (this.watched.get(task) as { id: number }).id
  }

  /** `total=` of /proc/pressure/memory at `t`, µs. */
  totals(t: number): { some: number; full: number } {
    return this.psi.totals(t)
  }
}
