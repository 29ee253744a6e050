/**
 * File readahead (mm/readahead.c): which pages enter the cache when one is asked for.
 */

import type { Bio } from './bio.js'
import { requestShare } from './block-device.js'
import type { Mm, Step } from './context.js'
import { GFP_READAHEAD } from './gfp.js'
import { PG_READAHEAD } from './page.js'
import { scaledBatch } from './scan-control.js'
import type { AddressSpace, RaState, Task } from './task.js'

/** First window for a request of `size` pages (get_init_ra_size). */
export function initRaSize(size: number, max: number): number {
  let p = 1
  while (p < size) p *= 2
  if (p <= max / 32) return p * 4
  if (p <= max / 4) return p * 2
  return max
}

/** Window after one of `size` pages (get_next_ra_size). */
export function nextRaSize(size: number, max: number): number {
  if (size < max / 16) return size * 4
  if (size <= max / 2) return size * 2
  return max
}

/** What a read is: by itself, or a window of sequential reads, the first or one that follows another. */
const NO_WINDOW = 0
const FIRST_WINDOW = 1
const NEXT_WINDOW = 2

/**
 * Each begins to fill the cache and reads what it added. @returns false where memory has to be waited for: go on with
 * `rest`, at once.
 */
export interface Readahead {
  /** A page was not in the cache (page_cache_sync_ra). */
  sync(file: AddressSpace, ra: RaState, index: number, req: number, task: Task, random: boolean): boolean
  /** A page with the readahead marker was hit (page_cache_async_ra). */
  async(file: AddressSpace, ra: RaState, index: number, req: number, task: Task): boolean
  /** Read-around of a mapped-file fault (do_sync_mmap_readahead). */
  around(file: AddressSpace, ra: RaState, index: number, task: Task): boolean
  rest(task: Task): Step
}

export function createReadahead(mm: Mm): Readahead {
  const { flags } = mm.pages
  const { readaheadPages, pageScale = 1 } = mm.config
  /** Window of sequential reads. */
  const max = readaheadPages > 0 ? scaledBatch(readaheadPages, pageScale) : 0
  /** A window of one page cannot be read while the one before is used, as larger ones are: what comes next is there. */
  const noAsync = pageScale > 1 && max === 1
  /** What is being filled: pages [next, end) of a file are still to come, `bio` reads those before. */
  let filling: AddressSpace
  let next = 0
  let end = 0
  let marker = -1
  let window = NO_WINDOW
  let bio: Bio | null = null

  /** page_cache_ra_unbounded: allocates what is missing of [start, start + n), marks one page, reads them. */
  function read(file: AddressSpace, start: number, n: number, mark: number, task: Task, kind = NO_WINDOW): boolean {
    filling = file
    next = start
    end = Math.min(start + n, file.size)
    marker = mark
    window = kind
    bio = null
    return fill(task)
  }

  function submitRead(sent: Bio): void {
    const share = window === NO_WINDOW ? 1 : requestShare(sent.length, readaheadPages, pageScale)
    mm.filemap.submitRead(sent, share, noAsync && window === NEXT_WINDOW)
  }

  function fill(task: Task): boolean {
    const { filemap } = mm
    const file = filling
    for (; next < end; next++) {
      if (mm.filemap.find(file, next) >= 0) {
        // What was added so far is sent: a request has no holes.
        if (bio) submitRead(bio)
        bio = null
        continue
      }
      const page = filemap.addPageNoWait(file, next, GFP_READAHEAD, task)
      if (page < 0) return false
      if (next === marker) flags[page] |= PG_READAHEAD
      bio ??= filemap.newRead()
      bio.add(page)
    }
    if (bio) submitRead(bio)
    return true
  }

  function* rest(task: Task): Step {
    const { filemap } = mm
    // Others fill the cache as well while this one waits.
    const file = filling
    const mine = { next, end, marker, window, bio }
    for (;;) {
      const page = yield* filemap.addPageRest(file, mine.next, GFP_READAHEAD, task)
      if (page < 0) {
        window = mine.window
        if (mine.bio) submitRead(mine.bio)
        return
      }
      if (mine.next === mine.marker) flags[page] |= PG_READAHEAD
      mine.bio ??= filemap.newRead()
      mine.bio.add(page)
      filling = file
      next = mine.next + 1
      end = mine.end
      marker = mine.marker
      window = mine.window
      bio = mine.bio
      if (fill(task)) return
      mine.next = next
      mine.bio = bio
    }
  }

  function submit(file: AddressSpace, ra: RaState, task: Task, kind: number): boolean {
    return read(file, ra.start, ra.size, ra.start + ra.size - ra.asyncSize, task, kind)
  }

  /** Cached pages right before `index`, at most `limit` (count_history_pages). */
  function history(file: AddressSpace, index: number, limit: number): number {
    let n = 0
    while (n < limit && index - 1 - n >= 0 && mm.filemap.find(file, index - 1 - n) >= 0) n++
    return n
  }

  /** ondemand_readahead */
  function ondemand(file: AddressSpace, ra: RaState, index: number, req: number, hit: boolean, task: Task): boolean {
    const top = max
    let initial = false
    let kind = FIRST_WINDOW
    const previous = ra.prevIndex
    if (index === 0) initial = true
    else if (ra.size > 0 && (index === ra.start + ra.size - ra.asyncSize || index === ra.start + ra.size)) {
      ra.start += ra.size
      ra.size = nextRaSize(ra.size, top)
      ra.asyncSize = ra.size
      kind = NEXT_WINDOW
    } else if (hit) {
      let start = index + 1
      while (start <= index + top && mm.filemap.find(file, start) >= 0) start++
      if (start - index > top) return true
      ra.start = start
      ra.size = nextRaSize(start - index + req, top)
      ra.asyncSize = ra.size
    } else if (req > top) initial = true
    else if (previous >= 0 && index - previous <= 1 && index >= previous) initial = true
    else {
      const seen = history(file, index, top)
      if (seen <= req) return read(file, index, req, -1, task)
      ra.start = index
      ra.size = Math.min((seen >= index ? seen * 2 : seen) + req, top)
      ra.asyncSize = 1
    }
    if (initial) {
      ra.start = index
      ra.size = initRaSize(req, top)
      ra.asyncSize = ra.size > req ? ra.size - req : ra.size
    }
    if (index === ra.start && ra.size === ra.asyncSize) {
      const add = nextRaSize(ra.size, top)
      if (ra.size + add <= top) {
        ra.asyncSize = add
        ra.size += add
      } else {
        ra.size = top
        ra.asyncSize = top >> 1
      }
    }
    return submit(file, ra, task, kind)
  }

  return {
    sync(file, ra, index, req, task, random) {
      if (random || max === 0) return read(file, index, req, -1, task)
      return ondemand(file, ra, index, req, false, task)
    },
    async: (file, ra, index, req, task) => max === 0 || ondemand(file, ra, index, req, true, task),
    around(file, ra, index, task) {
      // Faults come from anywhere: what each brings along is as much of a sample as of the whole.
      ra.start = Math.max(0, index - (readaheadPages >> 1))
      ra.size = readaheadPages
      ra.asyncSize = readaheadPages >> 2
      return read(file, ra.start, ra.size, ra.start + ra.size - ra.asyncSize, task)
    },
    rest,
  }
}
