/**
 * File readahead (mm/readahead.c): which pages enter the cache when one is asked for.
 */

import { requestShare } from './block-device.js'
import type { Mm, Step } from './context.js'
import { GFP_READAHEAD } from './gfp.js'
import { PG_READAHEAD, PG_RESIDENT } from './page.js'
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

export interface Readahead {
  /** A page was not in the cache (page_cache_sync_ra). */
  sync(file: AddressSpace, ra: RaState, index: number, req: number, task: Task, random: boolean): Step
  /** A page with the readahead marker was hit (page_cache_async_ra). */
  async(file: AddressSpace, ra: RaState, index: number, req: number, task: Task): Step
  /** Read-around of a mapped-file fault (do_sync_mmap_readahead). */
  around(file: AddressSpace, ra: RaState, index: number, task: Task): Step
}

export function createReadahead(mm: Mm): Readahead {
  const { flags } = mm.pages
  const { readaheadPages, pageScale = 1 } = mm.config
  /** Window of sequential reads. */
  const max = readaheadPages > 0 ? scaledBatch(readaheadPages, pageScale) : 0
  /** A window of one page cannot be read while the one before is used, as larger ones are: what comes next is there. */
  const noAsync = pageScale > 1 && max === 1

  function cached(file: AddressSpace, index: number): boolean {
    const page = mm.filemap.peek(file, index)
    return page >= 0 && (flags[page] & PG_RESIDENT) !== 0
  }

  /** page_cache_ra_unbounded: allocates what is missing of [start, start + n), marks one page, reads them. */
  function* read(file: AddressSpace, start: number, n: number, marker: number, task: Task, window = NO_WINDOW): Step {
    const submitRead = (from: number, n: number): void => {
      const share = window === NO_WINDOW ? 1 : requestShare(n, readaheadPages, pageScale)
      mm.filemap.submitRead(file, from, n, share, noAsync && window === NEXT_WINDOW)
    }
    const end = Math.min(start + n, file.size)
    let from = -1
    for (let i = start; i < end; i++) {
      if (cached(file, i)) {
        if (from >= 0) submitRead(from, i - from)
        from = -1
        continue
      }
      const page = yield* mm.filemap.addPage(file, i, GFP_READAHEAD, task)
      if (page < 0) break
      if (i === marker) flags[page] |= PG_READAHEAD
      if (from < 0) from = i
      // The run ends where an earlier reader filled in a page while we waited for memory.
      if (i + 1 >= end) {
        submitRead(from, i + 1 - from)
        from = -1
      }
    }
    if (from >= 0) {
      let to = from
      while (to < end && cached(file, to)) to++
      submitRead(from, to - from)
    }
  }

  function submit(file: AddressSpace, ra: RaState, task: Task, window: number): Step {
    return read(file, ra.start, ra.size, ra.start + ra.size - ra.asyncSize, task, window)
  }

  /** Cached pages right before `index`, at most `limit` (count_history_pages). */
  function history(file: AddressSpace, index: number, limit: number): number {
    let n = 0
    while (n < limit && index - 1 - n >= 0 && cached(file, index - 1 - n)) n++
    return n
  }

  /** ondemand_readahead */
  function* ondemand(file: AddressSpace, ra: RaState, index: number, req: number, hit: boolean, task: Task): Step {
    const top = max
    let initial = false
    let window = FIRST_WINDOW
    const previous = ra.prevIndex
    if (index === 0) initial = true
    else if (ra.size > 0 && (index === ra.start + ra.size - ra.asyncSize || index === ra.start + ra.size)) {
      ra.start += ra.size
      ra.size = nextRaSize(ra.size, top)
      ra.asyncSize = ra.size
      window = NEXT_WINDOW
    } else if (hit) {
      let start = index + 1
      while (start <= index + top && cached(file, start)) start++
      if (start - index > top) return
      ra.start = start
      ra.size = nextRaSize(start - index + req, top)
      ra.asyncSize = ra.size
    } else if (req > top) initial = true
    else if (previous >= 0 && index - previous <= 1 && index >= previous) initial = true
    else {
      const seen = history(file, index, top)
      if (seen <= req) {
        yield* read(file, index, req, -1, task)
        return
      }
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
    yield* submit(file, ra, task, window)
  }

  return {
    *sync(file, ra, index, req, task, random) {
      if (random || max === 0) {
        yield* read(file, index, req, -1, task)
        return
      }
      yield* ondemand(file, ra, index, req, false, task)
    },
    *async(file, ra, index, req, task) {
      if (max === 0) return
      yield* ondemand(file, ra, index, req, true, task)
    },
    *around(file, ra, index, task) {
      // Faults come from anywhere: what each brings along is as much of a sample as of the whole.
      ra.start = Math.max(0, index - (readaheadPages >> 1))
      ra.size = readaheadPages
      ra.asyncSize = readaheadPages >> 2
      yield* read(file, ra.start, ra.size, ra.start + ra.size - ra.asyncSize, task)
    },
  }
}
