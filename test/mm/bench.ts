/** The model without a replay around it: one caller does one thing after the other, and disks answer when told to. */

import type { MmConfig } from '../../src/mm/config.js'
import type { Mm, Step } from '../../src/mm/context.js'
import { GFP_KERNEL } from '../../src/mm/gfp.js'
import { createMm } from '../../src/mm/mm.js'
import { type PageIndex, PG_RESIDENT } from '../../src/mm/page.js'
import { ScanControl } from '../../src/mm/scan-control.js'
import { AddressSpace, Task, type Vma, type VmaKind } from '../../src/mm/task.js'
import { EVENT_NAMES, type NS, type V } from '../../src/mm/vmstat.js'
import { FREE_OF_COST, testMachine } from './machine.js'

export type Changes = Partial<Record<(typeof EVENT_NAMES)[number], number>>

export class Bench {
  readonly mm: Mm
  readonly task: Task
  private counted: Float64Array
  private files = new Map<string, AddressSpace>()

  constructor(config: MmConfig) {
    this.mm = createMm(config, { pageCapacity: 2 ** 15 })
    this.task = this.newTask()
    this.counted = this.mm.vm.slice()
  }

  newTask(): Task {
    const { mm } = this
    const task = new Task(mm.tasks.size, mm.tasks.size + 1, `t${mm.tasks.size}`, mm.rootMemcg, 0, 0, 0)
    mm.tasks.add(task)
    return task
  }

  /** Runs something to its end; where it waits, time passes and disks get on. */
  run<T>(step: Step<T>): T {
    const { mm } = this
    for (;;) {
      mm.horizon[0] = Number.POSITIVE_INFINITY
      const r = step.next()
      if (r.done) return r.value
      if (r.value === Number.POSITIVE_INFINITY) throw new Error('waits to be woken, and nobody will')
      this.passUntil(r.value)
    }
  }

  passUntil(time: number): void {
    const { mm } = this
    while (mm.events.nextTime() <= time) {
      mm.time[0] = Math.max(mm.time[0], mm.events.nextTime())
      mm.events.fire()
    }
    mm.time[0] = Math.max(mm.time[0], time)
  }

  /** Everything that is under way ends. */
  settle(): void {
    while (this.mm.events.size > 0) this.passUntil(this.mm.events.nextTime())
  }

  map(kind: VmaKind, pages: number, file?: string, task = this.task): Vma {
    return this.mm.mmap.newRegion(task, kind, pages, file === undefined ? null : this.file(file))
  }

  file(name: string): AddressSpace {
    let file = this.files.get(name)
    if (!file) {
      file = new AddressSpace(this.mm.files.length, name, 0)
      this.mm.files.push(file)
      this.files.set(name, file)
    }
    return file
  }

  touch(vma: Vma, at: number, write: boolean, task = this.task): void {
    const { memory } = this.mm
    if (memory.touchPresent(vma, at, at + 1, write) === at) this.run(memory.fault(task, vma, at, write))
  }

  /** One page by read(), without readahead. */
  read(name: string, at: number, task = this.task): void {
    const { filemap } = this.mm
    const file = this.file(name)
    const ra = filemap.raOf(task, file)
    if (filemap.readHit(file, ra, at) || filemap.readNoWait(file, ra, at, true, task)) return
    this.run(filemap.readRest(file, ra, at, true, task))
  }

  write(name: string, at: number): void {
    const { filemap } = this.mm
    const file = this.file(name)
    if (!filemap.writeNoWait(file, at, this.task)) this.run(filemap.writeRest(file, at, this.task))
  }

  /** Index of a page of a file. */
  filePage(name: string, at: number): PageIndex {
    return this.mm.filemap.peek(this.file(name), at)
  }

  isResident(page: PageIndex): boolean {
    return (this.mm.pages.flags[page] & PG_RESIDENT) !== 0
  }

  control(kswapd: boolean, priority = 12, goal = 32): ScanControl {
    const sc = new ScanControl(goal, 3, null, GFP_KERNEL, this.task, kswapd)
    sc.priority = priority
    return sc
  }

  /** kswapd looks at up to 32 pages at the old end of one list of the root. Writes are sent, not ended. */
  visit(lru: number, n = 32, kswapd = true): number {
    const { mm } = this
    const sc = this.control(kswapd)
    const freed = mm.vmscan.list.inactive(n, mm.rootMemcg.lruvecs[0], lru, sc)
    mm.swapState.unplug(sc.plug)
    return freed
  }

  visitActive(lru: number, n = 32): void {
    this.mm.vmscan.list.active(n, this.mm.rootMemcg.lruvecs[0], lru, this.control(true))
  }

  /** Counters that changed since the last call, without those of allocation and NUMA. */
  changes(): Changes {
    const { vm } = this.mm
    const out: Changes = {}
    EVENT_NAMES.forEach((name, i) => {
      if (vm[i] !== this.counted[i] && !/^(pgalloc|numa)/.test(name)) out[name] = vm[i] - this.counted[i]
    })
    this.counted = vm.slice()
    return out
  }

  count(v: V): number {
    return this.mm.vm[v]
  }
}

/** Plenty of memory: reclaim happens only where a test asks for it. */
export function quietBench(o: { swap?: number; synchronous?: boolean; pageCluster?: number } = {}): Bench {
  return new Bench(
    testMachine({
      zones: [{ managed: 4096 }],
      swap: o.swap ?? 300,
      swapSynchronous: o.synchronous,
      noPcp: true,
      costs: FREE_OF_COST,
      sysctl: {
        'vm.page-cluster': o.pageCluster ?? 0,
        'vm.dirty_bytes': 2 ** 40,
        'vm.dirty_background_bytes': 2 ** 39,
      },
    }),
  )
}

export const level = (b: Bench, item: NS) => b.mm.ns[item]
