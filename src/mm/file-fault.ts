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
  /**
   * The fault as far as it goes without giving up the CPU. `entry`: its page-table entry.
   * @returns false when it has to wait: go on with `rest`, at once
   */
  noWait(task: Task, vma: Vma, entry: PageIndex, at: number, write: boolean): boolean
  /** @returns false if the task died or got no memory */
  rest(task: Task, vma: Vma, entry: PageIndex, at: number, write: boolean): Step<boolean>
}

/** Where a fault stopped. */
enum At {
  /** Before its first step. */
  start,
  /** In reading around the page. */
  around,
  /** In getting a page. */
  add,
  /** While the page was being read. */
  read,
  /** In readahead for pages to come. */
  asyncReadahead,
  /** With the limits of dirty memory to be looked at. */
  balance,
}

export function createFileFault(mm: Mm): FileFault {
  const { pages, vm, ns, rmap } = mm
  const { pte, flags } = pages
  /** Where the fault at work stopped, and whether it has been counted as a major one. */
  let stopped = At.start
  let major = false

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

  function noWait(task: Task, vma: Vma, entry: PageIndex, at: number, write: boolean): boolean {
    const file = vma.file as AddressSpace
    if (at >= file.size) file.size = at + 1
    if (!write) faultAround(task, vma, file, at)
    major = false
    return cacheAndMap(task, vma, entry, at, write)
  }

  /** One round of filemap_fault, and what maps its page. */
  function cacheAndMap(task: Task, vma: Vma, entry: PageIndex, at: number, write: boolean): boolean {
    const { filemap } = mm
    const file = vma.file as AddressSpace
    const page = filemap.find(file, at)
    if (page < 0) {
      if (!major) {
        vm[V.pgmajfault]++
        vm[V.pgfault]++
        major = true
      }
      stopped = At.around
      if (!vma.randRead && ++vma.ra.mmapMiss <= 100 && !mm.readahead.around(file, vma.ra, at, task)) return false
      stopped = At.add
      if (!addPage(file, at, task)) return false
      stopped = At.read
      if (!filemap.waitReadNoWait(filemap.peek(file, at), task)) return false
    } else if (flags[page] & PG_LOCKED) {
      if (!major) vm[V.pgfault]++
      stopped = At.read
      if (!filemap.waitReadNoWait(page, task)) return false
    } else {
      if (vma.ra.mmapMiss > 0 && !major) vma.ra.mmapMiss--
      stopped = At.asyncReadahead
      if (flags[page] & PG_READAHEAD && !vma.randRead) {
        flags[page] &= ~PG_READAHEAD
        if (!mm.readahead.async(file, vma.ra, at, 1, task)) return false
      }
    }
    return mapCached(task, vma, entry, at, write)
  }

  /** Where reading around brought nothing in, the fault tries harder for its own page. @returns false if that has to wait */
  function addPage(file: AddressSpace, at: number, task: Task): boolean {
    if (mm.filemap.find(file, at) >= 0) return true
    const page = mm.filemap.addPageNoWait(file, at, GFP_PAGECACHE, task)
    if (page < 0) return false
    if (flags[page] & PG_LOCKED) mm.filemap.readOne(page)
    return true
  }

  /** @returns false if the page went away again, or the limits of dirty memory have to be looked at */
  function mapCached(task: Task, vma: Vma, entry: PageIndex, at: number, write: boolean): boolean {
    const page = mm.filemap.peek(vma.file as AddressSpace, at)
    stopped = At.start
    if ((flags[page] & (PG_RESIDENT | PG_LOCKED)) !== PG_RESIDENT) return false
    finish(task, vma, entry, page, write)
    if (!write) return true
    stopped = At.balance
    if (!mm.writeback.balanceNotDue(task)) return false
    task.nrDirtied++
    return true
  }

  function* rest(task: Task, vma: Vma, entry: PageIndex, at: number, write: boolean): Step<boolean> {
    const { filemap } = mm
    const file = vma.file as AddressSpace
    // Others fault as well while this one waits.
    let isMajor = major
    let from = stopped
    while (from !== At.balance) {
      if (from === At.start) {
        if (task.oomVictim || task.dead) return false
        major = isMajor
        if (cacheAndMap(task, vma, entry, at, write)) return true
        isMajor = major
        from = stopped
        continue
      }
      if (from === At.around || from === At.asyncReadahead) yield* mm.readahead.rest(task)
      if ((from === At.around && !addPage(file, at, task)) || from === At.add) {
        const page = yield* filemap.addPageRest(file, at, GFP_PAGECACHE, task)
        if (page < 0) return false
        if (flags[page] & PG_LOCKED) filemap.readOne(page)
      }
      if (from !== At.asyncReadahead) yield* filemap.waitRead(filemap.peek(file, at), task)
      if (task.dead) return false
      if (mapCached(task, vma, entry, at, write)) return true
      from = stopped
    }
    yield* mm.writeback.balance(task, 1)
    return true
  }

  return { noWait, rest }
}
