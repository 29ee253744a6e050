/**
 * The page cache (mm/filemap.c): read(), write() and faults on file mappings.
 */

import { type Bio, BioPool } from './bio.js'
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
  /** The same where memory is there and nothing has to be charged; −1 where not. */
  addPageNoWait(file: AddressSpace, index: number, gfp: Gfp, task: Task): PageIndex
  /** A read request to add pages to that were added to the cache. */
  newRead(): Bio
  /** Sends it. */
  submitRead(bio: Bio): void
  /** The same for a single page. */
  readOne(page: PageIndex): void
  /** Waits until a locked page is read. */
  waitRead(page: PageIndex, task: Task): Step
  /** One page of a read() that is in the cache. @returns false when it is not, or needs more than that */
  readHit(file: AddressSpace, ra: RaState, index: number): boolean
  /**
   * One page of a read() without readahead that memory is there for and nobody else is due before: the same as `read`
   * in one call. @returns false when it takes more than that
   */
  readNoWait(file: AddressSpace, ra: RaState, index: number, random: boolean, task: Task): boolean
  /** One page of a write() that needs no waiting. @returns false when it takes more than that */
  writeNoWait(file: AddressSpace, index: number, task: Task): boolean
  /** One page of a read(), whatever it takes. @returns false if the task died or got no memory */
  read(file: AddressSpace, ra: RaState, index: number, random: boolean, task: Task): Step<boolean>
  /** One whole page of a write(). */
  write(file: AddressSpace, index: number, task: Task): Step<boolean>
  raOf(task: Task, file: AddressSpace): RaState
}

/** `shadow` of a page that was added to the cache while its read has not been sent. */
const NOT_SENT = -1

export function createFilemap(mm: Mm): Filemap {
  const { pages, vm, ns, time } = mm
  const { flags, zone, memcg, shadow } = pages
  const { readPage, writePage } = mm.config.costs
  const reads = new BioPool()
  const readEnds = mm.events.register((id) => {
    const bio = reads.get(id)
    for (let i = 0; i < bio.length; i++) flags[bio.pages[i]] &= ~PG_LOCKED
    reads.release(bio)
  })

  function peek(file: AddressSpace, index: number): PageIndex {
    const base = file.chunks[index >> CHUNK_SHIFT]
    return base === undefined || base < 0 ? -1 : base + (index & CHUNK_MASK)
  }

  /** Index of a file page, given one if need be. */
  function pageAt(file: AddressSpace, index: number): PageIndex {
    const c = index >> CHUNK_SHIFT
    let base = file.chunks[c]
    if (base === undefined || base < 0) {
      while (file.chunks.length <= c) file.chunks.push(-1)
      base = pages.allocChunk(file.id, c << CHUNK_SHIFT)
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
    flags[page] = PG_RESIDENT | PG_LOCKED | (f & (PG_SHADOW | PG_WORKINGSET))
    ns[mm.zoneNode[z] * NR_NODE_STATS + NS.filePages]++
    file.nrCached++
    if (f & PG_SHADOW) {
      if (gfp.write) flags[page] &= ~(PG_SHADOW | PG_WORKINGSET)
      else mm.workingset.refault(page)
    }
    // While the page is there its shadow says which request reads it.
    shadow[page] = NOT_SENT
    mm.lru.addBatched(page, task.cpu)
    mm.slab.cacheInsert(file, index, task)
    return page
  }

  function addPageNoWait(file: AddressSpace, index: number, gfp: Gfp, task: Task): PageIndex {
    // A charge may have to wait.
    if (task.memcg.parent) return -1
    const z = mm.alloc.noWait(gfp, task)
    return z < 0 ? -1 : insert(file, index, z, gfp, task)
  }

  function* addPage(file: AddressSpace, index: number, gfp: Gfp, task: Task): Step<PageIndex> {
    let z = mm.alloc.noWait(gfp, task)
    if (z < 0) z = yield* mm.alloc.slow(gfp, task)
    if (z < 0) return -1
    if (task.memcg.parent && !(yield* mm.charge.chargeFrame(z, task.memcg, task, gfp))) return -1
    return insert(file, index, z, gfp, task)
  }

  function submitRead(bio: Bio): void {
    const n = bio.length
    vm[V.pgpgin] += 4 * n
    time[0] += readPage * n
    bio.done = mm.disk.submit(time[0], n * 4096)
    for (let i = 0; i < n; i++) shadow[bio.pages[i]] = bio.id
    mm.events.schedule(bio.done, readEnds, bio.id)
  }

  function readOne(page: PageIndex): void {
    const bio = reads.take()
    bio.add(page)
    submitRead(bio)
  }

  /** When a locked page is read, µs. */
  function readDone(page: PageIndex): number {
    const id = shadow[page]
    // Not sent yet: whoever added it is waiting for memory.
    return id === NOT_SENT ? time[0] + 1000 : reads.get(id).done
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

  function readNoWait(file: AddressSpace, ra: RaState, index: number, random: boolean, task: Task): boolean {
    if (!random || task.memcg.parent) return false
    let page = peek(file, index)
    if (page < 0 || !(flags[page] & PG_RESIDENT)) {
      if (index >= file.size) return false
      page = addPageNoWait(file, index, GFP_READAHEAD, task)
      if (page < 0) return false
      readOne(page)
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

  function writeNoWait(file: AddressSpace, index: number, task: Task): boolean {
    if (index >= file.size || task.memcg.parent || !mm.writeback.balanceNotDue(task)) return false
    let page = peek(file, index)
    if (page < 0 || !(flags[page] & PG_RESIDENT)) {
      page = addPageNoWait(file, index, GFP_PAGECACHE_WRITE, task)
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
          if (flags[page] & PG_LOCKED) readOne(page)
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
      if (shadow[page] === NOT_SENT) flags[page] &= ~PG_LOCKED
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
    addPageNoWait,
    newRead: () => reads.take(),
    submitRead,
    readOne,
    waitRead,
    readHit,
    readNoWait,
    writeNoWait,
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
