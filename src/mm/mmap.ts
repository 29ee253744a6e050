/**
 * Address spaces (mm/mmap.c, kernel/exit.c): regions come and go, and with them their pages.
 */

import type { Mm } from './context.js'
import {
  CHUNK_MASK,
  CHUNK_PAGES,
  CHUNK_SHIFT,
  type PageIndex,
  PG_ANON,
  PG_LOCKED,
  PG_RESIDENT,
  PG_SWAPCACHE,
  PG_UNEVICTABLE,
  PG_WRITEBACK,
  PTE_DIRTY,
  PTE_PRESENT,
  PTE_SWAP,
  PTE_WRITE,
  PTE_YOUNG,
  PTE_ZERO,
} from './page.js'
import { type AddressSpace, type Task, Vma, type VmaKind } from './task.js'
import { NS } from './vmstat.js'

export interface Mmap {
  /** Maps a region; nothing is touched yet. */
  newRegion(task: Task, kind: VmaKind, pages: number, file: AddressSpace | null): Vma
  /** Drops the contents of [from, to): munmap, exit, MADV_DONTNEED. */
  zap(task: Task, vma: Vma, from: number, to: number): void
  /** Releases a region altogether. */
  unmapRegion(task: Task, vma: Vma): void
  /** Ends a process: all regions, page tables, kernel stack. */
  exit(task: Task): void
  /** What the oom_reaper does: anonymous memory goes, the process stays. */
  reapAnonymous(task: Task): void
  /** Called when I/O on a page ends: frees it if its region is gone. @returns true when it was such a page */
  reapOrphan(page: PageIndex): boolean
  /** Whether the page belongs to nobody any more and waits for its I/O to end. */
  isOrphan(page: PageIndex): boolean
  /** The page table of a chunk of 512 pages. */
  pageTable(task: Task, vma: Vma, chunk: number): void
  /** Kernel memory of a task: page tables, stack, slab. */
  kernelPages(task: Task, n: number): void
}

export function createMmap(mm: Mm): Mmap {
  const { pages, ns, rmap, lru } = mm
  const { pte, flags, zone, slot } = pages
  /** Pages whose contents were dropped while they were under I/O: they go when it ends. */
  const orphans = new Set<PageIndex>()
  /** Chunks that cannot be given out again before their pages under I/O are done. */
  const zombieChunks = new Map<PageIndex, number>()
  /** Numbers of regions that are gone, to be used again. */
  const freeVmaIds: number[] = []
  const kernelZones = new WeakMap<Task, number[]>()
  const scale = mm.config.pageScale ?? 1
  /** Part of a page that page tables came to and that was not taken yet: small regions of a sample have less than one. */
  let tablesDue = 0

  function stat(page: PageIndex, item: number, n: number): void {
    ns[mm.statsOf(page) + item] += n
  }

  function kernelPages(task: Task, n: number): void {
    let held = kernelZones.get(task)
    if (!held) {
      held = []
      kernelZones.set(task, held)
    }
    for (let i = 0; i < n; i++) {
      const z = mm.alloc.kernelPage(task)
      if (z >= 0) held.push(z)
    }
  }

  function pageTable(task: Task, vma: Vma, chunk: number): void {
    const span = Math.min(CHUNK_PAGES, vma.pages - chunk * CHUNK_PAGES) * scale
    tablesDue += Math.ceil(span / CHUNK_PAGES) / scale
    if (tablesDue < 1) return
    tablesDue--
    vma.tables++
    task.pgtables++
    ns[task.node * NS.NR + NS.pageTablePages]++
    kernelPages(task, 1)
  }

  /** Frees the frame of an anonymous or shared page. */
  function freePage(page: PageIndex, cpu: number): void {
    const f = flags[page]
    lru.forget(page)
    if (f & PG_UNEVICTABLE) stat(page, NS.mlocked, -1)
    if (f & PG_SWAPCACHE) {
      mm.swapState.deleteFromCache(page)
      if (slot[page] >= 0) mm.swapfile.dropCache(slot[page])
      slot[page] = -1
    } else if (!(f & PG_ANON)) {
      stat(page, NS.shmem, -1)
      stat(page, NS.filePages, -1)
    }
    flags[page] = 0
    mm.charge.uncharge(mm.memcgOf(page))
    mm.alloc.free(zone[page], cpu)
  }

  function zapOwn(task: Task, page: PageIndex, keepShared: boolean): void {
    const e = pte[page]
    const f = flags[page]
    if (e & PTE_PRESENT && !(e & PTE_ZERO)) {
      if (f & PG_ANON) {
        task.rssAnon--
        stat(page, NS.anonPages, -1)
      } else {
        task.rssShmem--
        stat(page, NS.mapped, -1)
      }
    } else if (e & PTE_SWAP) {
      task.swapents--
    }
    pte[page] = 0
    if (keepShared) return
    const busy = f & PG_RESIDENT && f & (PG_LOCKED | PG_WRITEBACK)
    if (slot[page] >= 0 && mm.swapfile.heldByEntry(slot[page])) {
      const s = slot[page]
      mm.swapfile.dropEntry(s)
      if (!(f & PG_SWAPCACHE)) slot[page] = -1
    }
    if (busy) {
      orphans.add(page)
      return
    }
    if (f & PG_RESIDENT) freePage(page, task.cpu)
    else flags[page] = 0
  }

  function zap(task: Task, vma: Vma, from: number, to: number): void {
    lru.drainAll()
    for (let i = from; i < to; i++) {
      const base = vma.chunks[i >> CHUNK_SHIFT]
      if (base < 0) {
        i |= CHUNK_MASK
        continue
      }
      const entry = base + (i & CHUNK_MASK)
      if (vma.kind === 'file') {
        if (pte[entry] & PTE_PRESENT) zapFile(task, vma, entry, i)
      } else zapOwn(task, entry, false)
    }
  }

  function zapFile(task: Task, vma: Vma, entry: PageIndex, at: number): void {
    const e = pte[entry]
    pte[entry] = 0
    task.rssFile--
    const page = mm.filemap.peek(vma.file as AddressSpace, at)
    if (page < 0 || !(flags[page] & PG_RESIDENT)) return
    if (e & PTE_DIRTY && e & PTE_WRITE) mm.writeback.setPageDirty(page)
    if (e & PTE_YOUNG) lru.markAccessed(page)
    if (!rmap.mapped(page)) stat(page, NS.mapped, -1)
    mm.mlock.unlockPage(page)
  }

  function orphansIn(base: PageIndex): number {
    let n = 0
    for (let k = 0; orphans.size > 0 && k < CHUNK_PAGES; k++) if (orphans.has(base + k)) n++
    return n
  }

  function unmapRegion(task: Task, vma: Vma): void {
    zap(task, vma, 0, vma.pages)
    for (let c = 0; c < vma.chunks.length; c++) {
      const base = vma.chunks[c]
      if (base < 0) continue
      const orphans = vma.kind === 'file' ? 0 : orphansIn(base)
      if (orphans > 0) zombieChunks.set(base, orphans)
      else pages.freeChunk(base)
      vma.chunks[c] = -1
    }
    for (; vma.tables > 0; vma.tables--) {
      task.pgtables--
      ns[task.node * NS.NR + NS.pageTablePages]--
      const z = kernelZones.get(task)?.pop()
      if (z !== undefined) mm.alloc.freeKernelPage(z, task.cpu)
    }
    if (vma.file) vma.file.mappings.splice(vma.file.mappings.indexOf(vma), 1)
    task.vmas.delete(vma)
    task.totalVm -= vma.pages
    mm.vmas[vma.id] = undefined
    freeVmaIds.push(vma.id)
  }

  return {
    newRegion(task, kind, n, file) {
      const id = freeVmaIds.pop() ?? mm.vmas.length
      const vma = new Vma(id, task, kind, n, file)
      mm.vmas[id] = vma
      task.vmas.add(vma)
      task.totalVm += n
      file?.mappings.push(vma)
      return vma
    },
    zap,
    unmapRegion,
    pageTable,
    kernelPages,
    isOrphan: (page) => orphans.size > 0 && orphans.has(page),

    exit(task) {
      for (const vma of [...task.vmas]) unmapRegion(task, vma)
      const held = kernelZones.get(task) ?? []
      ns[task.node * NS.NR + NS.pageTablePages] -= task.pgtables
      ns[task.node * NS.NR + NS.kernelStackPages] -= Math.min(held.length, task.kernelStackPages)
      for (const z of held) mm.alloc.freeKernelPage(z, task.cpu)
      kernelZones.delete(task)
      task.pgtables = 0
      task.dead = true
      task.oomSkip = true
      mm.tasks.delete(task)
    },

    reapAnonymous(task) {
      for (const vma of task.vmas) {
        if (vma.kind !== 'anon') continue
        zap(task, vma, 0, vma.pages)
      }
    },

    reapOrphan(page) {
      if (orphans.size === 0 || !orphans.has(page)) return false
      if (flags[page] & (PG_LOCKED | PG_WRITEBACK)) return true
      orphans.delete(page)
      freePage(page, 0)
      const base = page & ~CHUNK_MASK
      const left = zombieChunks.get(base)
      if (left !== undefined) {
        if (left === 1) {
          zombieChunks.delete(base)
          pages.freeChunk(base)
        } else zombieChunks.set(base, left - 1)
      }
      return true
    },
  }
}
