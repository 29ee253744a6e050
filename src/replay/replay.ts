/**
 * Replays an allocation trace through the model: feeds events to processes as their time comes, and reports samples,
 * stalls, kswapd cycles and OOM kills to a sink.
 *
 * The reader may be ahead of a process that lags behind its trace; what it has not come to yet waits in memory, up to a
 * limit. Beyond it the processes are let run before more is read: then events of others may start late, which is said
 * once as a warning.
 */

import { EXIT, InputError, TidemarkError } from '../base/errors.js'
import type { MmConfig } from '../mm/config.js'
import type { Mm } from '../mm/context.js'
import type { KswapdThread } from '../mm/kswapd.js'
import { Memcg, setMemcgFile } from '../mm/memcg.js'
import { checkConservation, createMm, type MmOptions } from '../mm/mm.js'
import { OomPanic } from '../mm/oom-kill.js'
import { PsiGroup } from '../mm/psi.js'
import { TASK_SLAB_PAGES } from '../mm/slab.js'
import { isSysctlName } from '../mm/sysctl.js'
import { writeSysctl } from '../mm/sysctl-write.js'
import { AddressSpace, Task } from '../mm/task.js'
import { NR_NODE_STATS, NS, V } from '../mm/vmstat.js'
import { type AllocationTrace, type EventBatch, OP } from '../trace/events.js'
import { Process, type ProcessWorld } from './process.js'
import type { ReplaySink, ReplaySummary } from './records.js'
import { readCounters, readLevels, readZones } from './sampler.js'
import { Actor, Scheduler } from './scheduler.js'

/** Events (page numbers counted too, by 64) that may wait in memory. */
const BACKLOG_LIMIT = 1 << 17
/** Simulated time without a page freed or an event done after which waiting processes are given up. */
const HANG_US = 60e6
/** Tables that map the stack, the program and its libraries, before the process touches memory of its own. */
const BASE_PAGE_TABLES = 11

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
  private readonly psi: PsiGroup
  private readonly warnings = new Map<string, number>()
  /** Live processes by task serial. */
  private readonly processes = new Map<number, Process>()
  private readonly actors = new Map<Task, Actor>()
  private readonly filesByName = new Map<string, AddressSpace>()
  private readonly memcgs = new Map<string, Memcg>()
  private readonly world: ProcessWorld
  private readonly psiIds = new Map<Task, number>()
  private readonly freePsiIds: number[] = []
  private nextPsiId = 0
  private order = 0
  private nextCpu = 0
  private flusher!: Actor
  private readonly kswapds: Actor[] = []
  private lastSample = 0
  private sampledCounters: Float64Array
  private finished = false
  private panicked: string | null = null
  private lastPsi = { some: 0, full: 0 }

  constructor(private readonly options: ReplayOptions) {
    this.mm = createMm(options.config, options)
    const { mm } = this
    this.sink = options.sink
    this.scheduler = new Scheduler(mm)
    this.psi = new PsiGroup(options.config.cpus, options.config.hz)
    this.memcgs.set('/', mm.rootMemcg)
    this.sampledCounters = new Float64Array(mm.vm.length)
    this.world = {
      mm,
      files: [],
      committed: { pages: 0 },
      refused: (r) => this.sink.refusedMmap({ ...r, t: r.time / 1e6 }),
      warn: (m) => this.warn(m),
      backlog: { events: 0 },
      done: { events: 0, pageEvents: 0 },
      traceName: options.traceName ?? '-',
    }
    mm.sched = {
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
    this.connectReports()
    for (const thread of mm.kswapd.threads) this.startKswapd(thread)
    this.flusher = this.addActor(mm.writeback.flusher(), null)
    this.scheduler.wake(this.flusher, 0)
    if (options.config.backgroundWriteKbps) this.scheduleBackgroundWrites(options.config.backgroundWriteKbps)
    if (options.sampleSeconds) this.scheduleSample(options.sampleSeconds * 1e6)
  }

  /** Takes the next events of the trace and runs everything due before the last of them. */
  feed(batch: EventBatch): void {
    const { world } = this
    for (let i = 0; i < batch.length; i++) {
      const t = batch.t[i] * 1e6
      if (this.scheduler.nextTime() < t) this.run(() => this.scheduler.runUntil(t))
      if (this.panicked !== null) return
      const op = batch.op[i]
      if (op === OP.spawn) this.spawn(batch, i)
      else if (op === OP.cgroup) this.cgroup(batch, i)
      else if (op === OP.sysctl) this.sysctl(batch, i)
      else {
        this.noteFile(batch, i)
        const process = this.processes.get(batch.task[i])
        if (!process || process.ended) continue
        process.pending.push(batch, i)
        world.backlog.events += 1 + (batch.list[i] >= 0 ? batch.count[i] >> 6 : 0)
        if (batch.list[i] >= 0) world.backlog.events -= batch.count[i] >> 6
        if (process.pending.length === 1) this.wakeProcess(process, t)
        if (op === OP.exit) this.processes.delete(batch.task[i])
        if (world.backlog.events > BACKLOG_LIMIT) this.catchUp()
      }
    }
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
    if (this.options.sampleSeconds && mm.time[0] > this.lastSample) this.sample(mm.time[0])
    if (this.options.check) this.check()
    if (this.panicked !== null) this.warn(this.panicked)
    return {
      events: world.done.events,
      pageEvents: world.done.pageEvents,
      duration: mm.time[0] / 1e6,
      counters: { ...readCounters(mm, null), allocstall: this.allocstall() },
      psi: this.psi.totals(mm.time[0]),
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
      while (world.backlog.events > BACKLOG_LIMIT / 2 && scheduler.nextTime() < Number.POSITIVE_INFINITY) {
        scheduler.step(scheduler.nextTime() + 1e5)
      }
    })
  }

  private addActor(body: Generator<number, void, void>, task: Task | null): Actor {
    const actor = new Actor(this.order++, body)
    if (task) this.watch(task, actor)
    return actor
  }

  /** Keeps the task's state on the books of psi. */
  private watch(task: Task, actor: Actor): void {
    const { psi, mm } = this
    const id = this.freePsiIds.pop() ?? this.nextPsiId++
    this.psiIds.set(task, id)
    psi.place(id, task.cpu, mm.time[0])
    actor.onWake = () => {
      if (this.psiIds.has(task)) psi.setRunnable(id, true, mm.time[0])
    }
    actor.onSleep = () => {
      if (this.psiIds.has(task)) psi.setRunnable(id, false, mm.time[0])
    }
    task.onMemstall = (_, stalled) => {
      if (stalled) psi.enter(id, mm.time[0])
      else psi.leave(id, mm.time[0])
    }
  }

  private unwatch(task: Task): void {
    const id = this.psiIds.get(task)
    if (id === undefined) return
    task.onMemstall = null
    this.psi.remove(id, this.mm.time[0])
    this.psiIds.delete(task)
    this.freePsiIds.push(id)
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
    const actor = this.actors.get(process.task)
    if (actor) this.scheduler.wake(actor, t)
  }

  private spawn(batch: EventBatch, i: number): void {
    const { mm, world } = this
    const d = batch.detail.get(i)
    if (d?.op !== 'spawn') return
    const cpu = d.cpu !== undefined && d.cpu < mm.config.cpus ? d.cpu : this.nextCpu++ % mm.config.cpus
    const node = Math.max(
      0,
      mm.nodes.findIndex((n) => n.cpus.includes(cpu)),
    )
    mm.time[0] = Math.max(this.scheduler.now, batch.t[i] * 1e6)
    const memcg = this.memcgAt(d.cgroup ?? '/')
    const task = new Task(batch.task[i], d.pid, d.comm, memcg, cpu, node, d.oom_score_adj)
    mm.tasks.add(task)
    const process = new Process(world, task)
    this.processes.set(batch.task[i], process)
    const actor = this.addActor(this.live(process), task)
    this.actors.set(task, actor)
    this.footprint(task)
    world.done.events++
  }

  /** The process's life, and what is done when it is over. */
  private *live(process: Process): Generator<number, void, void> {
    yield* process.run()
    this.unwatch(process.task)
    this.actors.delete(process.task)
    this.processes.delete(process.task.id)
  }

  /**
   * What a process is before it touches memory of its own: page tables, stack, the pages it wrote to while it started,
   * and the resident pages it shares with its parent, which only count in its rss.
   */
  private footprint(task: Task): void {
    const { mm } = this
    const p = mm.config.process
    const own = Math.max(0, p.spawnMinorFaults - p.filePages - p.shmemPages)
    mm.vm[V.pgfault] += Math.max(0, p.spawnMinorFaults - own)
    task.rssFile += p.filePages
    task.rssShmem += p.shmemPages
    task.rssAnon += Math.max(0, p.anonPages - own)
    mm.mmap.kernelPages(task, BASE_PAGE_TABLES + p.kernelStackPages + TASK_SLAB_PAGES)
    task.pgtables += BASE_PAGE_TABLES
    const at = task.node * NR_NODE_STATS
    mm.ns[at + NS.pageTablePages] += BASE_PAGE_TABLES
    mm.ns[at + NS.kernelStackPages] += p.kernelStackPages
    if (own === 0) return
    const vma = mm.mmap.newRegion(task, 'anon', own, null)
    // Its page table is one of the base ones.
    task.pgtables--
    mm.ns[at + NS.pageTablePages]--
    for (let i = 0; i < own; i++) {
      if (!mm.memory.faultFast(task, vma, i, true)) {
        // Memory is short: the process starts with fewer pages of its own.
        break
      }
    }
  }

  private cgroup(batch: EventBatch, i: number): void {
    const d = batch.detail.get(i)
    if (d?.op !== 'cgroup') return
    const memcg = this.memcgAt(d.cgroup)
    for (const [file, value] of Object.entries(d.set)) {
      if (!setMemcgFile(memcg, file, value)) this.warn(`cgroup file ${file} is not modelled`)
    }
    this.world.done.events++
  }

  private sysctl(batch: EventBatch, i: number): void {
    const d = batch.detail.get(i)
    if (d?.op !== 'sysctl') return
    for (const [name, value] of Object.entries(d.set)) {
      if (!isSysctlName(name)) {
        this.warn(`sysctl ${name} is not modelled`)
        continue
      }
      const expected = writeSysctl(this.mm, name, value)
      if (expected !== null) {
        throw new InputError(`sysctl ${name} cannot be set`, {
          file: this.world.traceName,
          line: batch.line[i],
          expected,
          found: String(value),
          code: 'TM_INPUT_VALUE',
        })
      }
    }
    this.world.done.events++
  }

  private memcgAt(path: string): Memcg {
    const clean = `/${path.split('/').filter(Boolean).join('/')}`
    const found = this.memcgs.get(clean)
    if (found) return found
    const { mm } = this
    const parent = this.memcgAt(clean.slice(0, clean.lastIndexOf('/')) || '/')
    const memcg = new Memcg(mm.memcgs.length, clean, parent, mm.pages.pos, mm.nodes.length)
    mm.memcgs.push(memcg)
    this.memcgs.set(clean, memcg)
    return memcg
  }

  /** Files get their model object when an event first names them. */
  private noteFile(batch: EventBatch, i: number): void {
    const op = batch.op[i]
    let serial = -1
    if (op === OP.read || op === OP.write || op === OP.fsync) serial = batch.object[i]
    else if (op === OP.mmap && batch.detail.get(i)?.op === 'mmap') {
      const d = batch.detail.get(i)
      if (d?.op === 'mmap' && d.kind === 'file') serial = batch.start[i]
    }
    if (serial < 0 || this.world.files[serial]) return
    const name = batch.fileNames[serial] ?? `file ${serial}`
    this.world.files[serial] = this.fileNamed(name)
  }

  private fileNamed(name: string): AddressSpace {
    const found = this.filesByName.get(name)
    if (found) return found
    const { mm } = this
    const size = this.options.files?.[name]
    const file = new AddressSpace(mm.files.length, name, size ?? 0)
    mm.files.push(file)
    this.filesByName.set(name, file)
    return file
  }

  private connectReports(): void {
    const { mm, sink } = this
    mm.reports = {
      stall: (r) =>
        sink.stall({
          t: r.start / 1e6,
          pid: r.task.pid,
          comm: r.task.comm,
          kind: r.kind,
          cgroup: r.memcg?.path ?? '',
          duration_us: mm.time[0] - r.start,
          scanned: r.scanned,
          reclaimed: r.reclaimed,
          priority: r.priority,
          outcome: r.outcome,
        }),
      kswapdCycle: (r) =>
        sink.kswapdCycle({
          t: r.start / 1e6,
          node: r.node,
          duration_us: mm.time[0] - r.start,
          scanned: r.scanned,
          reclaimed: r.reclaimed,
          priority: r.priority,
          highest_zone: ['DMA', 'DMA32', 'Normal', 'Movable', 'Device'][r.highestZone],
          balanced: r.balanced,
        }),
      oom: (r) =>
        sink.oom({
          t: mm.time[0] / 1e6,
          constraint: r.constraint,
          cgroup: r.memcg?.path ?? '',
          invoker_pid: r.invoker.pid,
          invoker_comm: r.invoker.comm,
          victim_pid: r.victim.pid,
          victim_comm: r.victim.comm,
          victim_points: r.points,
          victim_rss: r.rss,
          totalpages: r.totalpages,
          group_kill: r.groupKill,
          free: mm.alloc.nrFree(),
          swap_free: mm.swapfile.nrFree(),
          candidates: r.candidates.map((c) => ({
            pid: c.task.pid,
            comm: c.task.comm,
            rss: c.rss,
            swap: c.swap,
            pgtables: c.pgtables,
            oom_score_adj: c.task.oomScoreAdj,
            points: c.points,
            eligible: c.points !== null,
            reason: c.reason,
          })),
        }),
    }
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

  private scheduleSample(interval: number): void {
    const next = (k: number): void => {
      this.mm.events.at(k * interval, () => {
        if (this.finished) return
        this.sample(k * interval)
        next(k + 1)
      })
    }
    next(1)
  }

  private sample(now: number): void {
    const { mm, sink } = this
    const t = now / 1e6
    const psi = this.psi.totals(now)
    const counters = readCounters(mm, this.sampledCounters)
    counters.psi_some_us = psi.some - this.lastPsi.some
    counters.psi_full_us = psi.full - this.lastPsi.full
    this.lastPsi = psi
    sink.interval({ t, dt: (now - this.lastSample) / 1e6, levels: readLevels(mm), counters })
    for (const z of readZones(mm, t)) sink.zoneInterval(z)
    this.sampledCounters = mm.vm.slice()
    this.lastSample = now
    if (this.options.check) this.check()
  }
}

/** Replays a whole trace. @throws InputError where the trace is broken */
export async function replayTrace(trace: AllocationTrace, options: ReplayOptions): Promise<ReplaySummary> {
  const replay = new Replay(options)
  for await (const batch of trace.batches()) replay.feed(batch)
  return replay.finish()
}
