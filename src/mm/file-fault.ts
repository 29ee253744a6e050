/**
 * Faults on mapped files (mm/filemap.c `filemap_fault`, mm/memory.c `do_fault_around`, `finish_fault`).
 */

import type { Mm, Step } from './context.js'
import { GFP_PAGECACHE } from './gfp.js'
import {
  CHUNK_MASK,
  CHUNK_SHIFT,
  type PageIndex,
  PG_LOCKED,
  PG_READAHEAD,
  PG_RESIDENT,
  PTE_DIRTY,
  PTE_PRESENT,
  PTE_WRITE,
  PTE_YOUNG,
} from './page.js'
import type { AddressSpace, Task, Vma } from './task.js'
import { NS, V } from './vmstat.js'

export interface FileFault {
  /** Whether the page is in the cache and nothing has to be waited for: then `minor` is the whole fault. */
  isMinor(task: Task, vma: Vma, at: number, write: boolean): boolean
  /** Maps a cached page and its neighbours. `entry`: the page-table entry of the fault. */
  minor(task: Task, vma: Vma, entry: PageIndex, at: number, write: boolean): void
  /** Whatever it takes. @returns false if the task died or got no memory */
  any(task: Task, vma: Vma, entry: PageIndex, at: number, write: boolean): Step<boolean>
}

export function createFileFault(mm: Mm): FileFault {
  const { pages, vm, ns, rmap } = mm
  const { pte, flags } = pages

  /** Maps cached neighbours of a read fault (do_fault_around). */
  function faultAround(task: Task, vma: Vma, file: AddressSpace, at: number): void {
    const n = mm.config.faultAroundPages
    if (n <= 1) return
    // The window stays within one page table, which `entry` of the fault is in.
    const start = Math.max(at - (at % n), at & ~CHUNK_MASK)
    const end = Math.min(start + n, vma.pages, (at | CHUNK_MASK) + 1)
    const cached = mm.filemap.peek(file, at & ~CHUNK_MASK)
    if (cached < 0) return
    const entries = vma.chunks[at >> CHUNK_SHIFT]
    for (let i = start; i < end; i++) {
      const page = cached + (i & CHUNK_MASK)
      if ((flags[page] & (PG_RESIDENT | PG_LOCKED | PG_READAHEAD)) !== PG_RESIDENT || i === at) continue
      const entry = entries + (i & CHUNK_MASK)
      if (pte[entry] !== 0) continue
      map(task, entry, page, false)
      if (vma.ra.mmapMiss > 0) vma.ra.mmapMiss--
    }
  }

  function map(task: Task, entry: PageIndex, page: PageIndex, write: boolean): void {
    if (!rmap.mapped(page)) ns[mm.statsOf(page) + NS.mapped]++
    pte[entry] = PTE_PRESENT | PTE_YOUNG | (write ? PTE_DIRTY | PTE_WRITE : 0)
    task.rssFile++
  }

  /** The page is there: its entry is made, and a page that is written becomes dirty. */
  function finish(task: Task, vma: Vma, entry: PageIndex, page: PageIndex, write: boolean): void {
    if (!(pte[entry] & PTE_PRESENT)) map(task, entry, page, write)
    if (vma.lockedEnd > 0 && vma.isLocked(pages.numberOf(page))) mm.mlock.lockPage(page)
    if (!write) return
    pte[entry] |= PTE_DIRTY | PTE_WRITE | PTE_YOUNG
    mm.slab.attachBuffers(page, task)
    mm.writeback.setPageDirty(page)
  }

  function* any(task: Task, vma: Vma, entry: PageIndex, at: number, write: boolean): Step<boolean> {
    const file = vma.file as AddressSpace
    if (at >= file.size) file.size = at + 1
    if (!write) faultAround(task, vma, file, at)
    let page = mm.filemap.peek(file, at)
    let major = false
    for (;;) {
      if (task.oomVictim || task.dead) return false
      page = mm.filemap.peek(file, at)
      if (page < 0 || !(flags[page] & PG_RESIDENT)) {
        if (!major) {
          vm[V.pgmajfault]++
          vm[V.pgfault]++
          major = true
        }
        if (!vma.randRead && ++vma.ra.mmapMiss <= 100) {
          yield* mm.readahead.around(file, vma.ra, at, task)
          page = mm.filemap.peek(file, at)
        }
        if (page < 0 || !(flags[page] & PG_RESIDENT)) {
          page = yield* mm.filemap.addPage(file, at, GFP_PAGECACHE, task)
          if (page < 0) return false
          if (flags[page] & PG_LOCKED) mm.filemap.readOne(page)
        }
        yield* mm.filemap.waitRead(page, task)
      } else if (flags[page] & PG_LOCKED) {
        if (!major) vm[V.pgfault]++
        yield* mm.filemap.waitRead(page, task)
      } else {
        if (vma.ra.mmapMiss > 0 && !major) vma.ra.mmapMiss--
        if (flags[page] & PG_READAHEAD && !vma.randRead) {
          flags[page] &= ~PG_READAHEAD
          yield* mm.readahead.async(file, vma.ra, at, 1, task)
        }
      }
      if (flags[page] & PG_RESIDENT && !(flags[page] & PG_LOCKED)) break
    }
    if (task.dead) return false
    finish(task, vma, entry, page, write)
    if (write) yield* mm.writeback.balance(task, 1)
    return true
  }

  return {
    isMinor(task, vma, at, write) {
      const page = mm.filemap.peek(vma.file as AddressSpace, at)
      if (page < 0 || (flags[page] & (PG_RESIDENT | PG_LOCKED)) !== PG_RESIDENT) return false
      if (flags[page] & PG_READAHEAD && !vma.randRead) return false
      return !write || mm.writeback.balanceNotDue(task)
    },

    minor(task, vma, entry, at, write) {
      const file = vma.file as AddressSpace
      if (at >= file.size) file.size = at + 1
      if (!write) faultAround(task, vma, file, at)
      if (vma.ra.mmapMiss > 0) vma.ra.mmapMiss--
      finish(task, vma, entry, mm.filemap.peek(file, at), write)
      if (write) task.nrDirtied++
    },

    any,
  }
}
