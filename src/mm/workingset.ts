/**
 * Shadow entries and refaults (mm/workingset.c).
 *
 * A page that reclaim evicts leaves the nonresident age of the vector it was evicted for. When it comes back, the
 * difference says how many pages more it would have needed to stay; if the lists that compete with it hold that many,
 * it enters the active list at once.
 */

import type { Mm } from './context.js'
import { ANON, FILE, LRU_ACTIVE_ANON, LRU_ACTIVE_FILE, LRU_INACTIVE_ANON, LRU_INACTIVE_FILE } from './lru.js'
import type { Lruvec } from './lruvec.js'
import type { Memcg } from './memcg.js'
import { type PageIndex, PG_ACTIVE, PG_RESIDENT, PG_SHADOW, PG_SWAPBACKED, PG_WORKINGSET } from './page.js'
import { V } from './vmstat.js'

export interface Workingset {
  /** Leaves the shadow of a page being evicted on behalf of `target` (workingset_eviction). */
  eviction(page: PageIndex, target: Lruvec): void
  /** Judges a page that comes back; its new flags, memcg and zone must be set (workingset_refault). */
  refault(page: PageIndex): void
  /** Size of one list in a vector and the vectors of the memcgs below it. */
  subtreeSize(memcg: Memcg, node: number, lru: number): number
}

export function createWorkingset(mm: Mm): Workingset {
  const { pages, vm, memcgs } = mm
  const { flags, shadow, shadowMemcg } = pages

  function subtreeSize(m: Memcg, node: number, lru: number): number {
    let n = m.lruvecs[node].lists[lru].nr
    for (let i = 0; i < m.children.length; i++) n += subtreeSize(m.children[i], node, lru)
    return n
  }

  return {
    subtreeSize,

    eviction(page, target) {
      shadow[page] = target.nonresidentAge
      if (memcgs.length > 1) shadowMemcg[page] = target.memcgId
      flags[page] = PG_SHADOW | (flags[page] & PG_WORKINGSET)
      mm.lru.age(target, 1)
    },

    refault(page) {
      const node = mm.nodeOf(page)
      const evicting = memcgs.length === 1 ? mm.rootMemcg : memcgs[shadowMemcg[page]]
      const vec = evicting.lruvecs[node]
      const distance = (vec.nonresidentAge - shadow[page]) >>> 0
      const f = flags[page]
      const type = f & PG_SWAPBACKED ? ANON : FILE
      vm[V.workingset_refault_anon + type]++
      const owner = mm.memcgOf(page)
      let size = subtreeSize(evicting, node, LRU_ACTIVE_FILE)
      if (type === ANON) size += subtreeSize(evicting, node, LRU_INACTIVE_FILE)
      if (owner.swapRoom(mm.swapfile.nrFree()) > 0) {
        size += subtreeSize(evicting, node, LRU_ACTIVE_ANON)
        if (type === FILE) size += subtreeSize(evicting, node, LRU_INACTIVE_ANON)
      }
      const restored = f & PG_WORKINGSET
      // The flag that the shadow carried counts only if the page is activated.
      let g = (f & ~(PG_SHADOW | PG_WORKINGSET)) | PG_RESIDENT
      if (distance <= size) {
        g |= PG_ACTIVE
        const own = mm.lru.lruvecOf(page)
        mm.lru.age(own, 1)
        for (let v: Lruvec | null = own; v; v = v.parent) v.activations[type]++
        vm[V.workingset_activate_anon + type]++
        if (restored) {
          g |= PG_WORKINGSET
          vm[V.workingset_restore_anon + type]++
          mm.vmscan.noteCost(own, type, mm.profile.restoreCost)
        }
      }
      flags[page] = g
    },
  }
}
