/**
 * Faults on pages that are in swap or in the swap cache (mm/memory.c `do_swap_page`).
 */

import type { Mm, Step } from './context.js'
import {
  type PageIndex,
  PG_ACTIVE,
  PG_LOCKED,
  PG_READAHEAD,
  PG_RESIDENT,
  PG_SWAPCACHE,
  PTE_DIRTY,
  PTE_PRESENT,
  PTE_SWAP,
  PTE_WRITE,
  PTE_YOUNG,
} from './page.js'
import { SWAPIN_STOPPED } from './swapin.js'
import type { Task, Vma } from './task.js'
import { NS, V } from './vmstat.js'

export interface SwapFault {
  /**
   * The fault as far as it goes without giving up the CPU.
   * @returns false when it has to wait: go on with `finish`, at once
   */
  noWait(task: Task, vma: Vma, page: PageIndex, at: number, write: boolean): boolean
  /** Goes on where `noWait` stopped. @returns false if the task died */
  finish(task: Task, vma: Vma, page: PageIndex, at: number, write: boolean): Step<boolean>
  /** Waits for the read of a swap-cache page; `retry`: the fault handler is entered again afterwards, and counted. */
  waitRead(page: PageIndex, task: Task, retry: boolean): Step
}

export function createSwapFault(mm: Mm): SwapFault {
  const { pages, vm, ns, time } = mm
  const { pte, flags, slot } = pages
  /** What `noWait` stopped at: frames for what is to be read, or else the read itself. */
  let stoppedInSwapin = false

  /** Sleeps in its place until the page is read. @returns false when somebody else is due before */
  function sleepForRead(page: PageIndex, task: Task): boolean {
    if (!(flags[page] & PG_LOCKED)) return true
    const stalled = (flags[page] & PG_ACTIVE) !== 0
    if (stalled) task.memstall++
    task.iowait = true
    mm.sched.sleepUntil(Math.max(time[0], mm.swapin.readDone(page)))
    task.iowait = false
    if (stalled) task.memstall--
    return !(flags[page] & PG_LOCKED)
  }

  function* waitLocked(page: PageIndex, task: Task): Step {
    const stalled = (flags[page] & PG_ACTIVE) !== 0
    if (stalled) task.memstall++
    task.iowait = true
    while (flags[page] & PG_LOCKED && !task.oomVictim) {
      const done = Math.max(time[0], mm.swapin.readDone(page))
      if (!mm.sched.sleepUntil(done)) yield done
    }
    task.iowait = false
    if (stalled) task.memstall--
  }

  function countRetry(page: PageIndex, retry: boolean): void {
    if (flags[page] & PG_LOCKED && retry) vm[V.pgfault]++
  }

  function* waitRead(page: PageIndex, task: Task, retry: boolean): Step {
    countRetry(page, retry)
    yield* waitLocked(page, task)
  }

  function ready(page: PageIndex): boolean {
    return (pte[page] & PTE_SWAP) !== 0 && (flags[page] & (PG_RESIDENT | PG_LOCKED)) === PG_RESIDENT
  }

  /** The page is there: its entry says so, and its slot goes where nobody wants it any more. */
  function map(task: Task, vma: Vma, page: PageIndex, at: number, write: boolean): void {
    const s = slot[page]
    pte[page] = PTE_PRESENT | PTE_YOUNG | (write ? PTE_DIRTY | PTE_WRITE : 0)
    task.rssAnon++
    task.swapents--
    ns[mm.statsOf(page) + NS.anonPages]++
    mm.swapfile.dropEntry(s)
    if (flags[page] & PG_SWAPCACHE) {
      const full = mm.memcgOf(page).swapFull(mm.swapfile.nrFree(), mm.swapfile.total)
      // A synchronous device is read past the swap cache.
      if (full || write || vma.isLocked(at) || mm.swapfile.areaOf(s).synchronous) mm.swapState.freeSwap(page)
    }
    if (vma.lockedEnd > 0 && vma.isLocked(at)) mm.mlock.lockPage(page)
  }

  function noWait(task: Task, vma: Vma, page: PageIndex, at: number, write: boolean): boolean {
    stoppedInSwapin = false
    if (flags[page] & PG_RESIDENT) {
      if (flags[page] & PG_READAHEAD) mm.swapin.noteHit(page, vma)
      countRetry(page, true)
    } else {
      const done = mm.swapin.noWait(page, vma, at, task)
      if (done === SWAPIN_STOPPED) {
        stoppedInSwapin = true
        return false
      }
      if (done < 0) return false
      vm[V.pgmajfault]++
      countRetry(page, mm.swapin.lastWindow() > 1)
    }
    if (!sleepForRead(page, task) || !ready(page)) return false
    map(task, vma, page, at, write)
    return true
  }

  function* finish(task: Task, vma: Vma, page: PageIndex, at: number, write: boolean): Step<boolean> {
    if (stoppedInSwapin) {
      const done = yield* mm.swapin.rest(page, task)
      if (done < 0) {
        if (task.oomVictim || task.dead) return false
      } else {
        vm[V.pgmajfault]++
        yield* waitRead(page, task, mm.swapin.lastWindow() > 1)
        if (task.dead) return false
      }
    } else {
      yield* waitLocked(page, task)
      if (task.dead) return false
    }
    while (!ready(page)) {
      if (task.oomVictim) return false
      if (!(pte[page] & PTE_SWAP)) return true
      if (flags[page] & PG_RESIDENT) {
        if (flags[page] & PG_READAHEAD) mm.swapin.noteHit(page, vma)
        yield* waitRead(page, task, true)
      } else {
        const done = yield* mm.swapin.read(page, vma, at, task)
        if (done < 0) {
          if (task.oomVictim || task.dead) return false
          continue
        }
        vm[V.pgmajfault]++
        yield* waitRead(page, task, mm.swapin.lastWindow() > 1)
      }
      if (task.dead) return false
    }
    map(task, vma, page, at, write)
    return true
  }

  return { noWait, finish, waitRead }
}
