/** How a process begins: a task with the memory it has before it touches any of its own. */

import type { Mm } from '../mm/context.js'
import type { Memcg } from '../mm/memcg.js'
import { TASK_SLAB_PAGES } from '../mm/slab.js'
import { Task } from '../mm/task.js'
import { NR_NODE_STATS, NS, V } from '../mm/vmstat.js'
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

/**
 * Page tables, stack and slab of a process, the pages it wrote to while it started, and the resident pages it shares with
 * its parent, which count in its rss only.
 */
export function addFootprint(mm: Mm, task: Task): void {
  const p = mm.config.process
  // Faults on file and shared pages map what is there; the others copied a page.
  const own = Math.max(0, p.spawnMinorFaults - p.filePages - p.shmemPages)
  mm.vm[V.pgfault] += p.spawnMinorFaults - own
  task.rssFile += p.filePages
  task.rssShmem += p.shmemPages
  task.rssAnon += Math.max(0, p.anonPages - own)
  mm.mmap.kernelPages(task, BASE_PAGE_TABLES + p.kernelStackPages + TASK_SLAB_PAGES)
  task.pgtables += BASE_PAGE_TABLES
  const at = task.node * NR_NODE_STATS
  mm.ns[at + NS.pageTablePages] += BASE_PAGE_TABLES
  mm.ns[at + NS.kernelStackPages] += p.kernelStackPages
  if (own === 0) return
  const vma = mm.mmap.newRegion(task, 'anon', own, null)
  // The table that maps these pages is one of the base ones.
  task.pgtables--
  mm.ns[at + NS.pageTablePages]--
  for (let i = 0; i < own; i++) {
    // Where memory is short the process starts with fewer pages of its own.
    if (!mm.memory.populate(task, vma, i)) break
  }
}
