/**
 * Shared memory (mm/shmem.c): anonymous shared regions, whose pages live in a cache of their own and go to swap without
 * leaving an entry in the page tables.
 */

import type { Mm, Step } from './context.js'
import {
  type PageIndex,
  PG_DIRTY,
  PG_LOCKED,
  PG_RESIDENT,
  PG_SWAPCACHE,
  PG_WRITEBACK,
  PTE_DIRTY,
  PTE_PRESENT,
  PTE_WRITE,
  PTE_YOUNG,
} from './page.js'
import type { Task, Vma } from './task.js'
import { NS, V } from './vmstat.js'

export interface Shmem {
  /** shmem_fault. @returns false if the task got no memory or was killed */
  fault(task: Task, vma: Vma, page: PageIndex, at: number): Step<boolean>
}

export function createShmem(mm: Mm): Shmem {
  const { pages, vm, ns, time } = mm
  const { pte, flags, slot } = pages

  function stat(page: PageIndex, item: number, n: number): void {
    ns[mm.statsOf(page) + item] += n
  }

  function* fault(task: Task, vma: Vma, page: PageIndex, at: number): Step<boolean> {
    while (!(flags[page] & PG_RESIDENT) || flags[page] & PG_SWAPCACHE) {
      if (task.oomVictim || task.dead) return false
      if (slot[page] >= 0) {
        // In swap, or on its way there: back through the swap cache, whose slot is let go at once.
        if (!(flags[page] & PG_RESIDENT)) {
          const done = yield* mm.swapin.read(page, vma, at, task)
          if (done < 0) continue
          vm[V.pgmajfault]++
          yield* mm.memory.waitSwapRead(page, task, true)
        } else if (flags[page] & PG_LOCKED) yield* mm.memory.waitSwapRead(page, task, true)
        else {
          const s = slot[page]
          while (flags[page] & PG_WRITEBACK && !task.oomVictim) yield Math.max(time[0] + 50, mm.events.nextTime())
          if (!(flags[page] & PG_RESIDENT) || slot[page] !== s) continue
          mm.swapState.deleteFromCache(page)
          slot[page] = -1
          mm.swapfile.dropEntry(s)
          mm.swapfile.dropCache(s)
          flags[page] |= PG_DIRTY
          stat(page, NS.shmem, 1)
          stat(page, NS.filePages, 1)
        }
        continue
      }
      const z = yield* mm.memory.newFrame(task)
      if (z < 0) return false
      mm.memory.install(page, z, task, PG_DIRTY)
      stat(page, NS.shmem, 1)
      stat(page, NS.filePages, 1)
    }
    if (!(pte[page] & PTE_PRESENT)) {
      task.rssShmem++
      stat(page, NS.mapped, 1)
    }
    pte[page] = PTE_PRESENT | PTE_YOUNG | PTE_DIRTY | PTE_WRITE
    if (vma.isLocked(at)) mm.mlock.lockPage(page)
    return true
  }

  return { fault }
}
