/**
 * mlock() and the pages it keeps (mm/mlock.c): off the lists that reclaim looks at, onto the unevictable one.
 */

import type { Mm, Step } from './context.js'
import { type PageIndex, PG_ACTIVE, PG_LRU, PG_RESIDENT, PG_UNEVICTABLE, PTE_PRESENT, PTE_ZERO } from './page.js'
import type { Task, Vma } from './task.js'
import { NS, V } from './vmstat.js'

export interface Mlock {
  /** A page of a locked mapping becomes unevictable, wherever it is now (mlock_folio). */
  lockPage(page: PageIndex): void
  /** The same for a page that reclaim has taken off its list. */
  cull(page: PageIndex): void
  /** The page goes back to the evictable lists unless another mapping locks it (munlock_folio). */
  unlockPage(page: PageIndex): void
  mlock(task: Task, vma: Vma, from: number, to: number): Step<boolean>
  munlock(vma: Vma, from: number, to: number): void
}

export function createMlock(mm: Mm): Mlock {
  const { pages, vm, ns, lru, rmap } = mm
  const { pte, flags } = pages

  function count(page: PageIndex, n: number): void {
    ns[mm.statsOf(page) + NS.mlocked] += n
    vm[n > 0 ? V.unevictable_pgs_mlocked : V.unevictable_pgs_munlocked]++
  }

  function cull(page: PageIndex): void {
    if (flags[page] & PG_UNEVICTABLE) return
    flags[page] = (flags[page] | PG_UNEVICTABLE) & ~PG_ACTIVE
    count(page, 1)
  }

  function lockPage(page: PageIndex): void {
    if (flags[page] & PG_UNEVICTABLE || !(flags[page] & PG_RESIDENT)) return
    lru.forget(page)
    cull(page)
    lru.putOnList(page)
  }

  function unlockPage(page: PageIndex): void {
    if (!(flags[page] & PG_UNEVICTABLE) || rmap.locked(page)) return
    const listed = (flags[page] & PG_LRU) !== 0
    if (listed) lru.takeOffList(page)
    flags[page] &= ~PG_UNEVICTABLE
    count(page, -1)
    vm[V.unevictable_pgs_rescued]++
    if (listed) lru.putOnList(page)
  }

  /** Page behind a present entry of the region, −1 if there is none. */
  function mappedPage(vma: Vma, at: number): PageIndex {
    const entry = mm.memory.pageOf(vma, at)
    if (entry < 0 || !(pte[entry] & PTE_PRESENT) || pte[entry] & PTE_ZERO) return -1
    return vma.kind === 'file' && vma.file ? mm.filemap.peek(vma.file, at) : entry
  }

  return {
    lockPage,
    cull,
    unlockPage,

    *mlock(task, vma, from, to) {
      vma.lockedStart = vma.lockedEnd > 0 ? Math.min(vma.lockedStart, from) : from
      vma.lockedEnd = Math.max(vma.lockedEnd, to)
      lru.drainAll()
      // Populated as by a write, where the region may be written.
      const write = vma.kind !== 'file'
      for (let i = from; i < to; i++) {
        const page = mappedPage(vma, i)
        if (page >= 0) lockPage(page)
        else {
          if (!(yield* mm.memory.fault(task, vma, i, write))) return false
          if (mm.time[0] > mm.horizon[0]) yield mm.time[0]
        }
      }
      return true
    },

    munlock(vma, from, to) {
      if (vma.lockedEnd === 0) return
      // A range in the middle splits the region in the kernel; here the locked range shrinks from its ends.
      if (from <= vma.lockedStart) vma.lockedStart = Math.min(Math.max(to, vma.lockedStart), vma.lockedEnd)
      else if (to >= vma.lockedEnd) vma.lockedEnd = Math.max(from, vma.lockedStart)
      if (vma.lockedStart >= vma.lockedEnd) {
        vma.lockedStart = 0
        vma.lockedEnd = 0
      }
      for (let i = from; i < to; i++) {
        const page = mappedPage(vma, i)
        if (page >= 0) unlockPage(page)
      }
    },
  }
}
