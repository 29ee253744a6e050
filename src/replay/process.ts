/**
 * A traced process: takes its events one after the other and does to the model what they say.
 */

import { InputError } from '../base/errors.js'
import type { Step } from '../mm/context.js'
import { OutOfPageIndices } from '../mm/page.js'
import type { Task } from '../mm/task.js'
import { ADVICE, ADVICE_SHIFT, EVENT_WRITE, type EventBatch, OP } from '../trace/events.js'
import { Accesses } from './accesses.js'
import { Event, PendingEvents } from './pending.js'
import type { Pressure } from './pressure.js'
import { Regions } from './regions.js'
import { type Actor, QUANTUM_US } from './scheduler.js'
import type { ProcessWorld } from './world.js'

export class Process {
  readonly pending = new PendingEvents()
  /** Who runs it; null when it is over. */
  actor: Actor | null = null
  private readonly regions: Regions
  private readonly event = new Event()
  private readonly accesses: Accesses
  /** The process has ended and takes no more events. */
  ended = false

  constructor(
    private readonly world: ProcessWorld,
    readonly task: Task,
  ) {
    this.accesses = new Accesses(world.mm, task, world.done)
    this.regions = new Regions(world, task)
  }

  /** It sleeps until its next event comes. */
  isIdle(): boolean {
    const { actor } = this
    return this.pending.length === 0 && actor?.sleeping === true && actor.at < 0
  }

  /**
   * Carries out touch events from the `i`-th on straight from their batch, while the process sleeps until each of them,
   * finds all of its pages present, and is done with it before anything else is due.
   * @param due when somebody else or an event of the model is, µs
   * @returns the first event for which it is not so; nothing of it has happened that it would not do again
   */
  touchWhileIdle(b: EventBatch, i: number, due: number, pressure: Pressure): number {
    const { task, world } = this
    const { memory, time, config } = world.mm
    const { touch } = config.costs
    const { t, op, task: serials, object, start, count, list, flags } = b
    const code = op[i]
    const serial = serials[i]
    const last = b.length - 1
    const first = i
    const book = pressure.openBook(task)
    // Without a book each run is booked by itself.
    const most = book ? last : Math.min(last, i + 1)
    const bookEnd = book ? book.until : Number.POSITIVE_INFINITY
    let clock = time[0]
    let pages = 0
    let now = t[i] * 1e6
    for (; i < most && op[i] === code && serials[i] === serial; i++) {
      const until = t[i + 1] * 1e6
      if (due <= now || until <= now) break
      const n = count[i]
      const end = now + touch * n
      if (end > Math.min(due, until) + QUANTUM_US || end >= bookEnd) break
      const vma = this.regions.get(object[i])
      if (!vma) break
      const write = (flags[i] & EVENT_WRITE) !== 0
      const at = list[i]
      if (at >= 0) {
        if (memory.touchList(vma, b.pages, at, at + n, write) < at + n) break
      } else if (n === 1) {
        if (!memory.touchPage(vma, start[i], write)) break
      } else if (memory.touchPresent(vma, start[i], start[i] + n, write) < start[i] + n) break
      if (book) book.ran(now, end)
      else pressure.ran(task, now, end)
      clock = end
      now = until
      pages += n
    }
    if (i === first) return i
    time[0] = clock
    if (book) pressure.closeBook(task, book)
    world.done.events += i - first
    world.done.pageEvents += pages
    return i
  }

  /** Events to go; the task's main loop. */
  *run(): Step {
    const { world, task, pending, event } = this
    const { mm } = world
    for (;;) {
      if (task.oomVictim) {
        this.end()
        return
      }
      if (pending.length === 0) {
        yield Number.POSITIVE_INFINITY
        continue
      }
      pending.peek(event)
      const due = event.t * 1e6
      if (due > mm.time[0]) {
        if (!mm.sched.sleepUntil(due)) yield due
        continue
      }
      try {
        yield* this.execute(event)
      } catch (e) {
        if (e instanceof OutOfPageIndices) {
          throw new InputError(`the trace touches ${e.message}`, {
            file: world.traceName,
            line: event.line,
            code: 'TM_INPUT_VALUE',
            hint: 'replay a sample of the pages (--sample), or a part of the trace',
          })
        }
        throw e
      }
      if (task.oomVictim) {
        this.end()
        return
      }
      world.done.events++
      if (this.ended) return
      world.backlog.events--
      if (event.list) world.backlog.pages -= event.count
      pending.shift()
      if (mm.time[0] > mm.horizon[0]) yield mm.time[0]
    }
  }

  /** When the next event of its own is due, µs; Infinity when there is none. */
  nextDue(): number {
    if (this.pending.length === 0) return Number.POSITIVE_INFINITY
    return this.pending.peek(new Event()).t * 1e6
  }

  /** Exit, or death by the OOM killer. */
  end(): void {
    const { world, pending } = this
    this.regions.exit()
    world.backlog.events -= pending.length
    world.backlog.pages -= pending.pagesWaiting
    pending.clear()
    this.ended = true
  }

  private *execute(e: Event): Step {
    const { mm } = this.world
    switch (e.op) {
      case OP.touch: {
        const vma = this.regions.get(e.object)
        if (vma) yield* this.accesses.touch(vma, e)
        return
      }
      case OP.read: {
        const file = this.world.files[e.object]
        if (file) yield* this.accesses.read(file, e)
        return
      }
      case OP.write: {
        const file = this.world.files[e.object]
        if (file) yield* this.accesses.write(file, e)
        return
      }
      case OP.mmap:
        return this.regions.map(e)
      case OP.munmap:
        return this.regions.unmap(e.object)
      case OP.madvise:
        return yield* this.madvise(e)
      case OP.mlock: {
        const vma = this.regions.get(e.object)
        if (vma) yield* mm.mlock.mlock(this.task, vma, e.start, e.start + e.count)
        return
      }
      case OP.munlock: {
        const vma = this.regions.get(e.object)
        if (vma) mm.mlock.munlock(vma, e.start, e.start + e.count)
        return
      }
      case OP.fsync: {
        const file = this.world.files[e.object]
        if (file) yield* mm.writeback.fsync(file)
        return
      }
      case OP.exit:
        this.end()
        return
    }
  }

  private *madvise(e: Event): Step {
    const { madvise } = this.world.mm
    const vma = this.regions.get(e.object)
    if (!vma) return
    const from = e.start
    const to = e.start + e.count
    switch (e.flags >> ADVICE_SHIFT) {
      case ADVICE.dontneed:
        return madvise.dontneed(this.task, vma, from, to)
      case ADVICE.free:
        return madvise.free(this.task, vma, from, to)
      case ADVICE.cold:
        return madvise.cold(vma, from, to)
      case ADVICE.pageout:
        return yield* madvise.pageout(this.task, vma, from, to)
    }
  }
}
