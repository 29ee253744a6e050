/**
 * Reading pages from swap (mm/swap_state.c `read_swap_cache_async`, mm/page_io.c `swap_readpage`).
 */

import { BioPool } from './bio.js'
import type { Mm, Step } from './context.js'
import { GFP_HIGHUSER_MOVABLE } from './gfp.js'
import {
  CHUNK_SHIFT,
  type PageIndex,
  PG_ANON,
  PG_LOCKED,
  PG_READAHEAD,
  PG_RESIDENT,
  PG_SHADOW,
  PG_SWAPBACKED,
  PG_SWAPCACHE,
  PG_WORKINGSET,
  PTE_SWAP,
} from './page.js'
import { createSwapReadahead } from './swap-readahead.js'
import type { Task, Vma } from './task.js'
import { NS, V } from './vmstat.js'

export interface Swapin {
  /**
   * Reads the page of a swap entry, and others with it. `lastWindow` is the readahead window it used.
   * @returns when its own read is done, µs; −1 if there was no memory
   */
  read(page: PageIndex, vma: Vma, index: number, task: Task): Step<number>
  /** The same as far as memory is there: SWAPIN_STOPPED where somebody has to wait for it, in `rest`, at once. */
  noWait(page: PageIndex, vma: Vma, index: number, task: Task): number
  rest(page: PageIndex, task: Task): Step<number>
  /** Pages in the readahead window of the last swapin; a read alone (1) is waited for inside the fault handler. */
  lastWindow(): number
  /** A fault hit a page that readahead had brought in. */
  noteHit(page: PageIndex, vma: Vma): void
  /** When the read of a locked page is done, µs. */
  readDone(page: PageIndex): number
}

/** Returned by `noWait`. */
export const SWAPIN_STOPPED = -2

export function createSwapin(mm: Mm): Swapin {
  const { pages, vm, ns, time, swapfile } = mm
  const { flags, pte, slot, zone, chunkOwner, shadow } = pages
  const readahead = createSwapReadahead(mm)
  const reads = new BioPool()
  const readEnds = mm.events.register((id) => {
    const bio = reads.get(id)
    for (let i = 0; i < bio.length; i++) finishRead(bio.pages[i])
    reads.release(bio)
  })
  /** The swapin at work: how many pages of the window are to be read, those read by now, the next one, a frame for it. */
  let nrWanted = 0
  let got = new Int32Array(64)
  let nrGot = 0
  let nextWanted = 0
  let frame = -1
  let synchronous = false
  let lastWindow = 1

  function nodeStat(page: PageIndex, item: number, n: number): void {
    ns[mm.statsOf(page) + item] += n
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

  /** Reads the window as far as nobody has to wait. @returns whether all of it is done */
  function readWanted(page: PageIndex, task: Task): boolean {
    const { wanted } = readahead
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

  function noWait(page: PageIndex, vma: Vma, at: number, task: Task): number {
    synchronous = swapfile.areaOf(slot[page]).synchronous
    nrWanted = readahead.window(page, vma, at)
    lastWindow = readahead.size
    if (nrWanted > got.length) got = new Int32Array(nrWanted)
    nextWanted = 0
    nrGot = 0
    if (!readWanted(page, task)) return SWAPIN_STOPPED
    submitReads(got, nrGot, synchronous)
    if (nrWanted > 1) mm.lru.drain(task.cpu)
    return flags[page] & PG_RESIDENT ? readDone(page) : -1
  }

  function* rest(page: PageIndex, task: Task): Step<number> {
    // Others may swap in while this one waits.
    const list = readahead.wanted.slice(0, nrWanted)
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

  function* read(page: PageIndex, vma: Vma, at: number, task: Task): Step<number> {
    const done = noWait(page, vma, at, task)
    return done === SWAPIN_STOPPED ? yield* rest(page, task) : done
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
    read,
    noWait,
    rest,
    lastWindow: () => lastWindow,
    noteHit: readahead.noteHit,
    readDone,
  }
}
