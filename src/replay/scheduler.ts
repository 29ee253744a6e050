/**
 * Simulated time: actors that run side by side, and events that happen by themselves.
 *
 * The actor (a process, a kswapd, the flusher) whose clock is furthest behind runs, until it waits or its clock passes the
 * next thing due by more than a small quantum: so whether kswapd keeps up with an allocating process comes out of what
 * both cost, and two runs of the same trace are the same run.
 *
 * CPUs are shared: while more actors want to run than there are CPUs, each takes as much longer as there are too many.
 * Who has just woken up goes first for a few milliseconds, as under CFS: that is how kswapd gets a CPU at once.
 */

import type { Mm, Step } from '../mm/context.js'

/**
 * What a task that wakes up may run before it has to share: half of the scheduler's latency target, as CFS places a
 * sleeper that far ahead of those who did not sleep (place_entity with GENTLE_FAIR_SLEEPERS).
 */
const SLEEPER_CREDIT_US = 3000
/** How long an actor without a CPU is put off before it is looked at again. */
const WAIT_FOR_CPU_US = 50

/** How far an actor may run ahead of the others, µs: the price of not switching at every page. */
export const QUANTUM_US = 20

export class Actor {
  /** When it goes on, µs; Infinity while it waits to be woken. */
  time = Number.POSITIVE_INFINITY
  /** Position in the scheduler's heap, −1 when not in it. */
  at = -1
  /** Told when the actor falls asleep and wakes up. */
  onSleep: ((until: number) => void) | null = null
  onWake: (() => void) | null = null
  sleeping = true
  /** Time it may still run before others who did not sleep, µs. */
  credit = Number.NEGATIVE_INFINITY

  constructor(
    /** Ties in time go to the lower order. */
    readonly order: number,
    readonly body: Step,
  ) {}
}

// Fields that hold times begin as −0: V8 keeps a field that begins as a small integer in another form, and throws away
// what it compiled when the first fraction comes.
export class Scheduler {
  private readonly heap: Actor[] = []
  private readonly time: Float64Array
  private readonly horizon: Float64Array
  private running: Actor | null = null
  /** Time up to which everything has happened, µs. */
  now = -0
  /** Actors that are not asleep, and those of them that go first. */
  private awake = 0
  private privileged = 0
  /** Nobody runs past it by more than the quantum, µs: there may be events to feed. */
  private until = -0
  /** CPU share of the running actor. */
  private runningShare = -0
  /** Somebody woke the actor that sleeps in its place. */
  private wokenInPlace = false

  constructor(private readonly mm: Mm) {
    this.time = mm.time
    this.horizon = mm.horizon
  }

  /** When the next actor or event is due, µs. */
  nextTime(): number {
    const actor = this.heap.length ? this.heap[0].time : Number.POSITIVE_INFINITY
    return Math.min(actor, this.mm.events.nextTime())
  }

  /** Lets an actor go on at `time`, if that is sooner than what it waits for. */
  wake(actor: Actor, time: number): void {
    if (actor === this.running) {
      this.wokenInPlace = true
      return
    }
    const t = Math.max(time, this.now)
    if (actor.at >= 0 && actor.time <= t) return
    actor.time = t
    if (actor.at < 0) this.push(actor)
    else this.up(actor.at)
    if (t + QUANTUM_US < this.horizon[0]) this.horizon[0] = t + QUANTUM_US
  }

  /** Runs everything due before `until`, µs. */
  runUntil(until: number): void {
    while (this.nextTime() < until) this.step(until)
  }

  /** Runs the next actor or event. @param until nobody runs past it by more than the quantum */
  step(until: number): void {
    const { mm, heap, time } = this
    const event = mm.events.nextTime()
    const first = heap.length ? heap[0].time : Number.POSITIVE_INFINITY
    if (event <= first) {
      this.now = Math.max(this.now, event)
      time[0] = this.now
      mm.events.fire()
      return
    }
    const actor = heap[0]
    this.remove(0)
    this.now = Math.max(this.now, first)
    time[0] = this.now
    const next = heap.length ? heap[0].time : Number.POSITIVE_INFINITY
    this.horizon[0] = Math.min(next, event, until) + QUANTUM_US
    this.until = until
    if (actor.sleeping) this.wakeUp(actor)
    const share = this.share(actor)
    if (share === 0) {
      actor.time = this.now + WAIT_FOR_CPU_US
      this.push(actor)
      return
    }
    this.running = actor
    this.runningShare = share
    this.wokenInPlace = false
    const result = actor.body.next()
    this.running = null
    const ran = time[0] - this.now
    if (actor.credit > 0) {
      actor.credit -= ran
      if (actor.credit <= 0) this.privileged--
    }
    if (result.done) {
      this.fallAsleep(actor)
      actor.time = Number.POSITIVE_INFINITY
      return
    }
    actor.time = result.value
    if (actor.sleeping) {
      // It fell asleep in its place and somebody woke up before it, or woke it.
      if (this.wokenInPlace) actor.time = this.now
    } else if (actor.time > time[0]) {
      this.fallAsleep(actor)
      actor.onSleep?.(actor.time)
    } else actor.time = this.now + ran / this.runningShare
    if (actor.time < Number.POSITIVE_INFINITY) this.push(actor)
  }

  /**
   * The running actor sleeps until `t` and goes on in its place: what would happen if it gave up its turn and got it
   * back as the next one, without the way there and back. Only where nobody else is due by then and a CPU will be free.
   * @returns false: yield `t`, asleep already or not
   */
  sleepUntil(t: number): boolean {
    const { mm, heap, time, running: actor } = this
    if (!actor || t > this.until || this.awake > mm.config.cpus) return false
    if (heap.length && heap[0].time <= t) return false
    const { events } = mm
    this.fallAsleep(actor)
    actor.onSleep?.(t)
    this.wokenInPlace = false
    while (events.nextTime() <= t) {
      this.now = Math.max(this.now, events.nextTime())
      time[0] = this.now
      events.fire()
      if (this.wokenInPlace || (heap.length && heap[0].time <= t)) return false
    }
    this.now = Math.max(this.now, t)
    time[0] = this.now
    this.wakeUp(actor)
    this.runningShare = 1
    const next = heap.length ? heap[0].time : Number.POSITIVE_INFINITY
    this.horizon[0] = Math.min(next, events.nextTime(), this.until) + QUANTUM_US
    return true
  }

  private wakeUp(actor: Actor): void {
    actor.sleeping = false
    actor.credit = SLEEPER_CREDIT_US
    this.awake++
    this.privileged++
    actor.onWake?.()
  }

  private fallAsleep(actor: Actor): void {
    actor.sleeping = true
    this.awake--
    if (actor.credit > 0) this.privileged--
    actor.credit = 0
  }

  /** Part of a CPU that the actor gets now: 1 when nobody has to wait, 0 when those who go first take all. */
  private share(actor: Actor): number {
    const cpus = this.mm.config.cpus
    if (this.awake <= cpus) return 1
    if (actor.credit > 0) return Math.min(1, cpus / this.privileged)
    return Math.max(0, cpus - this.privileged) / (this.awake - this.privileged)
  }

  /** Whether a CPU is idle. */
  hasIdleCpu(): boolean {
    return this.awake < this.mm.config.cpus
  }

  private before(a: Actor, b: Actor): boolean {
    return a.time < b.time || (a.time === b.time && a.order < b.order)
  }

  private push(actor: Actor): void {
    actor.at = this.heap.length
    this.heap.push(actor)
    this.up(actor.at)
  }

  private remove(i: number): void {
    const { heap } = this
    heap[i].at = -1
    const last = heap.pop() as Actor
    if (i < heap.length) {
      heap[i] = last
      last.at = i
      this.up(i)
      this.down(last.at)
    }
  }

  private up(i: number): void {
    const { heap } = this
    const actor = heap[i]
    while (i > 0) {
      const p = (i - 1) >> 1
      if (!this.before(actor, heap[p])) break
      heap[i] = heap[p]
      heap[i].at = i
      i = p
    }
    heap[i] = actor
    actor.at = i
  }

  private down(i: number): void {
    const { heap } = this
    const actor = heap[i]
    for (;;) {
      let c = 2 * i + 1
      if (c >= heap.length) break
      if (c + 1 < heap.length && this.before(heap[c + 1], heap[c])) c++
      if (!this.before(heap[c], actor)) break
      heap[i] = heap[c]
      heap[i].at = i
      i = c
    }
    heap[i] = actor
    actor.at = i
  }
}
