/**
 * Swap readahead: which pages are read when one is wanted (mm/swap_state.c `swap_vma_readahead`,
 * `swap_cluster_readahead`).
 */

import type { Mm } from './context.js'
import { CHUNK_MASK, CHUNK_SHIFT, type PageIndex, PG_READAHEAD, PG_RESIDENT, PTE_SWAP } from './page.js'
import type { Vma } from './task.js'
import { V } from './vmstat.js'

/** SWAP_RA_ORDER_CEILING on 64-bit. */
const RA_ORDER_CEILING = 5

export interface SwapReadahead {
  /** Pages of the last window that can be read, in the order they are asked for. */
  wanted: Int32Array
  /** Size of that window as it was meant, pages; 1: the page alone. */
  size: number
  /**
   * Fills `wanted` with `page`, the `at`-th of its region, and what is read together with it.
   * @returns how many they are
   */
  window(page: PageIndex, vma: Vma, at: number): number
  /** A fault hit a page that readahead had brought in. */
  noteHit(page: PageIndex, vma: Vma): void
}

/** Pages to read at a fault (`__swapin_nr_pages`). */
export function swapinNrPages(hits: number, adjacent: boolean, max: number, previous: number): number {
  let pages: number
  if (hits === 0) {
    pages = adjacent ? 2 : 1
  } else {
    pages = 4
    while (pages < hits + 2) pages *= 2
  }
  if (pages > max) pages = max
  const last = Math.floor(previous / 2)
  return Math.max(pages, last)
}

export function createSwapReadahead(mm: Mm): SwapReadahead {
  const { pages, vm, swapfile } = mm
  const { flags, pte, slot } = pages
  const rotational = mm.config.swap.some((s) => s.rotational)
  const byAddress = mm.config.vmaReadahead && !rotational
  // By slots: one state for the machine.
  let clusterHits = 4
  let clusterPrevious = -2
  let clusterWindow = 0

  /** By address: within one page table. */
  function neighboursInRegion(page: PageIndex, vma: Vma, at: number): number {
    const max = 1 << Math.min(mm.sysctl['vm.page-cluster'], RA_ORDER_CEILING)
    if (max <= 1) return 1
    const previous = vma.swapRaAddress
    const n = swapinNrPages(vma.swapRaHits, at === previous + 1 || at === previous - 1, max, vma.swapRaWindow)
    vma.swapRaHits = 0
    vma.swapRaAddress = at
    vma.swapRaWindow = n
    if (n === 1) return 1
    readahead.size = n
    let first = at - ((n - 1) >> 1)
    if (at === previous + 1) first = at
    else if (at === previous - 1) first = at - n + 1
    const tableStart = at & ~CHUNK_MASK
    const lo = Math.max(first, 0, tableStart)
    const hi = Math.min(first + n, vma.pages, tableStart + CHUNK_MASK + 1)
    const { wanted } = readahead
    let found = 0
    const base = vma.chunks[at >> CHUNK_SHIFT]
    for (let i = lo; i < hi; i++) {
      const p = base + (i & CHUNK_MASK)
      if (p === page || (pte[p] & PTE_SWAP && !(flags[p] & PG_RESIDENT))) wanted[found++] = p
    }
    return found
  }

  function neighboursInSwap(page: PageIndex): number {
    const max = 1 << mm.sysctl['vm.page-cluster']
    if (max <= 1) return 1
    const s = slot[page]
    const area = swapfile.areaOf(s)
    const n = swapinNrPages(clusterHits, s === clusterPrevious + 1 || s === clusterPrevious - 1, max, clusterWindow)
    clusterHits = 0
    clusterPrevious = s
    clusterWindow = n
    if (n === 1) return 1
    readahead.size = n
    if (n > readahead.wanted.length) readahead.wanted = new Int32Array(n)
    const { wanted } = readahead
    const offset = s - area.base
    const first = offset & ~(n - 1)
    let found = 0
    for (let o = first; o < Math.min(first + n, area.pages); o++) {
      const p = swapfile.owner[area.base + o]
      if (p === page || (p >= 0 && !(flags[p] & PG_RESIDENT) && swapfile.heldByEntry(area.base + o)))
        wanted[found++] = p
    }
    return found
  }

  const readahead: SwapReadahead = {
    wanted: new Int32Array(64),
    size: 1,
    window(page, vma, at) {
      readahead.size = 1
      readahead.wanted[0] = page
      // A synchronous device is read page by page.
      if (swapfile.areaOf(slot[page]).synchronous) return 1
      return byAddress ? neighboursInRegion(page, vma, at) : neighboursInSwap(page)
    },
    noteHit(page, vma) {
      flags[page] &= ~PG_READAHEAD
      vm[V.swap_ra_hit]++
      if (byAddress) vma.swapRaHits++
      else clusterHits++
    },
  }
  return readahead
}
