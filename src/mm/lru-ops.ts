/**
 * Putting pages on LRU lists and moving them outside reclaim (mm/swap.c).
 *
 * A new page waits in its CPU's batch until fifteen have come together or somebody drains the CPU; until then it is on
 * no list and in no `nr_inactive_*`. The other batches of the kernel (activate, rotate, deactivate) are carried out at
 * once: they only delay a move.
 */

import type { Mm } from './context.js'
import { NR_LRU, PAGEVEC_SIZE } from './lru.js'
import { type Lruvec, lruOf } from './lruvec.js'
import { type PageIndex, PG_ACTIVE, PG_BATCHED, PG_LRU, PG_RECLAIM, PG_REFERENCED, PG_UNEVICTABLE } from './page.js'
import { V } from './vmstat.js'

export interface LruOps {
  lruvecOf(page: PageIndex): Lruvec
  /** folio_add_lru: into the CPU's batch. */
  addBatched(page: PageIndex, cpu: number): void
  /** Onto the list its flags name, at the young end (`lruvec_add_folio`). */
  putOnList(page: PageIndex): void
  /** Off its list (`lruvec_del_folio`). */
  takeOffList(page: PageIndex): void
  /** lru_add_drain: one CPU's batch onto the lists. */
  drain(cpu: number): void
  drainAll(): void
  /** Takes a page that is about to be freed off its list or out of the batch. */
  forget(page: PageIndex): void
  /** folio_mark_accessed */
  markAccessed(page: PageIndex): void
  /** folio_rotate_reclaimable: clean page whose writeback ended, to the old end of its inactive list. */
  rotate(page: PageIndex): void
  /** Moves a page to the inactive list (MADV_COLD, deactivate_page). */
  deactivate(page: PageIndex): void
  /** Advances the nonresident age of a vector and of those above it. */
  age(vec: Lruvec, pages: number): void
  /** Pages waiting in batches, all CPUs. */
  batched(): number
}

export function createLruOps(mm: Mm): LruOps {
  const { pages, vm, memcgs, zoneIndex } = mm
  const oneNode = mm.nodes.length === 1
  const soleVec = mm.rootMemcg.lruvecs[0]
  const { flags, zone } = pages
  const cpus = mm.config.cpus
  const batch = new Int32Array(cpus * PAGEVEC_SIZE)
  const batchLength = new Int32Array(cpus)

  function lruvecOf(page: PageIndex): Lruvec {
    // While there is the root alone, nothing has to be looked up.
    return memcgs.length === 1 && oneNode ? soleVec : mm.memcgOf(page).lruvecs[mm.nodeOf(page)]
  }

  function putOnList(page: PageIndex): void {
    const f = flags[page]
    const lru = lruOf(f)
    const vec = lruvecOf(page)
    flags[page] = (f & ~PG_BATCHED) | PG_LRU
    vec.lists[lru].add(page)
    vec.nrZone[zoneIndex[zone[page]] * NR_LRU + lru]++
  }

  function takeOffList(page: PageIndex): void {
    const f = flags[page]
    const lru = lruOf(f)
    const vec = lruvecOf(page)
    flags[page] = f & ~PG_LRU
    vec.lists[lru].remove(page)
    vec.nrZone[zoneIndex[zone[page]] * NR_LRU + lru]--
  }

  function drain(cpu: number): void {
    const n = batchLength[cpu]
    if (n === 0) return
    const base = cpu * PAGEVEC_SIZE
    batchLength[cpu] = 0
    for (let i = 0; i < n; i++) {
      const page = batch[base + i]
      if (page >= 0) {
        if (flags[page] & PG_UNEVICTABLE) vm[V.unevictable_pgs_culled]++
        putOnList(page)
      }
    }
  }

  function addBatched(page: PageIndex, cpu: number): void {
    flags[page] |= PG_BATCHED
    const n = batchLength[cpu]
    batch[cpu * PAGEVEC_SIZE + n] = page
    batchLength[cpu] = n + 1
    if (n + 1 === PAGEVEC_SIZE) drain(cpu)
  }

  function forget(page: PageIndex): void {
    const f = flags[page]
    if (f & PG_LRU) takeOffList(page)
    else if (f & PG_BATCHED) {
      for (let i = 0; i < batch.length; i++) if (batch[i] === page) batch[i] = -1
      flags[page] = f & ~PG_BATCHED
    }
  }

  function age(vec: Lruvec, n: number): void {
    for (let v: Lruvec | null = vec; v; v = v.parent) v.nonresidentAge = (v.nonresidentAge + n) | 0
  }

  function markAccessed(page: PageIndex): void {
    const f = flags[page]
    if (!(f & PG_REFERENCED)) {
      flags[page] = f | PG_REFERENCED
    } else if (!(f & (PG_ACTIVE | PG_UNEVICTABLE))) {
      if (f & PG_LRU) {
        takeOffList(page)
        flags[page] = (flags[page] | PG_ACTIVE) & ~PG_REFERENCED
        putOnList(page)
        vm[V.pgactivate]++
      } else {
        // Still in the add batch: it will enter the active list, and is not counted.
        flags[page] = (f | PG_ACTIVE) & ~PG_REFERENCED
      }
      age(lruvecOf(page), 1)
    }
  }

  function rotate(page: PageIndex): void {
    const f = flags[page]
    if (!(f & PG_LRU) || f & PG_UNEVICTABLE) return
    takeOffList(page)
    const g = (flags[page] & ~PG_ACTIVE) | PG_LRU
    flags[page] = g
    const vec = lruvecOf(page)
    const lru = lruOf(g)
    vec.lists[lru].addTail(page)
    vec.nrZone[zoneIndex[zone[page]] * NR_LRU + lru]++
    vm[V.pgrotated]++
  }

  function deactivate(page: PageIndex): void {
    const f = flags[page]
    if (!(f & PG_LRU) || f & PG_UNEVICTABLE || !(f & PG_ACTIVE)) return
    takeOffList(page)
    flags[page] &= ~(PG_ACTIVE | PG_REFERENCED | PG_RECLAIM)
    putOnList(page)
    vm[V.pgdeactivate]++
  }

  return {
    lruvecOf,
    addBatched,
    putOnList,
    takeOffList,
    drain,
    drainAll() {
      for (let c = 0; c < cpus; c++) drain(c)
    },
    forget,
    markAccessed,
    rotate,
    deactivate,
    age,
    batched() {
      let n = 0
      for (let c = 0; c < cpus; c++) for (let i = 0; i < batchLength[c]; i++) if (batch[c * PAGEVEC_SIZE + i] >= 0) n++
      return n
    },
  }
}
