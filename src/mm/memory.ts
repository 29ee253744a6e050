/**
 * Touching memory: present pages, and page faults (mm/memory.c).
 */

import type { Mm, Step } from './context.js'
import { GFP_HIGHUSER_MOVABLE, GFP_PAGECACHE } from './gfp.js'
import {
  CHUNK_MASK,
  CHUNK_PAGES,
  CHUNK_SHIFT,
  type PageIndex,
  PG_ACTIVE,
  PG_ANON,
  PG_LOCKED,
  PG_READAHEAD,
  PG_RESIDENT,
  PG_SWAPBACKED,
  PG_SWAPCACHE,
  PTE_DIRTY,
  PTE_PRESENT,
  PTE_SWAP,
  PTE_WRITE,
  PTE_YOUNG,
  PTE_ZERO,
} from './page.js'
import type { AddressSpace, Task, Vma } from './task.js'
import { NR_NODE_STATS, NS, V } from './vmstat.js'

export interface MemoryOps {
  /**
   * Touches pages [from, to) as long as they are present.
   * @returns the first page that faults, or `to`
   */
  touchPresent(vma: Vma, from: number, to: number, write: boolean): number
  /** The same for an explicit list, `list[from..to)`; returns a position in the list. */
  touchList(vma: Vma, list: Uint32Array, from: number, to: number, write: boolean): number
  /** Handles a fault that needs no waiting (first touch of anonymous memory above the low mark). */
  faultFast(task: Task, vma: Vma, at: number, write: boolean): boolean
  /** Handles any fault. @returns false if the task was killed meanwhile */
  fault(task: Task, vma: Vma, at: number, write: boolean): Step<boolean>
  /** Page of a region, −1 where nothing was touched yet. */
  pageOf(vma: Vma, at: number): PageIndex
  /** A charged frame for a user page; −1 if the task got none. */
  newFrame(task: Task): Step<number>
  /** Makes a frame the new content of an anonymous or shared page; `kind`: flags besides PG_SWAPBACKED. */
  install(page: PageIndex, zone: number, task: Task, kind: number): void
  /** Waits for the read of a swap-cache page; `retry`: the fault handler is entered again afterwards. */
  waitSwapRead(page: PageIndex, task: Task, retry: boolean): Step
}

export function createMemory(mm: Mm): MemoryOps {
  const { pages, vm, ns, time, rmap, lru } = mm
  const { pte, flags, zone, memcg, mapping, index, slot } = pages
  const { touch, minorFault } = mm.config.costs

  function stat(page: PageIndex, item: number, n: number): void {
    ns[mm.zoneNode[zone[page]] * NR_NODE_STATS + item] += n
  }

  function pageOf(vma: Vma, at: number): PageIndex {
    const base = vma.chunks[at >> CHUNK_SHIFT]
    return base < 0 ? -1 : base + (at & CHUNK_MASK)
  }

  function touchPresent(vma: Vma, from: number, to: number, write: boolean): number {
    const { chunks } = vma
    const need = write ? PTE_PRESENT | PTE_WRITE : PTE_PRESENT
    const set = write ? PTE_YOUNG | PTE_DIRTY : PTE_YOUNG
    let i = from
    scan: while (i < to) {
      const base = chunks[i >> CHUNK_SHIFT]
      if (base < 0) break
      const last = i | CHUNK_MASK
      const end = last < to ? last + 1 : to
      for (let p = base + (i & CHUNK_MASK); i < end; i++, p++) {
        const e = pte[p]
        if ((e & need) !== need) break scan
        pte[p] = e | set
      }
    }
    time[0] += touch * (i - from)
    return i
  }

  function touchList(vma: Vma, list: Uint32Array, from: number, to: number, write: boolean): number {
    const { chunks } = vma
    const need = write ? PTE_PRESENT | PTE_WRITE : PTE_PRESENT
    const set = write ? PTE_YOUNG | PTE_DIRTY : PTE_YOUNG
    let i = from
    for (; i < to; i++) {
      const at = list[i]
      const base = chunks[at >> CHUNK_SHIFT]
      if (base < 0) break
      const p = base + (at & CHUNK_MASK)
      const e = pte[p]
      if ((e & need) !== need) break
      if ((e & set) !== set) pte[p] = e | set
    }
    time[0] += touch * (i - from)
    return i
  }

  /** The page-table entry of a region, with a page table where there was none. */
  function entryOf(task: Task, vma: Vma, at: number): PageIndex {
    const c = at >> CHUNK_SHIFT
    let base = vma.chunks[c]
    if (base < 0) {
      base = pages.allocChunk()
      vma.chunks[c] = base
      mm.mmap.pageTable(task, vma, c)
      const first = c << CHUNK_SHIFT
      for (let k = 0; k < CHUNK_PAGES; k++) {
        mapping[base + k] = vma.id
        index[base + k] = first + k
      }
    }
    return base + (at & CHUNK_MASK)
  }

  /** A frame for an anonymous or shared page arrives: everything a new page is. */
  function install(page: PageIndex, z: number, task: Task, kind: number): void {
    zone[page] = z
    memcg[page] = task.memcg.id
    flags[page] = PG_RESIDENT | PG_SWAPBACKED | kind
    lru.addBatched(page, task.cpu)
  }

  function mapAnon(page: PageIndex, task: Task, write: boolean): void {
    pte[page] = PTE_PRESENT | PTE_YOUNG | (write ? PTE_DIRTY | PTE_WRITE : 0)
    task.rssAnon++
    stat(page, NS.anonPages, 1)
  }

  function lockIfMlocked(page: PageIndex, vma: Vma): void {
    if (vma.lockedEnd > 0 && vma.isLocked(index[page])) mm.mlock.lockPage(page)
  }

  function faultFast(task: Task, vma: Vma, at: number, write: boolean): boolean {
    if (vma.kind !== 'anon' || !write) return false
    const page = entryOf(task, vma, at)
    if (pte[page] !== 0 || flags[page] & PG_RESIDENT) return false
    const z = mm.alloc.fast(GFP_HIGHUSER_MOVABLE, task)
    if (z < 0) return false
    if (task.memcg.parent && !mm.charge.tryChargeFast(task.memcg, task.cpu, task)) {
      mm.alloc.free(z, task.cpu)
      return false
    }
    vm[V.pgfault]++
    time[0] += minorFault
    install(page, z, task, PG_ANON)
    mapAnon(page, task, true)
    if (vma.lockedEnd > 0) lockIfMlocked(page, vma)
    return task.overHigh === 0
  }

  /** A charged frame for a user page; −1 if the task got none. */
  function* newFrame(task: Task): Step<number> {
    let z = mm.alloc.fast(GFP_HIGHUSER_MOVABLE, task)
    if (z < 0) z = yield* mm.alloc.slow(GFP_HIGHUSER_MOVABLE, task)
    if (z < 0) return -1
    if (task.memcg.parent && !(yield* mm.charge.chargeFrame(z, task.memcg, task, GFP_HIGHUSER_MOVABLE))) return -1
    return z
  }

  function* anonFault(task: Task, vma: Vma, page: PageIndex, write: boolean): Step<boolean> {
    if (!write) {
      pte[page] = PTE_PRESENT | PTE_YOUNG | PTE_ZERO
      return true
    }
    // MADV_DONTNEED on a page under I/O: its index is free again when that is over.
    while (mm.mmap.isOrphan(page)) yield Math.max(time[0] + 1, mm.events.nextTime())
    mm.mmap.adopt(page, vma)
    const z = yield* newFrame(task)
    if (z < 0) return false
    if (task.dead || (pte[page] & ~PTE_ZERO & ~PTE_PRESENT & ~PTE_YOUNG) !== 0) {
      mm.alloc.free(z, task.cpu)
      mm.charge.uncharge(task.memcg)
      return !task.dead
    }
    install(page, z, task, PG_ANON)
    mapAnon(page, task, true)
    lockIfMlocked(page, vma)
    return true
  }

  /** Waits for the read of a swap-cache page; counts the second entry of the handler if it had to be left. */
  function* waitSwapRead(page: PageIndex, task: Task, retry: boolean): Step {
    const stalled = (flags[page] & PG_ACTIVE) !== 0
    if (stalled) task.memstall++
    if (flags[page] & PG_LOCKED && retry) vm[V.pgfault]++
    task.iowait = true
    while (flags[page] & PG_LOCKED && !task.oomVictim) {
      const done = Math.max(time[0], mm.swapState.readDone(page))
      if (!mm.sched.sleepUntil(done)) yield done
    }
    task.iowait = false
    if (stalled) task.memstall--
  }

  /** do_swap_page */
  function* swapFault(task: Task, vma: Vma, page: PageIndex, at: number, write: boolean): Step<boolean> {
    for (let attempt = 0; ; attempt++) {
      if (task.oomVictim && attempt > 0) return false
      if (!(pte[page] & PTE_SWAP)) return true
      if (flags[page] & PG_RESIDENT) {
        if (flags[page] & PG_READAHEAD) mm.swapState.noteReadaheadHit(page, vma)
        if (flags[page] & PG_LOCKED) yield* waitSwapRead(page, task, true)
      } else {
        const done = yield* mm.swapState.swapin(page, vma, at, task)
        if (done < 0) {
          if (task.oomVictim || task.dead) return false
          continue
        }
        vm[V.pgmajfault]++
        yield* waitSwapRead(page, task, mm.swapState.lastWindow() > 1)
      }
      if (task.dead) return false
      if (pte[page] & PTE_SWAP && flags[page] & PG_RESIDENT && !(flags[page] & PG_LOCKED)) break
    }
    const s = slot[page]
    pte[page] = PTE_PRESENT | PTE_YOUNG | (write ? PTE_DIRTY | PTE_WRITE : 0)
    task.rssAnon++
    task.swapents--
    stat(page, NS.anonPages, 1)
    mm.swapfile.dropEntry(s)
    if (flags[page] & PG_SWAPCACHE) {
      const full = mm.memcgs[memcg[page]].swapFull(mm.swapfile.nrFree(), mm.swapfile.total)
      // A synchronous device is read past the swap cache.
      if (full || write || vma.isLocked(at) || mm.swapfile.areaOf(s).synchronous) mm.swapState.freeSwap(page)
    }
    lockIfMlocked(page, vma)
    return true
  }

  /** Maps cached neighbours of a read fault (do_fault_around). */
  function faultAround(task: Task, vma: Vma, file: AddressSpace, at: number): void {
    const n = mm.config.faultAroundPages
    if (n <= 1) return
    const start = Math.max(at - (at % n), at & ~CHUNK_MASK)
    const end = Math.min(start + n, vma.pages, (at | CHUNK_MASK) + 1)
    for (let i = start; i < end; i++) {
      if (i === at) continue
      const page = mm.filemap.peek(file, i)
      if (page < 0) continue
      if ((flags[page] & (PG_RESIDENT | PG_LOCKED | PG_READAHEAD)) !== PG_RESIDENT) continue
      const entry = entryOf(task, vma, i)
      if (pte[entry] !== 0) continue
      mapFile(task, entry, page, false)
      if (vma.ra.mmapMiss > 0) vma.ra.mmapMiss--
    }
  }

  function mapFile(task: Task, entry: PageIndex, page: PageIndex, write: boolean): void {
    if (!rmap.mapped(page)) stat(page, NS.mapped, 1)
    pte[entry] = PTE_PRESENT | PTE_YOUNG | (write ? PTE_DIRTY | PTE_WRITE : 0)
    task.rssFile++
  }

  /** filemap_fault and what maps its page. */
  function* fileFault(task: Task, vma: Vma, entry: PageIndex, at: number, write: boolean): Step<boolean> {
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
          if (flags[page] & PG_LOCKED) mm.filemap.submitRead(file, at, 1)
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
    if (!(pte[entry] & PTE_PRESENT)) mapFile(task, entry, page, write)
    lockIfMlocked(page, vma)
    if (write) {
      pte[entry] |= PTE_DIRTY | PTE_WRITE | PTE_YOUNG
      mm.slab.attachBuffers(page, task)
      mm.writeback.setPageDirty(page)
      yield* mm.writeback.balance(task, 1)
    }
    return true
  }

  function* fault(task: Task, vma: Vma, at: number, write: boolean): Step<boolean> {
    vm[V.pgfault]++
    time[0] += minorFault
    const entry = entryOf(task, vma, at)
    const e = pte[entry]
    let ok = true
    if (e & PTE_PRESENT) {
      if (write && e & PTE_ZERO) ok = yield* anonFault(task, vma, entry, true)
      else if (write && vma.kind === 'file') ok = yield* fileFault(task, vma, entry, at, true)
      else {
        // do_wp_page: the page is this process's own, it becomes writable in place.
        pte[entry] = e | PTE_YOUNG | (write ? PTE_DIRTY | PTE_WRITE : 0)
        if (write) vm[V.pgreuse]++
      }
    } else if (vma.kind === 'file') ok = yield* fileFault(task, vma, entry, at, write)
    else if (vma.kind === 'shmem') ok = yield* mm.shmem.fault(task, vma, entry, at)
    else if (e & PTE_SWAP) ok = yield* swapFault(task, vma, entry, at, write)
    else ok = yield* anonFault(task, vma, entry, write)
    if (task.overHigh > 0 && !task.dead) yield* mm.charge.handleOverHigh(task)
    return ok && !task.oomVictim
  }

  return { touchPresent, touchList, faultFast, fault, pageOf, newFrame, install, waitSwapRead }
}
