/**
 * The swap cache, and writing to swap (mm/swap_state.c, mm/page_io.c). Reading is swapin.ts.
 */

import type { Bio } from './bio.js'
import { requestShare } from './block-device.js'
import type { Mm } from './context.js'
import { type PageIndex, PG_DIRTY, PG_SWAPCACHE, PG_WRITEBACK } from './page.js'
import { NS, V } from './vmstat.js'

/**
 * Most pages of one request: the segments a queue takes (254 for virtio-blk, much the same for NVMe), below its
 * max_sectors_kb of 1280.
 */
const MAX_REQUEST_PAGES = 254
/** Requests held back before they are sent (BLK_MAX_REQUEST_COUNT). */
const PLUG_REQUESTS = 32
/** A request of this size is not held back when another one begins (BLK_PLUG_FLUSH_SIZE, pages). */
const PLUG_FLUSH_PAGES = 32

/** Writes that a reclaimer holds back in the hope that they merge (struct blk_plug). */
export class Plug {
  readonly requests: Bio[] = []
  /** Fill `sent`. */
  remember = false
  /** Requests sent already, with the time they complete; kept for whoever empties it. */
  readonly sent: { pages: PageIndex[]; done: number }[] = []
  /** Slot after the last one written. */
  next = -1
}

export interface SwapState {
  /** Gives a page a slot and puts it into the swap cache (add_to_swap). @returns false without a free slot */
  addToSwap(page: PageIndex, cpu: number): boolean
  /** Frees the slot of a cached page nobody else refers to by entry (folio_free_swap). @returns false if it is in use */
  freeSwap(page: PageIndex): boolean
  /** Removes a page that reclaim frees from the swap cache; the slot stays for its entry. */
  deleteFromCache(page: PageIndex): void
  /** Starts writing a page to its slot; writes of one plug are merged when their slots follow each other. */
  writepage(page: PageIndex, plug: Plug): void
  /** Sends what the plug holds back (blk_finish_plug). */
  unplug(plug: Plug): void
}

export function createSwapState(mm: Mm): SwapState {
  const { pages, vm, ns, time, swapfile } = mm
  const { flags, slot } = pages
  const scale = mm.config.pageScale ?? 1

  function nodeStat(page: PageIndex, item: number, n: number): void {
    ns[mm.statsOf(page) + item] += n
  }

  function addToSwap(page: PageIndex, cpu: number): boolean {
    const s = swapfile.allocate(page, mm.memcgOf(page), cpu)
    if (s < 0) return false
    slot[page] = s
    flags[page] |= PG_SWAPCACHE | PG_DIRTY
    nodeStat(page, NS.filePages, 1)
    nodeStat(page, NS.swapcached, 1)
    return true
  }

  function freeSwap(page: PageIndex): boolean {
    const f = flags[page]
    if (!(f & PG_SWAPCACHE) || f & PG_WRITEBACK) return false
    const s = slot[page]
    if (swapfile.heldByEntry(s)) return false
    deleteFromCache(page)
    slot[page] = -1
    swapfile.dropCache(s)
    flags[page] |= PG_DIRTY
    return true
  }

  function deleteFromCache(page: PageIndex): void {
    flags[page] &= ~PG_SWAPCACHE
    nodeStat(page, NS.filePages, -1)
    nodeStat(page, NS.swapcached, -1)
  }

  function unplug(plug: Plug): void {
    for (const bio of plug.requests) {
      // Slots follow each other: what is written page by page here is written in runs.
      mm.writeback.submit(bio, mm.swapDisk, requestShare(bio.length, MAX_REQUEST_PAGES, scale))
      if (plug.remember) plug.sent.push({ pages: [...bio.pages.subarray(0, bio.length)], done: bio.done })
    }
    plug.requests.length = 0
    plug.next = -1
  }

  function writepage(page: PageIndex, plug: Plug): void {
    const s = slot[page]
    time[0] += mm.config.costs.writePage
    flags[page] = (flags[page] & ~PG_DIRTY) | PG_WRITEBACK
    vm[V.pswpout]++
    vm[V.pgpgout] += 4
    nodeStat(page, NS.writeback, 1)
    if (swapfile.areaOf(s).synchronous) {
      mm.writeback.endWriteback(page)
      return
    }
    const last = plug.requests.length > 0 ? plug.requests[plug.requests.length - 1] : null
    if (last && s === plug.next && last.length < MAX_REQUEST_PAGES) last.add(page)
    else {
      if (last && (plug.requests.length >= PLUG_REQUESTS || last.length >= PLUG_FLUSH_PAGES)) unplug(plug)
      const bio = mm.writeback.newWrite()
      bio.add(page)
      plug.requests.push(bio)
    }
    plug.next = s + 1
  }

  return {
    addToSwap,
    freeSwap,
    deleteFromCache,
    writepage,
    unplug,
  }
}
