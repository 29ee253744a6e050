/**
 * The swap cache and swap readahead (mm/swap_state.c, mm/page_io.c).
 */

import { type Bio, BioPool } from './bio.js'
import { requestShare } from './block-device.js'
import type { Mm, Step } from './context.js'
import { GFP_HIGHUSER_MOVABLE } from './gfp.js'
import {
  CHUNK_MASK,
  CHUNK_SHIFT,
  type PageIndex,
  PG_ANON,
  PG_DIRTY,
  PG_LOCKED,
  PG_READAHEAD,
  PG_RESIDENT,
  PG_SHADOW,
  PG_SWAPBACKED,
  PG_SWAPCACHE,
  PG_WORKINGSET,
  PG_WRITEBACK,
  PTE_SWAP,
} from './page.js'
import type { Task, Vma } from './task.js'
import { NS, V } from './vmstat.js'

/** SWAP_RA_ORDER_CEILING on 64-bit. */
const RA_ORDER_CEILING = 5

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
  /**
   * Reads the page of a swap entry, and others with it. `lastWindow` is the readahead window it used.
   * @returns when its own read is done, µs; −1 if there was no memory
   */
  swapin(page: PageIndex, vma: Vma, index: number, task: Task): Step<number>
  /** The same as far as memory is there: SWAPIN_STOPPED where somebody has to wait for it, in `swapinRest`, at once. */
  swapinNoWait(page: PageIndex, vma: Vma, index: number, task: Task): number
  swapinRest(page: PageIndex, task: Task): Step<number>
  /** Pages in the readahead window of the last swapin; a read alone (1) is waited for inside the fault handler. */
  lastWindow(): number
  /** A fault hit a page that readahead had brought in. */
  noteReadaheadHit(page: PageIndex, vma: Vma): void
  /** When the read of a locked page is done, µs. */
  readDone(page: PageIndex): number
}

/** Returned by `swapinNoWait`. */
export const SWAPIN_STOPPED = -2

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

export function createSwapState(mm: Mm): SwapState {
  const { pages, vm, ns, time, swapfile } = mm
  const { flags, pte, slot, zone, chunkOwner, shadow } = pages
  const scale = mm.config.pageScale ?? 1
  const reads = new BioPool()
  const readEnds = mm.events.register((id) => {
    const bio = reads.get(id)
    for (let i = 0; i < bio.length; i++) finishRead(bio.pages[i])
    reads.release(bio)
  })
  /** The swapin at work: pages to read, those read by now, the next one, a frame for it that is to be charged. */
  let wanted = new Int32Array(64)
  let got = new Int32Array(64)
  let nrWanted = 0
  let nrGot = 0
  let nextWanted = 0
  let frame = -1
  let synchronous = false
  /** Cluster readahead: one state for the machine. */
  let lastWindow = 1
  let clusterHits = 4
  let clusterPrevious = -2
  let clusterWindow = 0
  const rotational = mm.config.swap.some((s) => s.rotational)
  const byAddress = mm.config.vmaReadahead && !rotational

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

  /** Somebody else brought the page in, or it went away, while we waited for memory. */
  function notWanted(page: PageIndex): boolean {
    return (flags[page] & PG_RESIDENT) !== 0 || !(pte[page] & PTE_SWAP || isShmem(page)) || slot[page] < 0
  }

  /** A charged frame becomes the page of a slot, to be read. */
  function install(page: PageIndex, z: number, task: Task, faulting: boolean): void {
    const f = flags[page]
    zone[page] = z
    flags[page] =
      PG_RESIDENT |
      PG_SWAPBACKED |
      PG_SWAPCACHE |
      PG_LOCKED |
      (f & (PG_SHADOW | PG_WORKINGSET)) |
      (isShmem(page) ? 0 : PG_ANON)
    swapfile.holdByCache(slot[page])
    nodeStat(page, NS.filePages, 1)
    nodeStat(page, NS.swapcached, 1)
    if (f & PG_SHADOW) mm.workingset.refault(page)
    mm.lru.addBatched(page, task.cpu)
    // Its read has not been sent yet.
    shadow[page] = -1
    vm[V.pswpin]++
    vm[V.pgpgin] += 4
    if (!faulting) {
      flags[page] |= PG_READAHEAD
      vm[V.swap_ra]++
    }
  }

  /** Gets a page for a slot, to be read. @param z a frame for it, or −1 @returns false when memory or charge failed */
  function* readSlot(page: PageIndex, z: number, task: Task, faulting: boolean): Step<boolean> {
    if (z < 0) z = yield* mm.alloc.slow(GFP_HIGHUSER_MOVABLE, task)
    if (z < 0) return false
    const m = mm.memcgOf(page)
    if (notWanted(page)) {
      mm.alloc.free(z, task.cpu)
      return false
    }
    if (!(yield* mm.charge.chargeFrame(z, m, task, GFP_HIGHUSER_MOVABLE))) return false
    if (flags[page] & PG_RESIDENT || slot[page] < 0) {
      mm.alloc.free(z, task.cpu)
      mm.charge.uncharge(m)
      return false
    }
    install(page, z, task, faulting)
    return true
  }

  function isShmem(page: PageIndex): boolean {
    return mm.vmas[chunkOwner[page >> CHUNK_SHIFT]]?.kind === 'shmem'
  }

  /** Pages read together with `page`, in the order they are asked for, into `wanted`. @returns how many */
  function window(page: PageIndex, vma: Vma, at: number): number {
    lastWindow = 1
    wanted[0] = page
    synchronous = swapfile.areaOf(slot[page]).synchronous
    if (synchronous) return 1
    const cluster = mm.sysctl['vm.page-cluster']
    if (byAddress) {
      const max = 1 << Math.min(cluster, RA_ORDER_CEILING)
      if (max <= 1) return 1
      const previous = vma.swapRaAddress
      const n = swapinNrPages(vma.swapRaHits, at === previous + 1 || at === previous - 1, max, vma.swapRaWindow)
      vma.swapRaHits = 0
      vma.swapRaAddress = at
      vma.swapRaWindow = n
      if (n === 1) return 1
      lastWindow = n
      let first = at - ((n - 1) >> 1)
      if (at === previous + 1) first = at
      else if (at === previous - 1) first = at - n + 1
      const tableStart = at & ~CHUNK_MASK
      const lo = Math.max(first, 0, tableStart)
      const hi = Math.min(first + n, vma.pages, tableStart + CHUNK_MASK + 1)
      let found = 0
      const base = vma.chunks[at >> CHUNK_SHIFT]
      for (let i = lo; i < hi; i++) {
        const p = base + (i & CHUNK_MASK)
        if (p === page || (pte[p] & PTE_SWAP && !(flags[p] & PG_RESIDENT))) wanted[found++] = p
      }
      return found
    }
    const max = 1 << cluster
    if (max <= 1) return 1
    const s = slot[page]
    const area = swapfile.areaOf(s)
    const n = swapinNrPages(clusterHits, s === clusterPrevious + 1 || s === clusterPrevious - 1, max, clusterWindow)
    clusterHits = 0
    clusterPrevious = s
    clusterWindow = n
    if (n === 1) return 1
    lastWindow = n
    if (n > wanted.length) {
      wanted = new Int32Array(n)
      got = new Int32Array(n)
    }
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

  /** Reads `wanted` as far as nobody has to wait. @returns whether all of it is done */
  function readWanted(page: PageIndex, task: Task): boolean {
    for (; nextWanted < nrWanted; nextWanted++) {
      const p = wanted[nextWanted]
      if (p !== page && flags[p] & PG_RESIDENT) continue
      frame = mm.alloc.noWait(GFP_HIGHUSER_MOVABLE, task)
      if (frame < 0) return false
      if (notWanted(p)) {
        mm.alloc.free(frame, task.cpu)
        continue
      }
      if (!mm.charge.tryChargeFast(mm.memcgOf(p), task.cpu, task)) return false
      install(p, frame, task, p === page)
      got[nrGot++] = p
    }
    return true
  }

  function swapinNoWait(page: PageIndex, vma: Vma, at: number, task: Task): number {
    nrWanted = window(page, vma, at)
    nextWanted = 0
    nrGot = 0
    if (!readWanted(page, task)) return SWAPIN_STOPPED
    submitReads(got, nrGot, synchronous)
    if (nrWanted > 1) mm.lru.drain(task.cpu)
    return flags[page] & PG_RESIDENT ? readDone(page) : -1
  }

  function* swapinRest(page: PageIndex, task: Task): Step<number> {
    // Others may swap in while this one waits.
    const list = wanted.slice(0, nrWanted)
    const mine = got.slice(0, nrWanted)
    const first = nextWanted
    const used = lastWindow
    const readsAtOnce = synchronous
    let n = nrGot
    let z = frame
    for (let i = first; i < list.length; i++) {
      const p = list[i]
      if (p !== page && flags[p] & PG_RESIDENT) continue
      if (i > first) z = mm.alloc.noWait(GFP_HIGHUSER_MOVABLE, task)
      if (yield* readSlot(p, z, task, p === page)) mine[n++] = p
    }
    submitReads(mine, n, readsAtOnce)
    if (list.length > 1) mm.lru.drain(task.cpu)
    lastWindow = used
    return flags[page] & PG_RESIDENT ? readDone(page) : -1
  }

  function* swapin(page: PageIndex, vma: Vma, at: number, task: Task): Step<number> {
    const done = swapinNoWait(page, vma, at, task)
    return done === SWAPIN_STOPPED ? yield* swapinRest(page, task) : done
  }

  /** Reads with adjacent slots become one request. */
  function submitReads(list: Int32Array, n: number, synchronous: boolean): void {
    let from = 0
    while (from < n) {
      const bio = reads.take()
      bio.add(list[from])
      let to = from + 1
      for (; to < n && slot[list[to]] === slot[list[to - 1]] + 1; to++) bio.add(list[to])
      bio.done = synchronous ? time[0] : mm.swapDisk.submit(time[0], bio.length * 4096)
      for (let i = from; i < to; i++) shadow[list[i]] = bio.id
      if (synchronous) {
        for (let i = from; i < to; i++) finishRead(list[i])
        reads.release(bio)
      } else mm.events.schedule(bio.done, readEnds, bio.id)
      from = to
    }
  }

  function finishRead(page: PageIndex): void {
    flags[page] &= ~PG_LOCKED
    mm.mmap.reapOrphan(page)
  }

  /** While a page is being read its shadow says by which request. */
  function readDone(page: PageIndex): number {
    return flags[page] & PG_LOCKED && shadow[page] >= 0 ? reads.get(shadow[page]).done : time[0]
  }

  return {
    addToSwap,
    freeSwap,
    deleteFromCache,
    writepage,
    unplug,
    swapin,
    swapinNoWait,
    swapinRest,
    lastWindow: () => lastWindow,
    readDone,
    noteReadaheadHit(page, vma) {
      flags[page] &= ~PG_READAHEAD
      vm[V.swap_ra_hit]++
      if (byAddress) vma.swapRaHits++
      else clusterHits++
    },
  }
}
