/**
 * Replays an allocation trace through the model: feeds events to processes as their time comes, and reports samples,
 * stalls, kswapd cycles and OOM kills to a sink.
 *
 * The reader may be ahead of a process that lags behind its trace; what it has not come to yet waits in memory, up to a
 * limit. Beyond it the processes are let run before more is read: then events of others may start late, which is said
 * once as a warning.
 */

import { EXIT, TidemarkError } from '../base/errors.js'
import type { MmConfig } from '../mm/config.js'
import type { Mm } from '../mm/context.js'
import type { KswapdThread } from '../mm/kswapd.js'
import { checkConservation, createMm, type MmOptions } from '../mm/mm.js'
import { OomPanic } from '../mm/oom-kill.js'
import type { Task } from '../mm/task.js'
import { V } from '../mm/vmstat.js'
import { type AllocationTrace, type EventBatch, OP } from '../trace/events.js'
import { Intervals } from './intervals.js'
import { NamedObjects } from './named-objects.js'
import { Pressure } from './pressure.js'
import { Process } from './process.js'
import { ProcessTable } from './process-table.js'
import type { ReplaySink, ReplaySummary } from './records.js'
import { reportsTo } from './reports.js'
import { readCounters } from './sampler.js'
import { Actor, Scheduler } from './scheduler.js'
import { Settings } from './settings.js'
import { createFootprints, spawnTask } from './spawn.js'
import type { ProcessWorld } from './world.js'

/** Events that may wait in memory, and page numbers listed in them. */
const BACKLOG_EVENTS = 1 << 16
const BACKLOG_PAGES = 1 << 20
/** Simulated time without a page freed or an event done after which waiting processes are given up. */
const HANG_US = 60e6

export interface ReplayOptions extends MmOptions {
  config: MmConfig
  /** Name → pages of files that exist before the trace starts. */
  files?: Record<string, number>
  /** Seconds between samples; 0 = none. */
  sampleSeconds?: number
  /** Seconds simulated after the last event. */
  postSeconds?: number
  /** Check the conservation laws at every sample. */
  check?: boolean
  sink: ReplaySink
  /** Name of the trace, for messages. */
  traceName?: string
}

export class Replay {
  readonly mm: Mm
  private readonly scheduler: Scheduler
  private readonly sink: ReplaySink
  private readonly pressure: Pressure
  private readonly warnings = new Map<string, number>()
  private readonly processes = new ProcessTable()
  private readonly actors = new Map<Task, Actor>()
  private readonly named: NamedObjects
  private readonly settings: Settings
  private readonly world: ProcessWorld
  private readonly addFootprint: (task: Task) => void
  private order = 0
  private nextCpu = 0
  private flusher!: Actor
  private readonly kswapds: Actor[] = []
  private readonly intervals: Intervals
  private finished = false
  private panicked: string | null = null

  constructor(private readonly options: ReplayOptions) {
    this.mm = createMm(options.config, options)
    const { mm } = this
    this.sink = options.sink
    this.scheduler = new Scheduler(mm)
    this.pressure = new Pressure(mm)
    this.named = new NamedObjects(mm, options.files ?? {})
    this.addFootprint = createFootprints(mm)
    this.world = {
      mm,
      files: this.named.files,
      committed: { pages: 0 },
      refused: (r) => this.sink.refusedMmap({ ...r, t: r.time / 1e6 }),
      warn: (m) => this.warn(m),
      backlog: { events: 0, pages: 0 },
      done: { events: 0, pageEvents: 0 },
      traceName: options.traceName ?? '-',
    }
    this.settings = new Settings(this.world, this.named)
    mm.sched = {
      sleepUntil: (t) => this.scheduler.sleepUntil(t),
      wakeKswapd: (node) => {
        const thread = mm.kswapd.threads[mm.nodes.indexOf(node)]
        // Waking an idle CPU takes time; where all are busy the waker's own is taken over at once.
        const delay = thread.state !== 'running' && this.scheduler.hasIdleCpu() ? mm.config.costs.kswapdWakeup : 0
        this.scheduler.wake(this.kswapds[mm.nodes.indexOf(node)], mm.time[0] + delay)
      },
      wakeTask: (task) => this.wakeTask(task),
      wakeFlusher: () => this.scheduler.wake(this.flusher, mm.time[0]),
      killTask: (task) => this.wakeTask(task),
    }
    mm.reports = reportsTo(mm, this.sink)
    for (const thread of mm.kswapd.threads) this.startKswapd(thread)
    this.flusher = this.addActor(mm.writeback.flusher(), null)
    this.scheduler.wake(this.flusher, 0)
    if (options.config.backgroundWriteKbps) this.scheduleBackgroundWrites(options.config.backgroundWriteKbps)
    this.intervals = new Intervals(mm, this.sink, this.pressure)
    if (options.sampleSeconds) this.scheduleSample(options.sampleSeconds * 1e6)
  }

  /** Takes the next events of the trace and runs everything due before the last of them. */
  feed(batch: EventBatch): void {
    const { world } = this
    for (let i = 0; i < batch.length; i++) {
      const t = batch.t[i] * 1e6
      if (this.scheduler.nextTime() < t) this.run(() => this.scheduler.runUntil(t))
      if (this.panicked !== null) return
      if (batch.op[i] === OP.touch) {
        const next = this.touchAtOnce(batch, i)
        if (next > i) {
          i = next - 1
          continue
        }
      }
      const op = batch.op[i]
      if (op === OP.spawn) this.spawn(batch, i)
      else if (op === OP.cgroup) this.settings.cgroup(batch, i)
      else if (op === OP.sysctl) this.settings.sysctl(batch, i)
      else {
        this.named.noteFile(batch, i)
        const process = this.processes.get(batch.task[i])
        if (!process || process.ended) continue
        process.pending.push(batch, i)
        world.backlog.events++
        if (batch.list[i] >= 0) world.backlog.pages += batch.count[i]
        if (process.pending.length === 1) this.wakeProcess(process, t)
        if (op === OP.exit) this.processes.delete(batch.task[i])
        if (world.backlog.events > BACKLOG_EVENTS || world.backlog.pages > BACKLOG_PAGES) this.catchUp()
      }
    }
  }

  /**
   * The usual case, without the way through queue and scheduler: processes that have nothing else to do touch pages that
   * are all present, and are done before anything else happens.
   * @returns the first event from the `i`-th on for which it is not so; nothing of it has happened
   */
  private touchAtOnce(batch: EventBatch, i: number): number {
    const { scheduler } = this
    // Nobody is woken here, so what is due stays what it is.
    if (!scheduler.hasIdleCpu()) return i
    const due = scheduler.nextTime()
    const first = i
    while (i < batch.length && batch.op[i] === OP.touch) {
      const process = this.processes.get(batch.task[i])
      if (!process?.isIdle()) break
      const next = process.touchWhileIdle(batch, i, due, this.pressure)
      if (next === i) break
      i = next
    }
    if (i > first) scheduler.now = Math.max(scheduler.now, batch.t[i - 1] * 1e6)
    return i
  }

  /** Runs what is left, and the settling time after it. */
  finish(): ReplaySummary {
    const { mm, scheduler, world } = this
    this.run(() => {
      let progress = -1
      let since = 0
      while (world.backlog.events > 0 && scheduler.nextTime() < Number.POSITIVE_INFINITY) {
        scheduler.step(scheduler.nextTime() + 1e5)
        const done = world.done.events + mm.vm[V.pgfree] + mm.vm[V.pgfault]
        if (done !== progress) {
          progress = done
          since = scheduler.now
        } else if (scheduler.now - since > HANG_US && !this.someoneSleeps()) {
          this.warn(`processes hang in reclaim: ${world.backlog.events} events were not replayed`)
          break
        }
      }
      const end = scheduler.now + (this.options.postSeconds ?? 0) * 1e6
      scheduler.runUntil(end)
      scheduler.now = Math.max(scheduler.now, end)
      mm.time[0] = scheduler.now
    })
    this.finished = true
    if (this.options.sampleSeconds && mm.time[0] > this.intervals.last) this.intervals.report(mm.time[0])
    if (this.options.check) this.check()
    if (this.panicked !== null) this.warn(this.panicked)
    return {
      events: world.done.events,
      pageEvents: world.done.pageEvents,
      duration: mm.time[0] / 1e6,
      counters: { ...readCounters(mm, null), allocstall: this.allocstall() },
      psi: this.pressure.totals(mm.time[0]),
      warnings: [...this.warnings].map(([m, n]) => (n > 1 ? `${m} (${n} times)` : m)),
    }
  }

  /** @throws TidemarkError TM_CHECK naming the laws that do not hold */
  check(): void {
    const broken = checkConservation(this.mm)
    if (broken.length > 0) {
      throw new TidemarkError(
        'TM_CHECK',
        `conservation laws broken at ${(this.mm.time[0] / 1e6).toFixed(6)} s: ${broken.slice(0, 5).join('; ')}`,
        EXIT.check,
        'this is a bug in tidemark: please report it with the trace and the machine file',
      )
    }
  }

  /** A process has an event whose time has not come: it may still free what the others wait for. */
  private someoneSleeps(): boolean {
    for (const process of this.processes.values()) {
      const due = process.nextDue()
      if (due > this.scheduler.now && due < Number.POSITIVE_INFINITY) return true
    }
    return false
  }

  private allocstall(): number {
    const { vm } = this.mm
    let n = 0
    for (let z = 0; z < 5; z++) n += vm[V.allocstall_dma + z]
    return n
  }

  private warn(message: string): void {
    this.warnings.set(message, (this.warnings.get(message) ?? 0) + 1)
  }

  /** A panic of the modelled kernel ends the replay: what was counted until then stands. */
  private run(body: () => void): void {
    if (this.panicked !== null) return
    try {
      body()
    } catch (e) {
      if (!(e instanceof OomPanic)) throw e
      this.panicked = `the kernel would have panicked at ${(this.mm.time[0] / 1e6).toFixed(3)} s: ${e.message}; the rest of the trace was not replayed`
    }
  }

  private catchUp(): void {
    const { scheduler, world } = this
    this.warn('processes lag far behind the trace: events of others may start late')
    this.run(() => {
      while (
        (world.backlog.events > BACKLOG_EVENTS / 2 || world.backlog.pages > BACKLOG_PAGES / 2) &&
        scheduler.nextTime() < Number.POSITIVE_INFINITY
      ) {
        scheduler.step(scheduler.nextTime() + 1e5)
      }
    })
  }

  private addActor(body: Generator<number, void, void>, task: Task | null): Actor {
    const actor = new Actor(this.order++, body)
    if (task) this.pressure.watch(task, actor)
    return actor
  }

  private startKswapd(thread: KswapdThread): void {
    const actor = this.addActor(this.mm.kswapd.run(thread), thread.task)
    this.kswapds.push(actor)
    this.scheduler.wake(actor, 0)
  }

  private wakeTask(task: Task): void {
    const actor = this.actors.get(task)
    if (actor) this.scheduler.wake(actor, this.mm.time[0])
  }

  private wakeProcess(process: Process, t: number): void {
    if (process.actor) this.scheduler.wake(process.actor, t)
  }

  private spawn(batch: EventBatch, i: number): void {
    const { mm, world } = this
    const d = batch.detail.get(i)
    if (d?.op !== 'spawn') return
    const cpu = d.cpu !== undefined && d.cpu < mm.config.cpus ? d.cpu : this.nextCpu++ % mm.config.cpus
    mm.time[0] = Math.max(this.scheduler.now, batch.t[i] * 1e6)
    const task = spawnTask(mm, batch.task[i], d, this.named.memcgAt(d.cgroup ?? '/'), cpu)
    const process = new Process(world, task)
    process.actor = this.addActor(this.live(process), task)
    this.processes.set(batch.task[i], process)
    this.actors.set(task, process.actor)
    this.addFootprint(task)
    world.done.events++
  }

  /** The process's life, and what is done when it is over. */
  private *live(process: Process): Generator<number, void, void> {
    yield* process.run()
    this.pressure.unwatch(process.task)
    this.actors.delete(process.task)
    process.actor = null
    this.processes.delete(process.task.id)
  }

  private scheduleSample(interval: number): void {
    const next = (k: number): void => {
      this.mm.events.at(k * interval, () => {
        if (this.finished) return
        this.intervals.report(k * interval)
        if (this.options.check) this.check()
        next(k + 1)
      })
    }
    next(1)
  }

  /** What others write to the disk, twice a second; it goes past the page cache. */
  private scheduleBackgroundWrites(kbps: number): void {
    const { mm } = this
    let written = 0
    const next = (at: number): void => {
      mm.events.at(at, () => {
        if (this.finished) return
        const due = Math.floor((kbps * at) / 1e6)
        mm.vm[V.pgpgout] += due - written
        written = due
        next(at + 500_000)
      })
    }
    next(500_000)
  }
}

/** Replays a whole trace. @throws InputError where the trace is broken */
export async function replayTrace(trace: AllocationTrace, options: ReplayOptions): Promise<ReplaySummary> {
  const replay = new Replay(options)
  for await (const batch of trace.batches()) replay.feed(batch)
  return replay.finish()
}
