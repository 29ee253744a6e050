/**
 * Touching memory: present pages, and page faults (mm/memory.c). Faults on swapped pages and on mapped files have rooms
 * of their own: `swap-fault.ts`, `file-fault.ts`.
 */

import type { Mm, Step } from './context.js'
import { createFileFault } from './file-fault.js'
import { GFP_HIGHUSER_MOVABLE } from './gfp.js'
import {
  CHUNK_MASK,
  CHUNK_SHIFT,
  type PageIndex,
  PG_ANON,
  PG_RESIDENT,
  PG_SWAPBACKED,
  PTE_DIRTY,
  PTE_PRESENT,
  PTE_SWAP,
  PTE_WRITE,
  PTE_YOUNG,
  PTE_ZERO,
} from './page.js'
import { createSwapFault } from './swap-fault.js'
import type { Task, Vma } from './task.js'
import { NS, V } from './vmstat.js'

/** How far `faultNoWait` came. */
export enum Fault {
  /** All the way. */
  done,
  /** Nowhere, nothing has happened yet. */
  notBegun,
  /** To where a frame, or its charge, has to be waited for. */
  inAnon,
  /** To where a page has to be read from swap. */
  inSwap,
  /** To where a page of a file has to be waited for. */
  inFile,
  /** To the end, but what was charged over memory.high has to be paid for. */
  overHigh,
}

export interface MemoryOps {
  /** Touches one page. Whoever calls books the time, `costs.touch` a page. @returns false if it faults */
  touchPage(vma: Vma, at: number, write: boolean): boolean
  /**
   * Touches pages [from, to) as long as they are present, without booking the time either.
   * @returns the first page that faults, or `to`
   */
  touchPresent(vma: Vma, from: number, to: number, write: boolean): number
  /** The same for an explicit list, `list[from..to)`; returns a position in the list. */
  touchList(vma: Vma, list: Uint32Array, from: number, to: number, write: boolean): number
  /** First touch of anonymous memory as a process starts, while free memory is above the low mark. @returns false below it */
  populate(task: Task, vma: Vma, at: number): boolean
  /** A fault as far as it goes without giving up the CPU. @returns Fault.done, or what `finishFault` goes on with, at once */
  faultNoWait(task: Task, vma: Vma, at: number, write: boolean): Fault
  /** The rest of it. @returns false if the task was killed meanwhile */
  finishFault(stopped: Fault, task: Task, vma: Vma, at: number, write: boolean): Step<boolean>
  /** Handles any fault: the two in one. */
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
  const { pages, vm, ns, time, lru } = mm
  const { pte, flags, zone } = pages
  const { minorFault } = mm.config.costs
  const swapFault = createSwapFault(mm)
  const fileFault = createFileFault(mm)
  /** The frame of a fault that stopped in anonymous memory, −1 if it got none. */
  let frame = -1

  function stat(page: PageIndex, item: number, n: number): void {
    ns[mm.statsOf(page) + item] += n
  }

  function pageOf(vma: Vma, at: number): PageIndex {
    const base = vma.chunks[at >> CHUNK_SHIFT]
    return base < 0 ? -1 : base + (at & CHUNK_MASK)
  }

  function touchPage(vma: Vma, at: number, write: boolean): boolean {
    const base = vma.chunks[at >> CHUNK_SHIFT]
    if (base < 0) return false
    const p = base + (at & CHUNK_MASK)
    const need = write ? PTE_PRESENT | PTE_WRITE : PTE_PRESENT
    const set = write ? PTE_YOUNG | PTE_DIRTY : PTE_YOUNG
    const e = pte[p]
    if ((e & need) !== need) return false
    if ((e & set) !== set) pte[p] = e | set
    return true
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
    return i
  }

  function touchList(vma: Vma, list: Uint32Array, from: number, to: number, write: boolean): number {
    const { chunks } = vma
    const need = write ? PTE_PRESENT | PTE_WRITE : PTE_PRESENT
    const set = write ? PTE_YOUNG | PTE_DIRTY : PTE_YOUNG
    let i = from
    // Four at a time: their loads overlap, and one test says for all that nothing has to be changed (measured: half the time).
    for (; i + 4 <= to; i += 4) {
      const a = list[i]
      const b = list[i + 1]
      const c = list[i + 2]
      const d = list[i + 3]
      const baseA = chunks[a >> CHUNK_SHIFT]
      const baseB = chunks[b >> CHUNK_SHIFT]
      const baseC = chunks[c >> CHUNK_SHIFT]
      const baseD = chunks[d >> CHUNK_SHIFT]
      if ((baseA | baseB | baseC | baseD) < 0) break
      const p = baseA + (a & CHUNK_MASK)
      const q = baseB + (b & CHUNK_MASK)
      const r = baseC + (c & CHUNK_MASK)
      const s = baseD + (d & CHUNK_MASK)
      const all = pte[p] & pte[q] & pte[r] & pte[s]
      if ((all & need) !== need) break
      if ((all & set) === set) continue
      pte[p] |= set
      pte[q] |= set
      pte[r] |= set
      pte[s] |= set
    }
    for (; i < to; i++) {
      const at = list[i]
      const base = chunks[at >> CHUNK_SHIFT]
      if (base < 0) break
      const p = base + (at & CHUNK_MASK)
      const e = pte[p]
      if ((e & need) !== need) break
      if ((e & set) !== set) pte[p] = e | set
    }
    return i
  }

  /** The page-table entry of a region, with a page table where there was none. */
  function entryOf(task: Task, vma: Vma, at: number): PageIndex {
    const c = at >> CHUNK_SHIFT
    let base = vma.chunks[c]
    if (base < 0) {
      base = pages.allocChunk(vma.id, c << CHUNK_SHIFT)
      vma.chunks[c] = base
      mm.mmap.pageTable(task, vma, c)
    }
    return base + (at & CHUNK_MASK)
  }

  /** A frame for an anonymous or shared page arrives: everything a new page is. */
  function install(page: PageIndex, z: number, task: Task, kind: number): void {
    zone[page] = z
    mm.setMemcg(page, task.memcg)
    flags[page] = PG_RESIDENT | PG_SWAPBACKED | kind
    lru.addBatched(page, task.cpu)
  }

  function mapAnon(page: PageIndex, task: Task, write: boolean): void {
    pte[page] = PTE_PRESENT | PTE_YOUNG | (write ? PTE_DIRTY | PTE_WRITE : 0)
    task.rssAnon++
    stat(page, NS.anonPages, 1)
  }

  function lockIfMlocked(page: PageIndex, vma: Vma): void {
    if (vma.lockedEnd > 0 && vma.isLocked(pages.numberOf(page))) mm.mlock.lockPage(page)
  }

  function populate(task: Task, vma: Vma, at: number): boolean {
    const page = entryOf(task, vma, at)
    const z = mm.alloc.fast(GFP_HIGHUSER_MOVABLE, task)
    if (z < 0) return false
    if (task.memcg.parent && !mm.charge.tryChargeFast(task.memcg, task.cpu, task)) {
      mm.alloc.free(z, task.cpu)
      return false
    }
    vm[V.pgfault]++
    time[0] += minorFault
    newAnon(task, vma, page, z)
    return true
  }

  function newAnon(task: Task, vma: Vma, page: PageIndex, z: number): void {
    install(page, z, task, PG_ANON)
    mapAnon(page, task, true)
    lockIfMlocked(page, vma)
  }

  function faultNoWait(task: Task, vma: Vma, at: number, write: boolean): Fault {
    if (vma.kind === 'shmem') return Fault.notBegun
    const known = pageOf(vma, at)
    const e = known < 0 ? 0 : pte[known]
    if (vma.kind === 'anon' && write && (e === 0 || e & PTE_ZERO)) {
      const page = entryOf(task, vma, at)
      if (flags[page] & PG_RESIDENT) return Fault.notBegun
      vm[V.pgfault]++
      time[0] += minorFault
      frame = mm.alloc.noWait(GFP_HIGHUSER_MOVABLE, task)
      if (frame < 0) return Fault.inAnon
      if (task.memcg.parent && !mm.charge.tryChargeFast(task.memcg, task.cpu, task)) return Fault.inAnon
      newAnon(task, vma, page, frame)
    } else {
      vm[V.pgfault]++
      time[0] += minorFault
      const entry = entryOf(task, vma, at)
      if (vma.kind === 'file') {
        if (e & PTE_PRESENT && !write) pte[entry] |= PTE_YOUNG
        else if (!fileFault.noWait(task, vma, entry, at, write)) return Fault.inFile
      } else if (e & PTE_PRESENT) makeWritable(entry, write)
      else if (e & PTE_SWAP) {
        if (!swapFault.noWait(task, vma, entry, at, write)) return Fault.inSwap
      } else pte[entry] = PTE_PRESENT | PTE_YOUNG | PTE_ZERO
    }
    return task.overHigh > 0 ? Fault.overHigh : Fault.done
  }

  /** do_wp_page: the page is this process's own, it becomes writable in place. */
  function makeWritable(entry: PageIndex, write: boolean): void {
    pte[entry] |= PTE_YOUNG | (write ? PTE_DIRTY | PTE_WRITE : 0)
    if (write) vm[V.pgreuse]++
  }

  /** A charged frame, where `z` is one that could not be charged at once, or −1. */
  function* frameRest(z: number, task: Task): Step<number> {
    let got = z
    if (got < 0) got = yield* mm.alloc.slow(GFP_HIGHUSER_MOVABLE, task)
    if (got < 0) return -1
    if (task.memcg.parent && !(yield* mm.charge.chargeFrame(got, task.memcg, task, GFP_HIGHUSER_MOVABLE))) return -1
    return got
  }

  function* newFrame(task: Task): Step<number> {
    return yield* frameRest(mm.alloc.noWait(GFP_HIGHUSER_MOVABLE, task), task)
  }

  /** A write to anonymous memory that has no page yet. @param z as for `frameRest` */
  function* anonRest(task: Task, vma: Vma, page: PageIndex, z: number): Step<boolean> {
    const got = yield* frameRest(z, task)
    if (got < 0) return false
    if (task.dead || (pte[page] & ~PTE_ZERO & ~PTE_PRESENT & ~PTE_YOUNG) !== 0) {
      mm.alloc.free(got, task.cpu)
      mm.charge.uncharge(task.memcg)
      return !task.dead
    }
    newAnon(task, vma, page, got)
    return true
  }

  /** A fault on shared memory, or on memory whose contents were dropped, from its beginning. */
  function* wholeFault(task: Task, vma: Vma, at: number, write: boolean): Step<boolean> {
    vm[V.pgfault]++
    time[0] += minorFault
    const entry = entryOf(task, vma, at)
    if (vma.kind === 'shmem') {
      if (!(pte[entry] & PTE_PRESENT)) return yield* mm.shmem.fault(task, vma, entry, at)
      makeWritable(entry, write)
      return true
    }
    // MADV_DONTNEED on a page under I/O: its index is free again when that is over.
    while (mm.mmap.isOrphan(entry)) yield Math.max(time[0] + 1, mm.events.nextTime())
    return yield* anonRest(task, vma, entry, mm.alloc.noWait(GFP_HIGHUSER_MOVABLE, task))
  }

  function* finishFault(stopped: Fault, task: Task, vma: Vma, at: number, write: boolean): Step<boolean> {
    let ok = true
    if (stopped === Fault.notBegun) ok = yield* wholeFault(task, vma, at, write)
    else if (stopped === Fault.inAnon) ok = yield* anonRest(task, vma, pageOf(vma, at), frame)
    else if (stopped === Fault.inSwap) ok = yield* swapFault.finish(task, vma, pageOf(vma, at), at, write)
    else if (stopped === Fault.inFile) ok = yield* fileFault.rest(task, vma, pageOf(vma, at), at, write)
    if (task.overHigh > 0 && !task.dead) yield* mm.charge.handleOverHigh(task)
    return ok && !task.oomVictim
  }

  function* fault(task: Task, vma: Vma, at: number, write: boolean): Step<boolean> {
    const stopped = faultNoWait(task, vma, at, write)
    return stopped === Fault.done || (yield* finishFault(stopped, task, vma, at, write))
  }

  return {
    touchPage,
    touchPresent,
    touchList,
    populate,
    faultNoWait,
    finishFault,
    fault,
    pageOf,
    newFrame,
    install,
    waitSwapRead: swapFault.waitRead,
  }
}
