/**
 * The page accesses of one process: what its touch, read and write events do to memory and page cache.
 *
 * Each goes through the pages of an event in a plain loop, which stops where a page has to be waited for or the clock has
 * passed the horizon; the generator around it does the waiting.
 */

import type { Mm, Step } from '../mm/context.js'
import { Fault } from '../mm/memory.js'
import type { AddressSpace, RaState, Task, Vma } from '../mm/task.js'
import { EVENT_READAHEAD, EVENT_WRITE } from '../trace/events.js'
import type { Event } from './pending.js'

/** `stopped` where a read() or write() has to wait. */
const HAS_TO_WAIT = -1

/** Page number of the `k`-th access of an event. */
const pageOf = (e: Event, k: number): number => (e.list ? e.list[e.listStart + k] : e.start + k)

export class Accesses {
  /** Why the loop stopped: what `finishFault` goes on with, HAS_TO_WAIT, or Fault.done where only time is up. */
  private stopped: number = Fault.done

  /** @param done where page accesses are counted */
  constructor(
    private readonly mm: Mm,
    private readonly task: Task,
    private readonly done: { pageEvents: number },
  ) {}

  /** Touches pages of a region, faulting in those that are not there. */
  *touch(vma: Vma, e: Event): Step {
    const { mm, task } = this
    this.done.pageEvents += e.count
    const write = (e.flags & EVENT_WRITE) !== 0
    for (let k = 0; ; k++) {
      k = this.touchNoWait(e, vma, k, write)
      if (k >= e.count) return
      if (this.stopped !== Fault.done) {
        if (!(yield* mm.memory.finishFault(this.stopped, task, vma, pageOf(e, k), write)) && task.oomVictim) return
      }
      if (mm.time[0] > mm.horizon[0]) yield mm.time[0]
      if (task.oomVictim) return
    }
  }

  /** Touches pages from the `k`-th of the event on. @returns where it stopped */
  private touchNoWait(e: Event, vma: Vma, k: number, write: boolean): number {
    const { task } = this
    const { memory, time, horizon } = this.mm
    const { touch } = this.mm.config.costs
    const { list, count, listStart, start } = e
    while (k < count) {
      const first = k
      if (list) k = memory.touchList(vma, list, listStart + k, listStart + count, write) - listStart
      else k = memory.touchPresent(vma, start + k, start + count, write) - start
      time[0] += touch * (k - first)
      if (k >= count) break
      this.stopped = memory.faultNoWait(task, vma, list ? list[listStart + k] : start + k, write)
      if (this.stopped !== Fault.done || time[0] > horizon[0] || task.oomVictim) break
      k++
    }
    return k
  }

  /** read() of pages of a file. */
  *read(file: AddressSpace, e: Event): Step {
    const { mm, task } = this
    const random = (e.flags & EVENT_READAHEAD) === 0
    const ra = mm.filemap.raOf(task, file)
    this.done.pageEvents += e.count
    for (let k = 0; ; k++) {
      k = this.readNoWait(e, file, ra, k, random)
      if (k >= e.count) return
      if (this.stopped !== Fault.done) {
        if (!(yield* mm.filemap.readRest(file, ra, pageOf(e, k), random, task)) && task.oomVictim) return
      }
      if (mm.time[0] > mm.horizon[0]) yield mm.time[0]
      if (task.oomVictim) return
    }
  }

  private readNoWait(e: Event, file: AddressSpace, ra: RaState, k: number, random: boolean): number {
    const { task } = this
    const { filemap, time, horizon } = this.mm
    const { list, listStart, start, count } = e
    this.stopped = Fault.done
    for (; k < count; k++) {
      const at = list ? list[listStart + k] : start + k
      if (!filemap.readHit(file, ra, at) && !filemap.readNoWait(file, ra, at, random, task)) {
        this.stopped = HAS_TO_WAIT
        break
      }
      if (time[0] > horizon[0] || task.oomVictim) break
    }
    return k
  }

  /** write() of whole pages of a file. */
  *write(file: AddressSpace, e: Event): Step {
    const { mm, task } = this
    this.done.pageEvents += e.count
    for (let k = 0; ; k++) {
      k = this.writeNoWait(e, file, k)
      if (k >= e.count) return
      if (this.stopped !== Fault.done) {
        if (!(yield* mm.filemap.writeRest(file, pageOf(e, k), task)) && task.oomVictim) return
      }
      if (mm.time[0] > mm.horizon[0]) yield mm.time[0]
      if (task.oomVictim) return
    }
  }

  private writeNoWait(e: Event, file: AddressSpace, k: number): number {
    const { task } = this
    const { filemap, time, horizon } = this.mm
    const { list, listStart, start, count } = e
    this.stopped = Fault.done
    for (; k < count; k++) {
      const at = list ? list[listStart + k] : start + k
      if (!filemap.writeNoWait(file, at, task)) {
        this.stopped = HAS_TO_WAIT
        break
      }
      if (time[0] > horizon[0] || task.oomVictim) break
    }
    return k
  }
}
