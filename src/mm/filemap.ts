/**
 * The page cache (mm/filemap.c): read(), write() and faults on file mappings.
 */

import { type Bio, BioPool } from './bio.js'
import type { Mm, Step } from './context.js'
import { GFP_PAGECACHE, GFP_PAGECACHE_WRITE, type Gfp } from './gfp.js'
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
import { NS, V } from './vmstat.js'

/**
 * Where an access may have to wait there are two functions: `…NoWait` goes as far as it can and says whether that was all
 * of it, the generator goes on from there, and has to be called at once.
 */
export interface Filemap {
  /** Index of a file page, or −1 if nothing of its chunk was ever cached. */
  peek(file: AddressSpace, index: number): PageIndex
  /** A file page that is in the cache, −1 if it is not (filemap_get_folio). */
  find(file: AddressSpace, index: number): PageIndex
  /** Allocates a page, charges it and puts it into the cache, locked. @returns −1 if somebody has to wait */
  addPageNoWait(file: AddressSpace, index: number, gfp: Gfp, task: Task): PageIndex
  /** @returns −1 without memory */
  addPageRest(file: AddressSpace, index: number, gfp: Gfp, task: Task): Step<PageIndex>
  /** A read request to add pages to that were added to the cache. */
  newRead(): Bio
  /**
   * Sends it.
   * @param share of what a request costs
   * @param ahead it was begun while the pages before were used
   */
  submitRead(bio: Bio, share?: number, ahead?: boolean): void
  /** The same for a single page. */
  readOne(page: PageIndex): void
  /** Sleeps in its place until a locked page is read. @returns false when somebody else is due before */
  waitReadNoWait(page: PageIndex, task: Task): boolean
  /** Waits until a locked page is read. */
  waitRead(page: PageIndex, task: Task): Step
  /** One page of a read() that is in the cache. @returns false when it is not, or needs more than that */
  readHit(file: AddressSpace, ra: RaState, index: number): boolean
  /** One page of a read(). */
  readNoWait(file: AddressSpace, ra: RaState, index: number, random: boolean, task: Task): boolean
  /** @returns false if the task died or got no memory */
  readRest(file: AddressSpace, ra: RaState, index: number, random: boolean, task: Task): Step<boolean>
  /** One whole page of a write(). */
  writeNoWait(file: AddressSpace, index: number, task: Task): boolean
  /** @returns false if the task died or got no memory */
  writeRest(file: AddressSpace, index: number, task: Task): Step<boolean>
  raOf(task: Task, file: AddressSpace): RaState
}

/** Where an access stopped. */
enum At {
  /** Before its first step. */
  start,
  /** In readahead for a page that was missing. */
  syncReadahead,
  /** Because readahead got no memory for the page. */
  withoutPage,
  /** In readahead for pages to come. */
  asyncReadahead,
  /** While the page was being read. */
  read,
  /** In getting a page to write to. */
  add,
  /** With the limits of dirty memory to be looked at. */
  balance,
  /** At the end, with memory.high to be paid for. */
  end,
}

/** `shadow` of a page that was added to the cache while its read has not been sent. */
const NOT_SENT = -1

export function createFilemap(mm: Mm): Filemap {
  const { pages, vm, ns, time } = mm
  const { flags, zone, shadow } = pages
  const { readPage, writePage } = mm.config.costs
  const reads = new BioPool()
  /** The frame of a page that `addPageNoWait` could not charge at once; −1: it got none. */
  let frame = -1
  /** Where the access at work stopped. */
  let stopped = At.start
  const readEnds = mm.events.register((id) => {
    const bio = reads.get(id)
    for (let i = 0; i < bio.length; i++) flags[bio.pages[i]] &= ~PG_LOCKED
    reads.release(bio)
  })

  function peek(file: AddressSpace, index: number): PageIndex {
    const base = file.chunks[index >> CHUNK_SHIFT]
    return base === undefined || base < 0 ? -1 : base + (index & CHUNK_MASK)
  }

  function find(file: AddressSpace, index: number): PageIndex {
    const page = peek(file, index)
    return page >= 0 && flags[page] & PG_RESIDENT ? page : -1
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
    mm.setMemcg(page, task.memcg)
    flags[page] = PG_RESIDENT | PG_LOCKED | (f & (PG_SHADOW | PG_WORKINGSET))
    ns[mm.zoneNode[z] * NS.NR + NS.filePages]++
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
    frame = mm.alloc.noWait(gfp, task)
    if (frame < 0) return -1
    if (task.memcg.parent && !mm.charge.tryChargeFast(task.memcg, task.cpu, task)) return -1
    return insert(file, index, frame, gfp, task)
  }

  function* addPageRest(file: AddressSpace, index: number, gfp: Gfp, task: Task): Step<PageIndex> {
    let z = frame
    if (z < 0) z = yield* mm.alloc.slow(gfp, task)
    if (z < 0) return -1
    if (task.memcg.parent && !(yield* mm.charge.chargeFrame(z, task.memcg, task, gfp))) return -1
    return insert(file, index, z, gfp, task)
  }

  function submitRead(bio: Bio, share = 1, ahead = false): void {
    const n = bio.length
    vm[V.pgpgin] += 4 * n
    time[0] += readPage * n
    bio.done = mm.disk.submit(time[0], n * 4096, share, ahead)
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

  function waitReadNoWait(page: PageIndex, task: Task): boolean {
    if (!(flags[page] & PG_LOCKED)) return true
    const stalled = (flags[page] & PG_WORKINGSET) !== 0
    if (stalled) task.memstall++
    task.iowait = true
    mm.sched.sleepUntil(Math.max(time[0], readDone(page)))
    task.iowait = false
    if (stalled) task.memstall--
    return !(flags[page] & PG_LOCKED)
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

  /** A page that is there is read. */
  function access(page: PageIndex, ra: RaState, index: number): void {
    if (ra.prevIndex !== index + 1) mm.lru.markAccessed(page)
    ra.prevIndex = index + 1
    time[0] += readPage
  }

  function readHit(file: AddressSpace, ra: RaState, index: number): boolean {
    const page = peek(file, index)
    if (page < 0) return false
    if ((flags[page] & (PG_RESIDENT | PG_LOCKED | PG_READAHEAD)) !== PG_RESIDENT) return false
    access(page, ra, index)
    return true
  }

  function readNoWait(file: AddressSpace, ra: RaState, index: number, random: boolean, task: Task): boolean {
    if (index >= file.size) file.size = index + 1
    let page = find(file, index)
    if (page < 0) {
      stopped = At.syncReadahead
      if (!mm.readahead.sync(file, ra, index, 1, task, random)) return false
      page = find(file, index)
      stopped = At.withoutPage
      if (page < 0) return false
    } else if (flags[page] & PG_READAHEAD) {
      flags[page] &= ~PG_READAHEAD
      stopped = At.asyncReadahead
      if (!random && !mm.readahead.async(file, ra, index, 1, task)) return false
    }
    stopped = At.read
    if (!waitReadNoWait(page, task)) return false
    stopped = At.start
    // Reclaimed while it was waited for: once more.
    if (!(flags[page] & PG_RESIDENT)) return false
    access(page, ra, index)
    stopped = At.end
    return task.overHigh === 0
  }

  function* readRest(file: AddressSpace, ra: RaState, index: number, random: boolean, task: Task): Step<boolean> {
    for (let at = stopped; at !== At.end; at = stopped) {
      if (at === At.start) {
        if (task.oomVictim) return false
        if (readNoWait(file, ra, index, random, task)) return true
        continue
      }
      if (at === At.syncReadahead || at === At.asyncReadahead) yield* mm.readahead.rest(task)
      let page = peek(file, index)
      if (at !== At.asyncReadahead && at !== At.read && find(file, index) < 0) {
        // Readahead got no memory; the read itself may try harder.
        page = addPageNoWait(file, index, GFP_PAGECACHE, task)
        if (page < 0) page = yield* addPageRest(file, index, GFP_PAGECACHE, task)
        if (page < 0) return false
        if (flags[page] & PG_LOCKED) readOne(page)
      }
      if (flags[page] & PG_LOCKED) yield* waitRead(page, task)
      stopped = At.start
      if (flags[page] & PG_RESIDENT) {
        access(page, ra, index)
        break
      }
    }
    if (task.overHigh > 0) yield* mm.charge.handleOverHigh(task)
    return true
  }

  /** The page becomes the writer's. */
  function writeTo(page: PageIndex, task: Task): void {
    time[0] += writePage
    if (!(flags[page] & PG_RESIDENT)) return
    mm.slab.attachBuffers(page, task)
    mm.writeback.setPageDirty(page)
  }

  function writeNoWait(file: AddressSpace, index: number, task: Task): boolean {
    if (index >= file.size) file.size = index + 1
    let page = find(file, index)
    if (page < 0) {
      stopped = At.add
      page = addPageNoWait(file, index, GFP_PAGECACHE_WRITE, task)
      if (page < 0) return false
      // The whole page is written: nothing has to be read.
      if (shadow[page] === NOT_SENT) flags[page] &= ~PG_LOCKED
    }
    stopped = At.read
    if (!waitReadNoWait(page, task)) return false
    writeTo(page, task)
    stopped = At.balance
    if (!mm.writeback.balanceNotDue(task)) return false
    task.nrDirtied++
    stopped = At.end
    return task.overHigh === 0
  }

  function* writeRest(file: AddressSpace, index: number, task: Task): Step<boolean> {
    if (stopped !== At.end) {
      if (stopped !== At.balance) {
        let page = peek(file, index)
        if (stopped === At.add) {
          page = yield* addPageRest(file, index, GFP_PAGECACHE_WRITE, task)
          if (page < 0) return false
          if (shadow[page] === NOT_SENT) flags[page] &= ~PG_LOCKED
        }
        if (flags[page] & PG_LOCKED) yield* waitRead(page, task)
        writeTo(page, task)
      }
      yield* mm.writeback.balance(task, 1)
    }
    if (task.overHigh > 0) yield* mm.charge.handleOverHigh(task)
    return true
  }

  return {
    peek,
    find,
    addPageNoWait,
    addPageRest,
    newRead: () => reads.take(),
    submitRead,
    readOne,
    waitReadNoWait,
    waitRead,
    readHit,
    readNoWait,
    readRest,
    writeNoWait,
    writeRest,
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
