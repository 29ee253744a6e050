/**
 * Reverse mapping (mm/rmap.c): from a page to the page-table entries that map it.
 *
 * Anonymous and shared-memory pages have one mapping, and their page-table entry stands under the page's own index.
 * A file page may be mapped by several regions; each has entries of its own.
 */

import type { Mm } from './context.js'
import type { Memcg } from './memcg.js'
import {
  CHUNK_MASK,
  CHUNK_SHIFT,
  type PageIndex,
  PG_ANON,
  PG_DIRTY,
  PG_OWN_ENTRY,
  PTE_DIRTY,
  PTE_PRESENT,
  PTE_SWAP,
  PTE_WRITE,
  PTE_YOUNG,
} from './page.js'
import type { Vma } from './task.js'
import { NS } from './vmstat.js'

const NO_MAPPINGS: readonly Vma[] = []

/** A mapping is mlocked: the page belongs on the unevictable list. */
export const REFERENCED_LOCKED = -1

export interface Rmap {
  /**
   * folio_referenced: tests and clears the accessed bits.
   * @param within only mappings of tasks in this subtree count (limit reclaim); null: all
   * @returns number of mappings that had been accessed, or REFERENCED_LOCKED
   */
  referenced(page: PageIndex, within: Memcg | null): number
  mapped(page: PageIndex): boolean
  /** Takes the page out of all page tables; anonymous entries become swap entries. */
  unmap(page: PageIndex): void
  /** Whether a mapping of the page is mlocked. */
  locked(page: PageIndex): boolean
}

export function createRmap(mm: Mm): Rmap {
  const { pages, ns, vmas, files } = mm
  const { pte, flags, slot, chunkOwner, numberOf } = pages

  /** Entry of a region for page `i` of its file, −1 where it has no page table. */
  function entryOf(vma: Vma, i: number): PageIndex {
    if (i >= vma.pages) return -1
    const base = vma.chunks[i >> CHUNK_SHIFT]
    return base < 0 ? -1 : base + (i & CHUNK_MASK)
  }

  function countsFor(vma: Vma, within: Memcg | null): boolean {
    return within === null || vma.task.memcg.isDescendantOf(within)
  }

  function referencedFile(page: PageIndex, mappings: readonly Vma[], within: Memcg | null): number {
    const i = numberOf(page)
    let n = 0
    let isLocked = false
    for (let k = 0; k < mappings.length; k++) {
      const vma = mappings[k]
      const entry = entryOf(vma, i)
      if (entry < 0) continue
      const e = pte[entry]
      if (!(e & PTE_PRESENT)) continue
      if (vma.lockedEnd > 0 && vma.isLocked(i)) isLocked = true
      if (e & PTE_YOUNG && countsFor(vma, within)) {
        pte[entry] = e & ~PTE_YOUNG
        n++
      }
    }
    return isLocked ? REFERENCED_LOCKED : n
  }

  function unmapOwn(page: PageIndex): void {
    const f = flags[page]
    const e = pte[page]
    const vma = vmas[chunkOwner[page >> CHUNK_SHIFT]]
    if (!(e & PTE_PRESENT) || !vma) return
    const stat = mm.statsOf(page)
    if (e & PTE_DIRTY) flags[page] |= PG_DIRTY
    if (!(f & PG_ANON)) {
      pte[page] = 0
      vma.task.rssShmem--
      ns[stat + NS.mapped]--
      return
    }
    vma.task.rssAnon--
    ns[stat + NS.anonPages]--
    if (slot[page] >= 0) {
      pte[page] = PTE_SWAP
      vma.task.swapents++
      mm.swapfile.holdByEntry(slot[page])
    } else {
      // Lazily freed memory: the entry is simply cleared.
      pte[page] = 0
    }
  }

  function unmapFile(page: PageIndex, mappings: readonly Vma[]): void {
    let was = false
    let dirty = false
    for (let k = 0; k < mappings.length; k++) {
      const entry = entryOf(mappings[k], numberOf(page))
      if (entry < 0) continue
      const e = pte[entry]
      if (!(e & PTE_PRESENT)) continue
      was = true
      if (e & PTE_DIRTY && e & PTE_WRITE) dirty = true
      pte[entry] = 0
      mappings[k].task.rssFile--
    }
    if (was) ns[mm.statsOf(page) + NS.mapped]--
    if (dirty) mm.writeback.setPageDirty(page)
  }

  /** Mappings of the file that a page belongs to. */
  function mappingsOf(page: PageIndex): readonly Vma[] {
    return files[chunkOwner[page >> CHUNK_SHIFT]]?.mappings ?? NO_MAPPINGS
  }

  return {
    referenced(page, within) {
      if (!(flags[page] & PG_OWN_ENTRY)) {
        const mappings = mappingsOf(page)
        return mappings.length === 0 ? 0 : referencedFile(page, mappings, within)
      }
      const e = pte[page]
      if (!(e & PTE_PRESENT)) return 0
      const vma = vmas[chunkOwner[page >> CHUNK_SHIFT]]
      if (!vma) return 0
      if (vma.lockedEnd > 0 && vma.isLocked(numberOf(page))) return REFERENCED_LOCKED
      if (!countsFor(vma, within)) return 0
      if (vma.alwaysYoung) return 1
      if (!(e & PTE_YOUNG)) return 0
      pte[page] = e & ~PTE_YOUNG
      return 1
    },

    mapped(page) {
      if (flags[page] & PG_OWN_ENTRY) return (pte[page] & PTE_PRESENT) !== 0
      for (const vma of mappingsOf(page)) {
        const entry = entryOf(vma, numberOf(page))
        if (entry >= 0 && pte[entry] & PTE_PRESENT) return true
      }
      return false
    },

    locked(page) {
      if (flags[page] & PG_OWN_ENTRY) {
        const vma = vmas[chunkOwner[page >> CHUNK_SHIFT]]
        return vma !== undefined && vma.lockedEnd > 0 && vma.isLocked(numberOf(page))
      }
      for (const vma of mappingsOf(page)) {
        const entry = entryOf(vma, numberOf(page))
        if (entry >= 0 && pte[entry] & PTE_PRESENT && vma.lockedEnd > 0 && vma.isLocked(numberOf(page))) return true
      }
      return false
    },

    unmap(page) {
      if (flags[page] & PG_OWN_ENTRY) unmapOwn(page)
      else {
        const mappings = mappingsOf(page)
        if (mappings.length > 0) unmapFile(page, mappings)
      }
    },
  }
}
