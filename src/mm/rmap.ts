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
  PG_SWAPBACKED,
  PTE_DIRTY,
  PTE_PRESENT,
  PTE_SWAP,
  PTE_WRITE,
  PTE_YOUNG,
} from './page.js'
import { NR_NODE_STATS, NS } from './vmstat.js'

/** Pages with a single mapping, whose entry has the page's own index: anonymous (lazily freed too) and shared memory. */
const OWN_ENTRY = PG_ANON | PG_SWAPBACKED

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
  const { pte, flags, mapping, index, slot, zone } = pages

  function fileEntries(page: PageIndex, visit: (entry: PageIndex, vmaId: number) => void): void {
    const file = files[mapping[page]]
    if (!file) return
    const i = index[page]
    for (const vma of file.mappings) {
      if (i >= vma.pages) continue
      const base = vma.chunks[i >> CHUNK_SHIFT]
      if (base >= 0) visit(base + (i & CHUNK_MASK), vma.id)
    }
  }

  return {
    referenced(page, within) {
      if (flags[page] & OWN_ENTRY) {
        const e = pte[page]
        if (!(e & PTE_PRESENT)) return 0
        const vma = vmas[mapping[page]]
        if (!vma) return 0
        if (vma.lockedEnd > 0 && vma.isLocked(index[page])) return REFERENCED_LOCKED
        if (within && !vma.task.memcg.isDescendantOf(within)) return 0
        if (vma.alwaysYoung) return 1
        if (!(e & PTE_YOUNG)) return 0
        pte[page] = e & ~PTE_YOUNG
        return 1
      }
      const file = files[mapping[page]]
      if (!file || file.mappings.length === 0) return 0
      let n = 0
      let isLocked = false
      fileEntries(page, (entry, vmaId) => {
        const e = pte[entry]
        if (!(e & PTE_PRESENT)) return
        const vma = vmas[vmaId]
        if (!vma) return
        if (vma.lockedEnd > 0 && vma.isLocked(index[page])) isLocked = true
        if (within && !vma.task.memcg.isDescendantOf(within)) return
        if (e & PTE_YOUNG) {
          pte[entry] = e & ~PTE_YOUNG
          n++
        }
      })
      return isLocked ? REFERENCED_LOCKED : n
    },

    mapped(page) {
      if (flags[page] & OWN_ENTRY) return (pte[page] & PTE_PRESENT) !== 0
      const file = files[mapping[page]]
      if (!file || file.mappings.length === 0) return false
      let any = false
      fileEntries(page, (entry) => {
        if (pte[entry] & PTE_PRESENT) any = true
      })
      return any
    },

    locked(page) {
      if (flags[page] & OWN_ENTRY) {
        const vma = vmas[mapping[page]]
        return vma !== undefined && vma.lockedEnd > 0 && vma.isLocked(index[page])
      }
      let any = false
      fileEntries(page, (entry, vmaId) => {
        const vma = vmas[vmaId]
        if (pte[entry] & PTE_PRESENT && vma && vma.lockedEnd > 0 && vma.isLocked(index[page])) any = true
      })
      return any
    },

    unmap(page) {
      const f = flags[page]
      const stat = mm.zoneNode[zone[page]] * NR_NODE_STATS
      if (f & OWN_ENTRY) {
        const e = pte[page]
        const vma = vmas[mapping[page]]
        if (!(e & PTE_PRESENT) || !vma) return
        if (e & PTE_DIRTY) flags[page] |= PG_DIRTY
        if (f & PG_ANON) {
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
        } else {
          pte[page] = 0
          vma.task.rssShmem--
          ns[stat + NS.mapped]--
        }
        return
      }
      let was = false
      let dirty = false
      fileEntries(page, (entry, vmaId) => {
        const e = pte[entry]
        if (!(e & PTE_PRESENT)) return
        was = true
        if (e & PTE_DIRTY && e & PTE_WRITE) dirty = true
        pte[entry] = 0
        const vma = vmas[vmaId]
        if (vma) vma.task.rssFile--
      })
      if (was) ns[stat + NS.mapped]--
      if (dirty) mm.writeback.setPageDirty(page)
    },
  }
}
