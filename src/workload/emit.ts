/** From the plan to events: a few processes that do, slot by slot, what the recording shows was done. */

import type { EventBatch } from '../trace/events.js'
import { EventWriter } from './event-writer.js'
import { endLife, type FileSizes, type Life, startLife } from './life.js'
import type { DemandOptions } from './options.js'
import { COMMIT_SECONDS, type DemandPlan } from './plan.js'
import { mix, Random } from './random.js'
import { HotPages, RereadPages } from './reuse.js'
import { restarted, type SeriesSamples } from './samples.js'
import { MOST_ROUNDS, ROUND_SECONDS, roundsOf, slotsOf } from './slots.js'

/** Seconds over which the reads of a recording are averaged for the reads again. */
const REREAD_MEMORY = 60
/** A commit of fewer pages is left to the next one. */
const COMMIT_PAGES = 64
/** Rounding may add a page to a region here and there. */
const ROUNDING = 64
/** Most commits of an interval. */
const MOST_COMMITS = 64

/** Hands out whole pages of an amount that comes in fractions. */
class Carry {
  private left = 0
  take(amount: number): number {
    const sum = this.left + amount
    const whole = Math.floor(sum + 1e-9)
    this.left = sum - whole
    return whole
  }
}

export class DemandEmitter {
  private readonly out = new EventWriter()
  private readonly random: Random
  private readonly hot: HotPages
  private readonly rereads: RereadPages
  private readonly heapGrow = new Carry()
  private readonly heapShrink = new Carry()
  private readonly burstGrow = new Carry()
  private readonly burstShrink = new Carry()
  private readonly reads = new Carry()
  private readonly faults = new Carry()
  private readonly writes = new Carry()
  private life!: Life
  private heapTop = 0
  private burstTop = 0
  /** Pages read, written and faulted in so far; positions in the files are the remainders by their sizes. */
  private read = 0
  private written = 0
  private faulted = 0
  /** Pages read before this life of the host. */
  private since = 0
  /** Pages read a second, averaged. */
  private readRate = 0
  private committed = 0
  private committedAt = 0
  /** Reads again that missed the cache and that the recorded reads have not paid for yet. */
  private missed = 0

  constructor(
    private readonly samples: SeriesSamples,
    private readonly plan: DemandPlan,
    private readonly options: DemandOptions,
    private readonly sizes: FileSizes,
    seed: number,
  ) {
    this.random = new Random(seed)
    const longest = samples.dt.reduce((a, b) => Math.max(a, b), 0)
    const tick = Math.max(ROUND_SECONDS, longest / MOST_ROUNDS)
    this.hot = new HotPages(plan.heapPeak, options.anonHalfSeconds, tick, new Random(mix(seed + 1)), mix(seed + 2))
    this.rereads = new RereadPages(sizes.data, options.rereadRecency, new Random(mix(seed + 3)))
  }

  /** Pages that a region may be larger by for a moment: what a slot takes before it gives back, and what rounding adds. */
  private get margin(): number {
    return Math.ceil(2 * this.options.chunkPages) + ROUNDING
  }

  /** The batch that {@link run} fills. */
  get batch(): EventBatch {
    return this.out.batch
  }

  /** Fills the batch; yields when it is to be taken: the interval's number at its end, −1 in between. */
  *run(): Generator<number> {
    const { samples, out, plan, sizes } = this
    out.clear()
    for (let i = 0; i < samples.length; i++) {
      out.line = samples.line[i]
      out.t = Math.max(out.t, samples.t[i] - samples.dt[i])
      if (i === 0) this.life = startLife(out, plan, sizes, 0, this.margin)
      else if (restarted(samples, i)) this.restart(samples.segment[i] - samples.segment[0])
      yield* this.interval(i)
      yield i
      out.clear()
    }
  }

  /** The host was restarted: all processes begin anew, and nobody reads again what was read before. */
  private restart(n: number): void {
    endLife(this.out, this.life)
    this.heapTop = this.burstTop = 0
    this.since = this.read
    this.readRate = this.missed = 0
    this.life = startLife(this.out, this.plan, this.sizes, n, this.margin)
  }

  private *interval(i: number): Generator<number> {
    const { samples, plan, options, out } = this
    const dt = samples.dt[i]
    const begin = samples.t[i] - dt
    const read = Math.max(0, plan.read[i] - (options.readCorrection?.[i] ?? 0))
    const decay = Math.exp(-dt / REREAD_MEMORY)
    this.readRate = this.readRate * decay + (plan.read[i] / dt) * (1 - decay)
    const again = options.rereads * this.readRate * dt

    const anon = Math.max(plan.heapGrow[i], plan.heapShrink[i], plan.burstGrow[i], plan.burstShrink[i])
    const largest = Math.max(anon, read, plan.mapped[i], plan.write[i])
    const rounds = roundsOf(dt)
    const slots = slotsOf(dt, largest, options.chunkPages)
    for (let s = 0; s < slots; s++) {
      // Somewhere within its slot: nothing on a real host goes by the beat.
      out.t = Math.max(out.t, begin + ((s + this.random.next()) * dt) / slots)
      this.anonymous(i, slots)
      this.files(i, read / slots, slots)
      if (Math.floor((s * rounds) / slots) !== Math.floor(((s + 1) * rounds) / slots)) {
        this.reuse(i, dt / rounds, again / rounds)
      }
      this.commit(i, dt)
      if (out.due) {
        yield -1
        out.clear()
      }
    }
  }

  private anonymous(i: number, slots: number): void {
    const { plan, out, life } = this
    const heap = this.heapGrow.take(plan.heapGrow[i] / slots)
    out.touch(life.heap, life.heapRegion, this.heapTop, heap, true)
    this.heapTop += heap
    const burst = this.burstGrow.take(plan.burstGrow[i] / slots)
    out.touch(life.burst, life.burstRegion, this.burstTop, burst, true)
    this.burstTop += burst

    const fromBurst = Math.min(this.burstTop, this.burstShrink.take(plan.burstShrink[i] / slots))
    this.burstTop -= fromBurst
    out.drop(life.burst, life.burstRegion, this.burstTop, fromBurst)
    const fromHeap = Math.min(this.heapTop, this.heapShrink.take(plan.heapShrink[i] / slots))
    this.heapTop -= fromHeap
    out.drop(life.heap, life.heapRegion, this.heapTop, fromHeap)
  }

  private files(i: number, read: number, slots: number): void {
    const { plan, out, life, sizes } = this
    let fresh = this.reads.take(read)
    // What reads again had to read from disk is part of what was recorded.
    const paid = Math.min(fresh, this.missed)
    this.missed -= paid
    fresh -= paid
    inFile(this.read, fresh, sizes.data, (at, n) => out.read(life.reader, out.file('data'), at, n, true))
    this.read += fresh
    const faults = this.faults.take(plan.mapped[i] / slots)
    inFile(this.faulted, faults, sizes.program, (at, n) => out.touch(life.loader, life.programRegion, at, n, false))
    this.faulted += faults
    const writes = this.writes.take(plan.write[i] / slots)
    inFile(this.written, writes, sizes.log, (at, n) => out.write(life.writer, out.file('log'), at, n))
    this.written += writes
  }

  private reuse(i: number, seconds: number, again: number): void {
    const { out, life, plan } = this
    this.hot.emit(out, life.heap, life.heapRegion, this.heapTop, seconds)
    if (life.cache < 0 || again === 0) return
    const file = out.file('data')
    this.missed += this.rereads.emit(out, life.cache, file, again, this.since, this.read, plan.cache[i])
  }

  /** Journals write out what was written some seconds after it was; the dirty limits act in between. */
  private commit(i: number, dt: number): void {
    const { out, life, plan } = this
    const due = this.committedAt + Math.max(COMMIT_SECONDS, dt / MOST_COMMITS)
    if (plan.written[i] === 0 || out.t < due || this.written - this.committed < COMMIT_PAGES) return
    out.fsync(life.journal, out.file('log'))
    this.committed = this.written
    this.committedAt = out.t
  }
}

/** Cuts a range of an endless stream at the ends of the file that it goes through again and again. */
function inFile(from: number, count: number, size: number, use: (at: number, n: number) => void): void {
  for (let done = 0; done < count; ) {
    const at = (from + done) % size
    const n = Math.min(count - done, size - at)
    use(at, n)
    done += n
  }
}
