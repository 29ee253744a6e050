/**
 * Scanning lists: isolation, the fate of each page, putting back (mm/vmscan.c `isolate_lru_folios`,
 * `shrink_folio_list`, `shrink_inactive_list`, `shrink_active_list`). The heart of the model.
 *
 * Pages are taken from the old end in batches and survivors go back to the young end in the same order. Nothing here
 * waits: a batch is one step of simulated time.
 */

import type { Mm } from './context.js'
import { ANON, FILE, LRU_INACTIVE_ANON, NR_LRU } from './lru.js'
import type { Lruvec } from './lruvec.js'
import {
  CHUNK_SHIFT,
  type PageIndex,
  PG_ACTIVE,
  PG_ANON,
  PG_DIRTY,
  PG_LOCKED,
  PG_LRU,
  PG_RECLAIM,
  PG_REFERENCED,
  PG_SWAPBACKED,
  PG_SWAPCACHE,
  PG_UNEVICTABLE,
  PG_WORKINGSET,
  PG_WRITEBACK,
  PTE_DIRTY,
} from './page.js'
import { REFERENCED_LOCKED } from './rmap.js'
import type { ScanControl } from './scan-control.js'
import { NS, V } from './vmstat.js'

export interface ShrinkList {
  /** @returns pages freed */
  inactive(n: number, vec: Lruvec, lru: number, sc: ScanControl): number
  active(n: number, vec: Lruvec, lru: number, sc: ScanControl): void
  /** Reclaims pages that MADV_PAGEOUT took off their lists. @returns pages freed */
  pages(list: PageIndex[], sc: ScanControl): number
}

/** Most pages one isolation can take: a request is never larger than SWAP_CLUSTER_MAX. */
const BUFFER = 64

export function createShrinkList(mm: Mm): ShrinkList {
  const { pages, vm, ns, time, zoneIndex, zoneNode, rmap, lru: lruOps, workingset } = mm
  const { flags, zone, pte, slot, chunkOwner } = pages
  const scanCost = mm.config.costs.scanPage
  let buffer = new Int32Array(BUFFER)
  const skipped: PageIndex[] = []

  /**
   * Takes up to `n` eligible pages off the old end into `buffer`.
   * @returns pages taken; `lookedAt` counts those of ineligible zones as well
   */
  let lookedAt = 0
  function isolate(n: number, vec: Lruvec, lru: number, sc: ScanControl): number {
    const list = vec.lists[lru]
    const { nrZone } = vec
    let taken = 0
    let skips = 0
    skipped.length = 0
    while (taken < n && list.nr > 0) {
      const page = list.popTail()
      const z = zoneIndex[zone[page]]
      if (z > sc.reclaimIdx) {
        skipped.push(page)
        vm[V.pgskip_dma + z]++
        skips++
        continue
      }
      nrZone[z * NR_LRU + lru]--
      flags[page] &= ~PG_LRU
      buffer[taken++] = page
    }
    for (const page of skipped) list.add(page)
    lookedAt = taken + skips
    return taken
  }

  /** What folio_check_references decides. */
  const RECLAIM = 0
  const RECLAIM_CLEAN = 1
  const KEEP = 2
  const ACTIVATE = 3

  function checkReferences(page: PageIndex, sc: ScanControl): number {
    const referenced = rmap.referenced(page, sc.target)
    const f = flags[page]
    const marked = f & PG_REFERENCED
    if (marked) flags[page] = f & ~PG_REFERENCED
    if (referenced === REFERENCED_LOCKED) return ACTIVATE
    if (referenced > 0) {
      flags[page] |= PG_REFERENCED
      return marked || referenced > 1 ? ACTIVATE : KEEP
    }
    return marked && !(f & PG_SWAPBACKED) ? RECLAIM_CLEAN : RECLAIM
  }

  let pageouts = 0
  let activated = 0
  let lazyfreed = 0

  /** Removes a clean, unmapped page from its cache and frees its frame. */
  function free(page: PageIndex, sc: ScanControl): void {
    const f = flags[page]
    const z = zone[page]
    const stat = zoneNode[z] * NS.NR
    const owner = mm.memcgOf(page)
    if (f & PG_ANON && !(f & PG_SWAPBACKED)) {
      lazyfreed++
      if (slot[page] >= 0) mm.swapState.freeSwap(page)
      flags[page] = 0
    } else {
      const target = sc.target ? sc.target.lruvecs[zoneNode[z]] : mm.rootMemcg.lruvecs[zoneNode[z]]
      if (f & PG_SWAPBACKED) {
        const s = slot[page]
        mm.swapState.deleteFromCache(page)
        workingset.eviction(page, target)
        mm.swapfile.dropCache(s)
      } else {
        mm.slab.dropBuffers(page, sc.task.cpu)
        ns[stat + NS.filePages]--
        const file = mm.files[chunkOwner[page >> CHUNK_SHIFT]]
        if (file) file.nrCached--
        workingset.eviction(page, target)
      }
    }
    mm.charge.uncharge(owner)
    mm.alloc.free(z, sc.task.cpu)
  }

  /** May this page go now? Does what has to be done to it. @returns true when it was freed */
  function shrinkPage(page: PageIndex, sc: ScanControl, ignoreReferences: boolean): boolean {
    let f = flags[page]
    if (f & PG_LOCKED) return false
    sc.nrScanned++
    if (f & PG_UNEVICTABLE) return activate(page)

    const fileLru = !(f & PG_SWAPBACKED)
    if (fileLru && !(f & PG_ANON)) {
      if (f & (PG_DIRTY | PG_WRITEBACK)) sc.dirty++
      if (f & PG_DIRTY && !(f & PG_WRITEBACK)) sc.unqueuedDirty++
      if (f & PG_WRITEBACK && f & PG_RECLAIM) sc.congested++
    }

    if (f & PG_WRITEBACK) {
      if (sc.kswapd && f & PG_RECLAIM && mm.nodes[mm.nodeOf(page)].flagWriteback) sc.immediate++
      else {
        flags[page] = f | PG_RECLAIM
        sc.writeback++
      }
      return activate(page)
    }

    let clean = false
    if (!ignoreReferences) {
      const verdict = checkReferences(page, sc)
      if (verdict === ACTIVATE) {
        if (rmap.locked(page)) mm.mlock.cull(page)
        return activate(page)
      }
      if (verdict === KEEP) return false
      clean = verdict === RECLAIM_CLEAN
      f = flags[page]
    }
    if (!sc.mayUnmap && rmap.mapped(page)) return false

    if (f & PG_ANON && f & PG_SWAPBACKED && !(f & PG_SWAPCACHE)) {
      if (!sc.gfp.io) return false
      if (!mm.swapState.addToSwap(page, sc.task.cpu)) return activate(page)
    }

    if (f & PG_ANON && !(f & PG_SWAPBACKED)) {
      // MADV_FREE: written again since, it is ordinary memory once more.
      if (pte[page] & PTE_DIRTY || f & PG_DIRTY) {
        flags[page] |= PG_SWAPBACKED
        return activate(page)
      }
    }
    rmap.unmap(page)

    f = flags[page]
    if (f & PG_DIRTY) {
      if (fileLru) {
        const node = mm.nodes[mm.nodeOf(page)]
        if (!(sc.kswapd && f & PG_RECLAIM && node.flagDirty)) {
          vm[V.nr_vmscan_immediate_reclaim]++
          flags[page] = f | PG_RECLAIM
          return activate(page)
        }
      }
      if (clean) return false
      if (fileLru ? !sc.gfp.fs : !sc.gfp.io) return false
      if (!sc.mayWritepage) return false
      return pageout(page, sc, fileLru)
    }
    if (fileLru && !(f & PG_ANON) && mm.files[chunkOwner[page >> CHUNK_SHIFT]]?.pinned) return activate(page)
    free(page, sc)
    return true
  }

  /** pageout: writes the page to swap or to its file; it is freed in this pass only by a synchronous device. */
  function pageout(page: PageIndex, sc: ScanControl, fileLru: boolean): boolean {
    if (!fileLru && !(flags[page] & PG_SWAPCACHE)) {
      // Shared memory gets its slot as it is written.
      if (!mm.swapState.addToSwap(page, sc.task.cpu)) return activate(page)
      mm.swapfile.holdByEntry(slot[page])
      ns[mm.statsOf(page) + NS.shmem]--
      ns[mm.statsOf(page) + NS.filePages]--
    }
    flags[page] |= PG_RECLAIM
    vm[V.nr_vmscan_write]++
    pageouts++
    if (fileLru) {
      mm.writeback.writePageFromReclaim(page)
      return false
    }
    mm.swapState.writepage(page, sc.plug)
    if (flags[page] & PG_WRITEBACK) return false
    free(page, sc)
    return true
  }

  function activate(page: PageIndex): boolean {
    const f = flags[page]
    if (
      f & PG_SWAPBACKED &&
      f & PG_SWAPCACHE &&
      (mm.memcgOf(page).swapFull(mm.swapfile.nrFree(), mm.swapfile.total) || f & PG_UNEVICTABLE)
    )
      mm.swapState.freeSwap(page)
    if (!(flags[page] & PG_UNEVICTABLE)) {
      flags[page] |= PG_ACTIVE
      activated++
    }
    return false
  }

  /** Works through `buffer[0..n)`; survivors are left at its front, in order. @returns pages freed */
  function shrinkBuffer(n: number, sc: ScanControl, ignoreReferences: boolean): number {
    let kept = 0
    pageouts = 0
    activated = 0
    lazyfreed = 0
    for (let i = 0; i < n; i++) {
      const page = buffer[i]
      if (!shrinkPage(page, sc, ignoreReferences)) buffer[kept++] = page
    }
    vm[V.pgactivate] += activated
    vm[V.pglazyfreed] += lazyfreed
    return n - kept
  }

  /** move_folios_to_lru */
  function putBack(from: number, to: number): void {
    for (let i = from; i < to; i++) {
      const page = buffer[i]
      lruOps.putOnList(page)
      if (flags[page] & PG_ACTIVE) lruOps.age(lruOps.lruvecOf(page), 1)
    }
  }

  function inactive(n: number, vec: Lruvec, lru: number, sc: ScanControl): number {
    lruOps.drain(sc.task.cpu)
    const taken = isolate(n, vec, lru, sc)
    const type = lru === LRU_INACTIVE_ANON ? ANON : FILE
    if (!sc.target) vm[sc.kswapd ? V.pgscan_kswapd : V.pgscan_direct] += lookedAt
    vm[V.pgscan_anon + type] += lookedAt
    sc.totalScanned += lookedAt
    time[0] += scanCost * lookedAt
    if (taken === 0) return 0

    const unqueued = sc.unqueuedDirty
    const freed = shrinkBuffer(taken, sc, false)
    putBack(0, taken - freed)
    if (!sc.target) vm[sc.kswapd ? V.pgsteal_kswapd : V.pgsteal_direct] += freed
    vm[V.pgsteal_anon + type] += freed
    noteCost(vec, type, pageouts, lookedAt, freed)
    sc.taken += taken
    if (type === FILE) sc.fileTaken += taken
    if (sc.unqueuedDirty - unqueued === taken) mm.writeback.wakeFlushers()
    return freed
  }

  function noteCost(vec: Lruvec, type: number, written: number, scanned: number, freed: number): void {
    mm.vmscan.noteCost(vec, type, mm.profile.reclaimCost(written, scanned, freed))
  }

  function active(n: number, vec: Lruvec, lru: number, sc: ScanControl): void {
    lruOps.drain(sc.task.cpu)
    const taken = isolate(n, vec, lru, sc)
    if (!sc.target) vm[V.pgrefill] += lookedAt
    time[0] += scanCost * lookedAt
    let deactivated = 0
    for (let i = 0; i < taken; i++) {
      const page = buffer[i]
      const f = flags[page]
      if (f & PG_UNEVICTABLE) {
        lruOps.putOnList(page)
        continue
      }
      if (rmap.referenced(page, sc.target) === REFERENCED_LOCKED) mm.mlock.cull(page)
      flags[page] = (flags[page] & ~PG_ACTIVE) | PG_WORKINGSET
      deactivated++
      lruOps.putOnList(page)
    }
    vm[V.pgdeactivate] += deactivated
  }

  return {
    inactive,
    active,
    pages(list, sc) {
      if (list.length > buffer.length) buffer = new Int32Array(list.length)
      let n = 0
      for (const page of list) buffer[n++] = page
      time[0] += scanCost * n
      const freed = shrinkBuffer(n, sc, true)
      // What is written by now ended its writeback off the lists, and was not rotated.
      for (const { pages: written, done } of sc.plug.sent) {
        if (done <= time[0]) for (const page of written) flags[page] &= ~PG_RECLAIM
      }
      sc.plug.sent.length = 0
      putBack(0, n - freed)
      return freed
    },
  }
}
