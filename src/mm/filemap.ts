/**
 * The page cache (mm/filemap.c): read(), write() and faults on file mappings.
 */

import type { Mm, Step } from './context.js'
import { GFP_PAGECACHE, GFP_PAGECACHE_WRITE, GFP_READAHEAD, type Gfp } from './gfp.js'
import {
  CHUNK_MASK,
  CHUNK_SHIFT,
  type PageIndex,
  PG_LOCKED,
  PG_READAHEAD,
  PG_RESIDENT,
  PG_SHADOW,
  PG_WORKINGSET,
} from './page.js'
import { type AddressSpace, RaState, type Task } from './task.js'
import { NR_NODE_STATS, NS, V } from './vmstat.js'

export interface Filemap {
  /** Index of a file page, or −1 if nothing of its chunk was ever cached. */
  peek(file: AddressSpace, index: number): PageIndex
  /** Allocates a page, charges it and puts it into the cache, locked. @returns −1 without memory */
  addPage(file: AddressSpace, index: number, gfp: Gfp, task: Task): Step<PageIndex>
  /** The same where memory is there; −1 where it is not. */
  addPageFast(file: AddressSpace, index: number, gfp: Gfp, task: Task): PageIndex
  /**
   * Starts one read request for pages that were added.
   * @param share of what a request costs
   * @param ahead it was begun while the pages before were used
   */
  submitRead(file: AddressSpace, start: number, n: number, share?: number, ahead?: boolean): void
  /** Waits until a locked page is read. */
  waitRead(page: PageIndex, task: Task): Step
  /** One page of a read() that is in the cache. @returns false when it is not, or needs more than that */
  readHit(file: AddressSpace, ra: RaState, index: number): boolean
  /**
   * One page of a read() without readahead that memory is there for and nobody else is due before: the same as `read`
   * in one call. @returns false when it takes more than that
   */
  readFast(file: AddressSpace, ra: RaState, index: number, random: boolean, task: Task): boolean
  /** One page of a write() that needs no waiting. @returns false when it takes more than that */
  writeFast(file: AddressSpace, index: number, task: Task): boolean
  /** One page of a read(), whatever it takes. @returns false if the task died or got no memory */
  read(file: AddressSpace, ra: RaState, index: number, random: boolean, task: Task): Step<boolean>
  /** One whole page of a write(). */
  write(file: AddressSpace, index: number, task: Task): Step<boolean>
  raOf(task: Task, file: AddressSpace): RaState
}

interface ReadRequest {
  fileId: number
  start: number
  end: number
  done: number
}

export function createFilemap(mm: Mm): Filemap {
  const { pages, vm, ns, time } = mm
  const { flags, zone, memcg, mapping, index: indexOf, shadow } = pages
  const { readPage, writePage } = mm.config.costs
  const requests: ReadRequest[] = []

  function peek(file: AddressSpace, index: number): PageIndex {
    const base = file.chunks[index >> CHUNK_SHIFT]
    return base === undefined || base < 0 ? -1 : base + (index & CHUNK_MASK)
  }

  /** Index of a file page, given one if need be. */
  function pageAt(file: AddressSpace, index: number): PageIndex {
    const c = index >> CHUNK_SHIFT
    let base = file.chunks[c]
    if (base === undefined || base < 0) {
      while (file.chunks.length <= c) {
        file.chunks.push(-1)
        file.chunkDirty.push(0)
      }
      base = pages.allocChunk()
      file.chunks[c] = base
    }
    return base + (index & CHUNK_MASK)
  }

  /** A charged page of the low-mark path becomes the file's. */
  function insert(file: AddressSpace, index: number, z: number, gfp: Gfp, task: Task): PageIndex {
    const page = pageAt(file, index)
    if (flags[page] & PG_RESIDENT) {
      // Another reader was faster while this one waited.
      mm.alloc.free(z, task.cpu)
      mm.charge.uncharge(task.memcg)
      return page
    }
    const f = flags[page]
    zone[page] = z
    memcg[page] = task.memcg.id
    mapping[page] = file.id
    indexOf[page] = index
    flags[page] = PG_RESIDENT | PG_LOCKED | (f & (PG_SHADOW | PG_WORKINGSET))
    ns[mm.zoneNode[z] * NR_NODE_STATS + NS.filePages]++
    file.nrCached++
    if (f & PG_SHADOW) {
      if (gfp.write) {
        flags[page] &= ~(PG_SHADOW | PG_WORKINGSET)
        shadow[page] = 0
      } else mm.workingset.refault(page)
    }
    mm.lru.addBatched(page, task.cpu)
    mm.slab.cacheInsert(file, index, task)
    return page
  }

  function addPageFast(file: AddressSpace, index: number, gfp: Gfp, task: Task): PageIndex {
    const z = mm.alloc.fast(gfp, task)
    if (z < 0) return -1
    if (task.memcg.parent && !mm.charge.tryChargeFast(task.memcg, task.cpu, task)) {
      mm.alloc.free(z, task.cpu)
      return -1
    }
    return insert(file, index, z, gfp, task)
  }

  function* addPage(file: AddressSpace, index: number, gfp: Gfp, task: Task): Step<PageIndex> {
    let z = mm.alloc.fast(gfp, task)
    if (z < 0) z = yield* mm.alloc.slow(gfp, task)
    if (z < 0) return -1
    if (task.memcg.parent && !(yield* mm.charge.chargeFrame(z, task.memcg, task, gfp))) return -1
    return insert(file, index, z, gfp, task)
  }

  function submitRead(file: AddressSpace, start: number, n: number, share = 1, ahead = false): void {
    vm[V.pgpgin] += 4 * n
    time[0] += readPage * n
    const done = mm.disk.submit(time[0], n * 4096, share, ahead)
    const request = { fileId: file.id, start, end: start + n, done }
    requests.push(request)
    mm.events.at(done, () => {
      requests.splice(requests.indexOf(request), 1)
      for (let i = start; i < start + n; i++) flags[peek(file, i)] &= ~PG_LOCKED
    })
  }

  function readDone(page: PageIndex): number {
    const at = indexOf[page]
    for (let i = requests.length - 1; i >= 0; i--) {
      const r = requests[i]
      if (r.fileId === mapping[page] && at >= r.start && at < r.end) return r.done
    }
    // Not submitted yet: whoever added it is waiting for memory.
    return time[0] + 1000
  }

  function* waitRead(page: PageIndex, task: Task): Step {
    const stalled = (flags[page] & PG_WORKINGSET) !== 0
    if (stalled) task.memstall++
    task.iowait = true
    while (flags[page] & PG_LOCKED && !task.oomVictim) {
      const done = Math.max(time[0], readDone(page))
      if (!mm.sched.sleepUntil(done)) yield done
    }
    task.iowait = false
    if (stalled) task.memstall--
  }

  function readHit(file: AddressSpace, ra: RaState, index: number): boolean {
    const page = peek(file, index)
    if (page < 0) return false
    const f = flags[page]
    if ((f & (PG_RESIDENT | PG_LOCKED | PG_READAHEAD)) !== PG_RESIDENT) return false
    if (ra.prevIndex !== index + 1) mm.lru.markAccessed(page)
    ra.prevIndex = index + 1
    time[0] += readPage
    return true
  }

  function readFast(file: AddressSpace, ra: RaState, index: number, random: boolean, task: Task): boolean {
    if (!random || task.memcg.parent) return false
    let page = peek(file, index)
    if (page < 0 || !(flags[page] & PG_RESIDENT)) {
      if (index >= file.size) return false
      page = addPageFast(file, index, GFP_READAHEAD, task)
      if (page < 0) return false
      submitRead(file, index, 1)
    }
    const f = flags[page]
    if (f & (PG_READAHEAD | PG_WORKINGSET)) return false
    if (f & PG_LOCKED) {
      task.iowait = true
      mm.sched.sleepUntil(Math.max(time[0], readDone(page)))
      task.iowait = false
      // Where somebody else was due first, the page is still locked and the reader waits on.
      if ((flags[page] & (PG_RESIDENT | PG_LOCKED)) !== PG_RESIDENT) return false
    }
    if (ra.prevIndex !== index + 1) mm.lru.markAccessed(page)
    ra.prevIndex = index + 1
    time[0] += readPage
    return true
  }

  function writeFast(file: AddressSpace, index: number, task: Task): boolean {
    if (index >= file.size || task.memcg.parent || !mm.writeback.balanceNotDue(task)) return false
    let page = peek(file, index)
    if (page < 0 || !(flags[page] & PG_RESIDENT)) {
      page = addPageFast(file, index, GFP_PAGECACHE_WRITE, task)
      if (page < 0) return false
      // The whole page is written: nothing has to be read.
      flags[page] &= ~PG_LOCKED
    } else if (flags[page] & PG_LOCKED) return false
    time[0] += writePage
    mm.slab.attachBuffers(page, task)
    mm.writeback.setPageDirty(page)
    task.nrDirtied++
    return true
  }

  function* read(file: AddressSpace, ra: RaState, index: number, random: boolean, task: Task): Step<boolean> {
    if (index >= file.size) file.size = index + 1
    for (;;) {
      if (task.oomVictim) return false
      let page = peek(file, index)
      if (page < 0 || !(flags[page] & PG_RESIDENT)) {
        yield* mm.readahead.sync(file, ra, index, 1, task, random)
        page = peek(file, index)
        if (page < 0 || !(flags[page] & PG_RESIDENT)) {
          // Readahead got no memory; the read itself may try harder.
          page = yield* addPage(file, index, GFP_PAGECACHE, task)
          if (page < 0) return false
          if (flags[page] & PG_LOCKED) submitRead(file, index, 1)
        }
      } else if (flags[page] & PG_READAHEAD) {
        flags[page] &= ~PG_READAHEAD
        if (!random) yield* mm.readahead.async(file, ra, index, 1, task)
      }
      if (flags[page] & PG_LOCKED) yield* waitRead(page, task)
      // Reclaimed while it was waited for: once more.
      if (flags[page] & PG_RESIDENT) break
    }
    const page = peek(file, index)
    if (ra.prevIndex !== index + 1) mm.lru.markAccessed(page)
    ra.prevIndex = index + 1
    time[0] += readPage
    if (task.overHigh > 0) yield* mm.charge.handleOverHigh(task)
    return true
  }

  function* write(file: AddressSpace, index: number, task: Task): Step<boolean> {
    if (index >= file.size) file.size = index + 1
    let page = peek(file, index)
    while (page < 0 || !(flags[page] & PG_RESIDENT)) {
      if (task.oomVictim) return false
      page = yield* addPage(file, index, GFP_PAGECACHE_WRITE, task)
      if (page < 0) return false
      // The whole page is written: nothing has to be read.
      if (!requests.some((r) => r.fileId === file.id && index >= r.start && index < r.end)) flags[page] &= ~PG_LOCKED
    }
    if (flags[page] & PG_LOCKED) yield* waitRead(page, task)
    time[0] += writePage
    if (flags[page] & PG_RESIDENT) {
      mm.slab.attachBuffers(page, task)
      mm.writeback.setPageDirty(page)
    }
    yield* mm.writeback.balance(task, 1)
    if (task.overHigh > 0) yield* mm.charge.handleOverHigh(task)
    return true
  }

  return {
    peek,
    addPage,
    addPageFast,
    submitRead,
    waitRead,
    readHit,
    readFast,
    writeFast,
    read,
    write,
    raOf(task, file) {
      let ra = task.files.get(file)
      if (!ra) {
        ra = new RaState()
        task.files.set(file, ra)
      }
      return ra
    },
  }
}
