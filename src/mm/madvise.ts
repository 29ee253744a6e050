/**
 * madvise() (mm/madvise.c). Advice on an mlocked part of a region is refused from there on, as the kernel does (EINVAL).
 */

import type { Mm, Step } from './context.js'
import { GFP_KERNEL } from './gfp.js'
import {
  type PageIndex,
  PG_ACTIVE,
  PG_ANON,
  PG_DIRTY,
  PG_LOCKED,
  PG_LRU,
  PG_REFERENCED,
  PG_RESIDENT,
  PG_SWAPBACKED,
  PG_SWAPCACHE,
  PG_UNEVICTABLE,
  PG_WORKINGSET,
  PG_WRITEBACK,
  PTE_DIRTY,
  PTE_PRESENT,
  PTE_SWAP,
  PTE_YOUNG,
  PTE_ZERO,
} from './page.js'
import { ScanControl } from './scan-control.js'
import { Plug } from './swap-state.js'
import type { Task, Vma } from './task.js'
import { NS, V } from './vmstat.js'

/** Pages given to reclaim at once by MADV_PAGEOUT: one page table. */
const PAGEOUT_BATCH = 512

export interface Madvise {
  dontneed(task: Task, vma: Vma, from: number, to: number): void
  free(task: Task, vma: Vma, from: number, to: number): void
  cold(vma: Vma, from: number, to: number): void
  pageout(task: Task, vma: Vma, from: number, to: number): Step
}

export function createMadvise(mm: Mm): Madvise {
  const { pages, vm, ns, lru } = mm
  const { pte, flags } = pages

  /** Page behind a mapped entry of the region, −1 if the entry is not present. */
  function mappedPage(vma: Vma, at: number): PageIndex {
    const entry = mm.memory.pageOf(vma, at)
    if (entry < 0 || !(pte[entry] & PTE_PRESENT) || pte[entry] & PTE_ZERO) return -1
    return vma.kind === 'file' && vma.file ? mm.filemap.peek(vma.file, at) : entry
  }

  /** Where advice for [from, to) ends: at the mlocked part. */
  function unlockedEnd(vma: Vma, from: number, to: number): number {
    if (vma.lockedEnd <= from || vma.lockedStart >= to) return to
    return Math.max(from, vma.lockedStart)
  }

  return {
    dontneed(task, vma, from, until) {
      const to = unlockedEnd(vma, from, until)
      if (vma.kind !== 'shmem') {
        mm.mmap.zap(task, vma, from, to)
        return
      }
      // Shared memory keeps its pages; only the mappings go.
      for (let i = from; i < to; i++) {
        const page = mappedPage(vma, i)
        if (page < 0) continue
        pte[page] = 0
        task.rssShmem--
        ns[mm.statsOf(page) + NS.mapped]--
      }
    },

    free(task, vma, from, until) {
      const to = unlockedEnd(vma, from, until)
      if (vma.kind !== 'anon') return
      lru.drainAll()
      for (let i = from; i < to; i++) {
        const page = mm.memory.pageOf(vma, i)
        if (page < 0) continue
        if (pte[page] & PTE_SWAP) {
          mm.mmap.zap(task, vma, i, i + 1)
          continue
        }
        const f = flags[page]
        if (!(pte[page] & PTE_PRESENT) || !(f & PG_RESIDENT) || !(f & PG_ANON)) continue
        if (f & (PG_LOCKED | PG_WRITEBACK)) continue
        if (f & PG_SWAPCACHE) mm.swapState.freeSwap(page)
        pte[page] &= ~(PTE_YOUNG | PTE_DIRTY)
        // folio_mark_lazyfree: to the inactive file list, unless it is mlocked.
        if (flags[page] & PG_LRU && flags[page] & PG_SWAPBACKED && !(flags[page] & PG_UNEVICTABLE)) {
          lru.takeOffList(page)
          flags[page] &= ~(PG_ACTIVE | PG_REFERENCED | PG_SWAPBACKED | PG_DIRTY)
          lru.putOnList(page)
          vm[V.pglazyfree]++
        }
      }
    },

    cold(vma, from, until) {
      const to = unlockedEnd(vma, from, until)
      lru.drainAll()
      for (let i = from; i < to; i++) {
        const page = mappedPage(vma, i)
        if (page < 0) continue
        const entry = mm.memory.pageOf(vma, i)
        pte[entry] &= ~PTE_YOUNG
        flags[page] &= ~PG_REFERENCED
        if (flags[page] & PG_ACTIVE) {
          flags[page] |= PG_WORKINGSET
          lru.deactivate(page)
        }
      }
    },

    *pageout(task, vma, from, until) {
      const to = unlockedEnd(vma, from, until)
      lru.drainAll()
      const plug = new Plug()
      plug.remember = true
      for (let at = from; at < to; ) {
        const end = Math.min(to, (at | (PAGEOUT_BATCH - 1)) + 1)
        const list: PageIndex[] = []
        for (; at < end; at++) {
          const page = mappedPage(vma, at)
          if (page < 0) continue
          const f = flags[page]
          if (!(f & PG_LRU) || f & PG_UNEVICTABLE) continue
          pte[mm.memory.pageOf(vma, at)] &= ~PTE_YOUNG
          flags[page] &= ~PG_REFERENCED
          if (f & PG_ACTIVE) flags[page] |= PG_WORKINGSET
          lru.takeOffList(page)
          list.push(page)
        }
        if (list.length > 0) {
          mm.vmscan.list.pages(list, new ScanControl(list.length, 3, null, GFP_KERNEL, task, false, plug))
        }
        if (mm.time[0] > mm.horizon[0]) yield mm.time[0]
      }
      mm.swapState.unplug(plug)
    },
  }
}
