/**
 * Dirty pages of files: accounting, limits, the flusher, the pacing of writers (mm/page-writeback.c,
 * fs/fs-writeback.c).
 *
 * Simplified where the model says so: one flusher for one disk, writers paced by the steady state of
 * balance_dirty_pages (share of the disk's bandwidth, position between freerun and limit).
 */

import { type Bio, BioPool } from './bio.js'
import { type BlockDevice, requestShare } from './block-device.js'
import type { Mm, Step } from './context.js'
import { LRU_ACTIVE_FILE, LRU_INACTIVE_FILE } from './lru.js'
import {
  CHUNK_MASK,
  CHUNK_PAGES,
  CHUNK_SHIFT,
  type PageIndex,
  PG_DIRTY,
  PG_LRU,
  PG_RECLAIM,
  PG_SWAPBACKED,
  PG_UNEVICTABLE,
  PG_WRITEBACK,
  PTE_DIRTY,
  PTE_WRITE,
} from './page.js'
import type { AddressSpace, Task } from './task.js'
import { NS, V } from './vmstat.js'

/** Longest pause of a throttled writer, µs (MAX_PAUSE). */
const MAX_PAUSE_US = 200_000
/** Largest request the flusher builds: max_sectors_kb 1280. */
const MAX_REQUEST_PAGES = 320
/** The flusher stops submitting when the disk is this far behind, µs. */
const QUEUE_LIMIT_US = 100_000
/** MIN_WRITEBACK_PAGES: pages of one file before the flusher turns to the next. */
const MIN_CHUNK = 1024

export interface DirtyLimits {
  background: number
  threshold: number
}

/** `domain_dirty_limits`; `available` is the dirtyable memory in pages. */
export function dirtyLimits(
  available: number,
  s: { ratio: number; bytes: number; backgroundRatio: number; backgroundBytes: number },
): DirtyLimits {
  const share = (ratio: number) => Math.floor((Math.floor((ratio * 4096) / 100) * available) / 4096)
  const threshold = s.bytes > 0 ? Math.ceil(s.bytes / 4096) : share(s.ratio)
  let background = s.backgroundBytes > 0 ? Math.ceil(s.backgroundBytes / 4096) : share(s.backgroundRatio)
  if (background >= threshold) background = Math.floor(threshold / 2)
  return { background, threshold }
}

/** Pages a free-running task dirties between two looks at the limits (`dirty_poll_interval`). */
export function dirtyPollInterval(dirty: number, threshold: number): number {
  return threshold > dirty ? 1 << (Math.floor(Math.log2(threshold - dirty)) >> 1) : 1
}

export interface PageWriteback {
  /** A clean file page becomes dirty (`folio_account_dirtied`); nothing when it is dirty already. */
  setPageDirty(page: PageIndex): void
  /** kswapd writes a single page. */
  writePageFromReclaim(page: PageIndex): void
  /** A write request to add pages to. */
  newWrite(): Bio
  /** Sends it; when it is done the writeback of its pages ends. @param share of what a request costs */
  submit(bio: Bio, device: BlockDevice, share: number): void
  endWriteback(page: PageIndex): void
  /** wakeup_flusher_threads: everything dirty now is to be written. */
  wakeFlushers(): void
  /** balance_dirty_pages_ratelimited: counts `n` dirtied pages of a task, pauses it when due. */
  balance(task: Task, n: number): Step
  /** Whether the task may dirty one more page before it has to look at the limits. */
  balanceNotDue(task: Task): boolean
  /** The flusher thread; never returns. */
  flusher(): Step
  fsync(file: AddressSpace): Step
  limits(): DirtyLimits
}

export function createPageWriteback(mm: Mm): PageWriteback {
  const { pages, ns, vm, time, files } = mm
  const { flags, pte, dirtyTag, chunkOwner, chunkDirty } = pages
  const scale = mm.config.pageScale ?? 1
  let fullFlush = false
  let backgroundFlush = false
  let nextPeriodic = 0
  /** Tasks over freerun lately, with the time they last were. */
  const dirtiers = new Map<Task, number>()

  const writes = new BioPool()
  const writeEnds = mm.events.register((id) => {
    const bio = writes.get(id)
    for (let i = 0; i < bio.length; i++) endWriteback(bio.pages[i])
    writes.release(bio)
  })

  const stat = (page: PageIndex): number => mm.statsOf(page)

  function total(item: number): number {
    let n = 0
    for (let i = item; i < ns.length; i += NS.NR) n += ns[i]
    return n
  }

  function limits(): DirtyLimits {
    const s = mm.sysctl
    let file = 0
    for (const node of mm.nodes)
      file +=
        mm.vmscan.listSize(mm.rootMemcg, node, LRU_INACTIVE_FILE) +
        mm.vmscan.listSize(mm.rootMemcg, node, LRU_ACTIVE_FILE)
    return dirtyLimits(Math.max(0, mm.alloc.nrFree() - mm.totalreservePages) + file + 1, {
      ratio: s['vm.dirty_ratio'],
      bytes: s['vm.dirty_bytes'],
      backgroundRatio: s['vm.dirty_background_ratio'],
      backgroundBytes: s['vm.dirty_background_bytes'],
    })
  }

  function setPageDirty(page: PageIndex): void {
    const f = flags[page]
    if (f & PG_DIRTY) return
    flags[page] = f | PG_DIRTY
    dirtyTag[page >> 5] |= 1 << (page & 31)
    ns[stat(page) + NS.dirty]++
    vm[V.nr_dirtied]++
    const file = files[chunkOwner[page >> CHUNK_SHIFT]]
    if (!file) return
    if (file.nrDirty++ === 0) file.dirtiedWhen = time[0]
    chunkDirty[page >> CHUNK_SHIFT]++
  }

  function clearDirty(page: PageIndex): void {
    flags[page] &= ~PG_DIRTY
    dirtyTag[page >> 5] &= ~(1 << (page & 31))
    ns[stat(page) + NS.dirty]--
    const file = files[chunkOwner[page >> CHUNK_SHIFT]]
    if (!file) return
    if (--file.nrDirty === 0) file.dirtiedWhen = Number.POSITIVE_INFINITY
    chunkDirty[page >> CHUNK_SHIFT]--
  }

  function startWriteback(page: PageIndex): void {
    clearDirty(page)
    flags[page] |= PG_WRITEBACK
    ns[stat(page) + NS.writeback]++
    const file = files[chunkOwner[page >> CHUNK_SHIFT]]
    if (file) {
      file.nrWriteback++
      // page_mkclean: the next write through a mapping faults and dirties the page again.
      for (const vma of file.mappings) {
        const base = vma.chunks[pages.numberOf(page) >> CHUNK_SHIFT]
        if (base >= 0) pte[base + (page & CHUNK_MASK)] &= ~(PTE_WRITE | PTE_DIRTY)
      }
    }
  }

  function submit(bio: Bio, device: BlockDevice, share: number): void {
    bio.done = device.submit(time[0], bio.length * 4096, share)
    mm.events.schedule(bio.done, writeEnds, bio.id)
  }

  /** Sends pages of a file. */
  function submitFile(bio: Bio): void {
    vm[V.pgpgout] += 4 * bio.length
    // A page by itself may be part of a run or not; it is taken for single ones.
    submit(bio, mm.disk, bio.length > 1 ? requestShare(bio.length, MAX_REQUEST_PAGES, scale) : 1)
  }

  function endWriteback(page: PageIndex): void {
    const f = flags[page]
    if (!(f & PG_WRITEBACK)) return
    flags[page] = f & ~PG_WRITEBACK
    ns[stat(page) + NS.writeback]--
    vm[V.nr_written]++
    if (mm.mmap.reapOrphan(page)) return
    if (f & PG_RECLAIM) {
      flags[page] &= ~PG_RECLAIM
      if (f & PG_LRU && !(f & (PG_DIRTY | PG_UNEVICTABLE))) mm.lru.rotate(page)
    }
    if (!(f & PG_SWAPBACKED)) {
      const file = files[chunkOwner[page >> CHUNK_SHIFT]]
      if (file) file.nrWriteback--
    }
    mm.throttle.pageWritten()
  }

  /** First dirty page of a chunk from its page `k` on; CHUNK_PAGES when there is none. */
  function nextDirty(base: PageIndex, k: number): number {
    for (let at = base + k; at < base + CHUNK_PAGES; at = (at | 31) + 1) {
      const bits = dirtyTag[at >> 5] >>> (at & 31)
      if (bits !== 0) return at - base + 31 - Math.clz32(bits & -bits)
    }
    return CHUNK_PAGES
  }

  /** Submits up to `most` dirty pages of a file in file order. @returns pages submitted */
  function* writeFile(file: AddressSpace, most: number): Step<number> {
    let written = 0
    let bio: Bio | null = null
    let next = -1
    const chunks = file.chunks.length
    let c = file.writebackIndex >> CHUNK_SHIFT
    for (let n = 0; n <= chunks && written < most && file.nrDirty > 0; n++, c++) {
      if (c >= chunks) c = 0
      const base = file.chunks[c]
      if (base === undefined || base < 0 || chunkDirty[base >> CHUNK_SHIFT] === 0) continue
      for (let k = nextDirty(base, 0); k < CHUNK_PAGES && written < most; k = nextDirty(base, k + 1)) {
        const page = base + k
        if (flags[page] & PG_WRITEBACK) continue
        const at = (c << CHUNK_SHIFT) + k
        if (bio && (at !== next || bio.length >= MAX_REQUEST_PAGES)) {
          submitFile(bio)
          bio = null
          while (mm.disk.backlog(time[0]) > QUEUE_LIMIT_US)
            yield time[0] + mm.disk.backlog(time[0]) - QUEUE_LIMIT_US / 2
          if (!(flags[page] & PG_DIRTY)) continue
        }
        startWriteback(page)
        bio ??= writes.take()
        bio.add(page)
        next = at + 1
        written++
        file.writebackIndex = at + 1
      }
    }
    if (bio) submitFile(bio)
    return written
  }

  function oldestDirty(before: number): AddressSpace | null {
    let best: AddressSpace | null = null
    for (const f of files)
      if (f && f.nrDirty > 0 && f.dirtiedWhen <= before && (!best || f.dirtiedWhen < best.dirtiedWhen)) best = f
    return best
  }

  function chunkSize(): number {
    const bw = mm.disk.pagesPerSecond()
    const n = Math.min(Number.isFinite(bw) ? bw / 2 : MIN_CHUNK * 16, limits().threshold / 8)
    return Math.max(MIN_CHUNK, Math.floor(n / MIN_CHUNK) * MIN_CHUNK)
  }

  function* writeSome(before: number): Step<boolean> {
    const file = oldestDirty(before)
    if (!file) return false
    const n = yield* writeFile(file, chunkSize())
    // Another file's turn: what is left of this one counts as dirtied now.
    if (file.nrDirty > 0) file.dirtiedWhen = Math.max(file.dirtiedWhen, time[0])
    return n > 0
  }

  function overBackground(): boolean {
    return total(NS.dirty) > limits().background
  }

  return {
    setPageDirty,
    writePageFromReclaim(page) {
      startWriteback(page)
      const bio = writes.take()
      bio.add(page)
      submitFile(bio)
    },
    newWrite: () => writes.take(),
    submit,
    endWriteback,
    wakeFlushers() {
      if (fullFlush) return
      fullFlush = true
      mm.sched.wakeFlusher()
    },
    limits,
    balanceNotDue: (task) => task.nrDirtied + 1 < task.nrDirtiedPause,

    *balance(task, n) {
      task.nrDirtied += n
      if (task.nrDirtied < task.nrDirtiedPause) return
      for (;;) {
        const { background, threshold } = limits()
        const dirty = total(NS.dirty) + total(NS.writeback)
        if (total(NS.dirty) > background && !backgroundFlush) {
          backgroundFlush = true
          mm.sched.wakeFlusher()
        }
        const freerun = Math.floor((background + threshold) / 2)
        if (dirty <= freerun) {
          task.nrDirtied = 0
          task.nrDirtiedPause = dirtyPollInterval(dirty, threshold)
          dirtiers.delete(task)
          return
        }
        dirtiers.set(task, time[0])
        for (const [t, when] of dirtiers) if (time[0] - when > 1e6 || t.dead) dirtiers.delete(t)
        const setpoint = (freerun + threshold) / 2
        const x = (setpoint - dirty) / Math.max(1, threshold - setpoint)
        const position = Math.min(2, Math.max(0, 1 + x * x * x))
        const bandwidth = mm.disk.pagesPerSecond()
        const rate = (Number.isFinite(bandwidth) ? bandwidth / Math.max(1, dirtiers.size) : 1e6) * position
        const pause = rate > 0 ? Math.min(MAX_PAUSE_US, (task.nrDirtied * 1e6) / rate) : MAX_PAUSE_US
        task.iowait = true
        yield time[0] + Math.max(1, pause)
        task.iowait = false
        if (rate > 0) {
          task.nrDirtied = 0
          // About ten milliseconds' worth until the next pause.
          task.nrDirtiedPause = Math.max(1, Math.min(256, Math.floor(rate / 100)))
          return
        }
      }
    },

    *flusher() {
      for (;;) {
        if (fullFlush) {
          const before = time[0]
          let more = true
          while (more) more = yield* writeSome(before)
          fullFlush = false
        }
        let stuck = false
        while (overBackground()) {
          // Everything dirty is being written already, and was dirtied again meanwhile.
          stuck = !(yield* writeSome(Number.POSITIVE_INFINITY))
          if (stuck) break
          if (time[0] > mm.horizon[0]) yield time[0]
        }
        backgroundFlush = false
        const interval = mm.sysctl['vm.dirty_writeback_centisecs'] * 10_000
        if (interval > 0 && time[0] >= nextPeriodic) {
          const expired = time[0] - mm.sysctl['vm.dirty_expire_centisecs'] * 10_000
          let more = true
          while (more) more = yield* writeSome(expired)
          nextPeriodic = time[0] + interval
        }
        if (stuck) yield time[0] + 1e6 / mm.config.hz
        else if (!fullFlush && !overBackground()) yield interval > 0 ? nextPeriodic : Number.POSITIVE_INFINITY
      }
    },

    *fsync(file) {
      while (file.nrDirty > 0) {
        const n = yield* writeFile(file, Number.POSITIVE_INFINITY)
        if (n === 0) break
      }
      while (file.nrWriteback > 0) yield Math.max(time[0] + 100, mm.events.nextTime())
    },
  }
}
