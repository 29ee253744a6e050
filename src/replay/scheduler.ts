/**
 * Simulated time: actors that run side by side, and events that happen by themselves.
 *
 * Every actor (a process, a kswapd, the flusher) has a CPU of its own. The one whose clock is furthest behind runs, until
 * it waits or its clock passes the next thing due by more than a small quantum: so whether kswapd keeps up with an
 * allocating process comes out of what both cost, and two runs of the same trace are the same run.
 */

import type { Mm, Step } from '../mm/context.js'

/** How far an actor may run ahead of the others, µs: the price of not switching at every page. */
const QUANTUM_US = 20

export class Actor {
  /** When it goes on, µs; Infinity while it waits to be woken. */
  time = Number.POSITIVE_INFINITY
  /** Position in the scheduler's heap, −1 when not in it. */
  at = -1
  /** Told when the actor falls asleep and wakes up. */
  onSleep: ((until: number) => void) | null = null
  onWake: (() => void) | null = null
  sleeping = true

  constructor(
    /** Ties in time go to the lower order. */
    readonly order: number,
    readonly body: Step,
  ) {}
}

export class Scheduler {
  private readonly heap: Actor[] = []
  private readonly time: Float64Array
  private readonly horizon: Float64Array
  private running: Actor | null = null
  /** Time up to which everything has happened, µs. */
  now = 0

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
    if (actor === this.running) return
    const t = Math.max(time, this.now)
    if (actor.at >= 0 && actor.time <= t) return
    actor.time = t
    if (actor.at < 0) this.push(actor)
    else this.up(actor.at)
    if (t + QUANTUM_US < this.horizon[0]) this.horizon[0] = t + QUANTUM_US
  }

  /** Removes an actor for good. */
  drop(actor: Actor): void {
    if (actor.at >= 0) this.remove(actor.at)
    actor.time = Number.POSITIVE_INFINITY
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
      mm.events.pop()()
      return
    }
    const actor = heap[0]
    this.remove(0)
    this.now = Math.max(this.now, first)
    time[0] = this.now
    const next = heap.length ? heap[0].time : Number.POSITIVE_INFINITY
    this.horizon[0] = Math.min(next, event, until) + QUANTUM_US
    if (actor.sleeping) {
      actor.sleeping = false
      actor.onWake?.()
    }
    this.running = actor
    const result = actor.body.next()
    this.running = null
    if (result.done) {
      actor.time = Number.POSITIVE_INFINITY
      return
    }
    actor.time = result.value
    if (actor.time > time[0]) {
      actor.sleeping = true
      actor.onSleep?.(actor.time)
    }
    if (actor.time < Number.POSITIVE_INFINITY) this.push(actor)
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
