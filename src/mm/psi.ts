/**
 * Pressure stall information: how long tasks waited for memory (kernel/sched/psi.c; Documentation/accounting/psi.rst).
 *
 * Times in microseconds of simulated time, never decreasing from call to call.
 */

import { type PressureAverages, PsiAverages } from './psi-averages.js'

/** Busy time of a CPU, see `PsiGroup.openBook`. */
export class CpuBook {
  /** Runs that end at this time or later are not for the book, µs. */
  until = -0
  /** Up to when the CPU's time has been booked, µs. */
  last = -0
  /** Time it has been busy, µs. */
  busy = -0

  /** The task ran by itself. */
  ran(from: number, to: number): void {
    if (from > this.last) this.last = from
    if (to <= this.last) return
    this.busy += to - this.last
    this.last = to
  }
}

const RUNNABLE = 1
const IOWAIT = 2
const ON_CPU = 4
const STALLED = 8

/**
 * Memory pressure of a set of tasks: the whole machine, or one cgroup.
 *
 * Each CPU is in state *some* while one of its tasks is stalled, and in state *full* while none of its runnable tasks
 * could do other work, or the task on the CPU is itself stalled. A task that sleeps counts for the CPU it ran on last.
 * A change costs a few additions on the counts of one CPU.
 */
export class PsiGroup {
  readonly some: PsiAverages
  readonly full: PsiAverages
  readonly #period: number
  readonly #jiffy: number
  #next: number
  // −0: times, see `Scheduler`.
  #someTotal = -0
  #fullTotal = -0
  // By task.
  #cpu = new Int32Array(64).fill(-1)
  #state = new Uint8Array(64)
  #depth = new Uint16Array(64)
  // By CPU: tasks in each state now …
  readonly #stalled: Int32Array
  readonly #runnable: Int32Array
  readonly #stalledRunnable: Int32Array
  readonly #iowait: Int32Array
  readonly #stalledOnCpu: Int32Array
  // … and time in each state since the last collection.
  readonly #last: Float64Array
  readonly #someTime: Float64Array
  readonly #fullTime: Float64Array
  readonly #busyTime: Float64Array
  readonly #book = new CpuBook()

  /**
   * @param cpus CPUs of the machine
   * @param hz ticks a second; a period is two seconds and one tick
   */
  constructor(
    readonly cpus: number,
    hz = 250,
    start = 0,
  ) {
    this.#jiffy = 1e6 / hz
    this.#period = 2e6 + this.#jiffy
    this.#next = start + this.#period
    this.some = new PsiAverages(this.#period)
    this.full = new PsiAverages(this.#period)
    this.#stalled = new Int32Array(cpus)
    this.#runnable = new Int32Array(cpus)
    this.#stalledRunnable = new Int32Array(cpus)
    this.#iowait = new Int32Array(cpus)
    this.#stalledOnCpu = new Int32Array(cpus)
    this.#last = new Float64Array(cpus).fill(start)
    this.#someTime = new Float64Array(cpus)
    this.#fullTime = new Float64Array(cpus)
    this.#busyTime = new Float64Array(cpus)
  }

  /** Puts a task on a CPU's books: a new one, or one that moves with its state. */
  place(task: number, cpu: number, t: number): void {
    this.#reserve(task)
    const from = this.#cpu[task]
    if (from === cpu) return
    const state = this.#state[task]
    if (from >= 0) this.#change(task, 0, t)
    this.#cpu[task] = cpu
    this.#change(task, state, t)
  }

  /** The task is gone. A number may be used again after it. */
  remove(task: number, t: number): void {
    if (!this.#known(task)) return
    this.#change(task, 0, t)
    this.#cpu[task] = -1
    this.#depth[task] = 0
  }

  /** The task starts to wait for memory. Marks nest; only the outermost counts. */
  enter(task: number, t: number): void {
    this.#need(task)
    if (this.#depth[task]++ === 0) this.#change(task, this.#state[task] | STALLED, t)
  }

  /** The task has what it waited for. */
  leave(task: number, t: number): void {
    this.#need(task)
    if (this.#depth[task] === 0) throw new RangeError(`psi: task ${task} leaves a stall it never entered`)
    if (--this.#depth[task] === 0) this.#change(task, this.#state[task] & ~STALLED, t)
  }

  /** The task wakes up or goes to sleep. */
  setRunnable(task: number, runnable: boolean, t: number): void {
    this.#set(task, RUNNABLE, runnable, t)
  }

  /** The task waits for a disk, or no longer. */
  setIowait(task: number, waiting: boolean, t: number): void {
    this.#set(task, IOWAIT, waiting, t)
  }

  /** The task gets its CPU or gives it up. */
  setOnCpu(task: number, on: boolean, t: number): void {
    this.#set(task, ON_CPU, on, t)
  }

  /** The task wakes up and gets its CPU at once: the three changes above in one. */
  wakes(task: number, t: number): void {
    this.#need(task)
    this.#change(task, (this.#state[task] & ~IOWAIT) | RUNNABLE | ON_CPU, t)
  }

  /** The task gives up its CPU and sleeps, for a disk or not. */
  sleeps(task: number, iowait: boolean, t: number): void {
    this.#need(task)
    this.#change(task, (this.#state[task] & STALLED) | (iowait ? IOWAIT : 0), t)
  }

  /** A task that did nothing woke up at `from` and sleeps again at `to`: the two in one. */
  ran(task: number, from: number, to: number): void {
    if (this.#state[task] !== 0 || to >= this.#next) {
      this.wakes(task, from)
      this.sleeps(task, false, to)
      return
    }
    this.#need(task)
    const cpu = this.#cpu[task]
    this.#account(cpu, from)
    this.#runnable[cpu]++
    this.#account(cpu, to)
    this.#runnable[cpu]--
  }

  /**
   * For a task that sleeps on a CPU where nobody else runs, waits or stalls: all that its short runs change is how long
   * the CPU has been busy. Whoever has many of them takes the book here, adds to it and gives it back.
   * @returns null where more has to be booked; the same object every time
   */
  openBook(task: number): CpuBook | null {
    this.#need(task)
    const cpu = this.#cpu[task]
    if (this.#state[task] !== 0 || this.#runnable[cpu] + this.#iowait[cpu] + this.#stalled[cpu] > 0) return null
    this.#book.until = this.#next
    this.#book.last = this.#last[cpu]
    this.#book.busy = this.#busyTime[cpu]
    return this.#book
  }

  /** Takes the book back; nothing else may have happened on the CPU meanwhile. */
  closeBook(task: number, book: CpuBook): void {
    const cpu = this.#cpu[task]
    this.#last[cpu] = book.last
    this.#busyTime[cpu] = book.busy
  }

  /** `total=` of the pressure file at time `t`, µs. */
  totals(t: number): { some: number; full: number } {
    this.#advance(t)
    this.#collect(t)
    return { some: Math.floor(this.#someTotal), full: Math.floor(this.#fullTotal) }
  }

  /** The averages of the pressure file at time `t`. */
  averages(t: number): { some: PressureAverages; full: PressureAverages } {
    this.#advance(t)
    return { some: this.some.read(), full: this.full.read() }
  }

  #set(task: number, bit: number, on: boolean, t: number): void {
    this.#need(task)
    const state = this.#state[task]
    this.#change(task, on ? state | bit : state & ~bit, t)
  }

  #change(task: number, state: number, t: number): void {
    const before = this.#state[task]
    if (before === state) return
    if (t >= this.#next) this.#advance(t)
    const cpu = this.#cpu[task]
    this.#account(cpu, t)
    this.#count(cpu, before, -1)
    this.#count(cpu, state, 1)
    this.#state[task] = state
  }

  #count(cpu: number, state: number, n: number): void {
    if (state & RUNNABLE) this.#runnable[cpu] += n
    if (state & IOWAIT) this.#iowait[cpu] += n
    if ((state & STALLED) === 0) return
    this.#stalled[cpu] += n
    if (state & RUNNABLE) this.#stalledRunnable[cpu] += n
    if (state & ON_CPU) this.#stalledOnCpu[cpu] += n
  }

  /** Books the time since the CPU's last change under the state it was in. */
  #account(cpu: number, t: number): void {
    const dt = t - this.#last[cpu]
    if (dt <= 0) return
    this.#last[cpu] = t
    if (this.#stalled[cpu] > 0) {
      this.#someTime[cpu] += dt
      const productive = this.#runnable[cpu] > this.#stalledRunnable[cpu]
      if (!productive || this.#stalledOnCpu[cpu] > 0) this.#fullTime[cpu] += dt
    }
    if (this.#runnable[cpu] + this.#iowait[cpu] + this.#stalled[cpu] > 0) this.#busyTime[cpu] += dt
  }

  /**
   * Adds the CPUs' times to the totals, each weighted with its busy time (`collect_percpu_times`). Busy time counts in
   * whole ticks, so that a CPU with less than one since the last collection adds nothing, as in the kernel.
   */
  #collect(t: number): void {
    let some = 0
    let full = 0
    let ticks = 0
    for (let cpu = 0; cpu < this.cpus; cpu++) {
      this.#account(cpu, t)
      const busy = Math.floor(this.#busyTime[cpu] / this.#jiffy)
      some += this.#someTime[cpu] * busy
      full += this.#fullTime[cpu] * busy
      ticks += busy
      this.#someTime[cpu] = 0
      this.#fullTime[cpu] = 0
      this.#busyTime[cpu] = 0
    }
    this.#someTotal += some / Math.max(1, ticks)
    this.#fullTotal += full / Math.max(1, ticks)
  }

  #advance(t: number): void {
    while (this.#next <= t) {
      this.#collect(this.#next)
      this.some.update(this.#someTotal)
      this.full.update(this.#fullTotal)
      this.#next += this.#period
    }
  }

  #known(task: number): boolean {
    return task < this.#cpu.length && this.#cpu[task] >= 0
  }

  #need(task: number): void {
    if (!this.#known(task)) throw new RangeError(`psi: task ${task} has no CPU`)
  }

  #reserve(task: number): void {
    if (task < this.#cpu.length) return
    const size = 2 ** (32 - Math.clz32(task))
    const cpu = new Int32Array(size).fill(-1)
    cpu.set(this.#cpu)
    this.#cpu = cpu
    const state = new Uint8Array(size)
    state.set(this.#state)
    this.#state = state
    const depth = new Uint16Array(size)
    depth.set(this.#depth)
    this.#depth = depth
  }
}
