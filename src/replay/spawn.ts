/** How a process begins: a task with the memory it has before it touches any of its own. */

import type { Mm } from '../mm/context.js'
import type { Memcg } from '../mm/memcg.js'
import { TASK_SLAB_PAGES } from '../mm/slab.js'
import { Task } from '../mm/task.js'
import { NS, V } from '../mm/vmstat.js'
import type { EventDetail } from '../trace/events.js'

/** Page tables that map the stack, the program and its libraries. Measured: a new process has 11. */
const BASE_PAGE_TABLES = 11

type SpawnDetail = Extract<EventDetail, { op: 'spawn' }>

/** A new task on the given CPU, in the model's task list. @param serial its number in the trace */
export function spawnTask(mm: Mm, serial: number, d: SpawnDetail, memcg: Memcg, cpu: number): Task {
  const node = Math.max(
    0,
    mm.nodes.findIndex((n) => n.cpus.includes(cpu)),
  )
  const task = new Task(serial, d.pid, d.comm, memcg, cpu, node, d.oom_score_adj)
  mm.tasks.add(task)
  return task
}

/** Whole pages of amounts that come in fractions, where a page of the model stands for several. */
class Parts {
  private left = 0.5

  constructor(private readonly scale: number) {}

  take(pages: number): number {
    const sum = this.left + pages / this.scale
    const whole = Math.floor(sum)
    this.left = sum - whole
    return whole
  }
}

/**
 * Page tables, stack and slab of a process, the pages it wrote to while it started, and the resident pages it shares with
 * its parent, which count in its rss only.
 * @returns what gives a new task all that
 */
export function createFootprints(mm: Mm): (task: Task) => void {
  const p = mm.config.process
  const parts = (): Parts => new Parts(mm.config.pageScale ?? 1)
  const [faults, owned, file, shmem, inherited, tables, stack, slab] = Array.from({ length: 8 }, parts)
  // Faults on file and shared pages map what is there; the others copied a page.
  const copied = Math.max(0, p.spawnMinorFaults - p.filePages - p.shmemPages)

  return (task) => {
    const own = owned.take(copied)
    mm.vm[V.pgfault] += faults.take(p.spawnMinorFaults - copied)
    task.rssFile += file.take(p.filePages)
    task.rssShmem += shmem.take(p.shmemPages)
    task.rssAnon += inherited.take(Math.max(0, p.anonPages - copied))
    const pgtables = tables.take(BASE_PAGE_TABLES)
    task.kernelStackPages = stack.take(p.kernelStackPages)
    mm.mmap.kernelPages(task, pgtables + task.kernelStackPages + slab.take(TASK_SLAB_PAGES))
    task.pgtables += pgtables
    const at = task.node * NS.NR
    mm.ns[at + NS.pageTablePages] += pgtables
    mm.ns[at + NS.kernelStackPages] += task.kernelStackPages
    if (own === 0) return
    const vma = mm.mmap.newRegion(task, 'anon', own, null)
    for (let i = 0; i < own; i++) {
      // Where memory is short the process starts with fewer pages of its own.
      if (!mm.memory.populate(task, vma, i)) break
    }
    // The table that maps these pages is one of the base ones.
    task.pgtables -= vma.tables
    mm.ns[at + NS.pageTablePages] -= vma.tables
  }
}
