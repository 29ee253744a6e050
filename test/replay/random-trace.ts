/** Random machines and random traces for them, by fast-check. */

import fc from 'fast-check'
import type { MmConfig } from '../../src/mm/config.js'
import { testMachine } from '../mm/machine.js'
import type { Pages, TestEvent } from './trace-builder.js'

const MIB = 256

/** 2 to 40 MiB, one or two nodes, with and without a small zone below, with and without swap. */
export const arbMachine: fc.Arbitrary<MmConfig> = fc
  .record({
    mib: fc.oneof({ weight: 3, arbitrary: fc.integer({ min: 2, max: 8 }) }, fc.integer({ min: 2, max: 40 })),
    nodes: fc.constantFrom(1, 1, 1, 2),
    dma: fc.boolean(),
    cpus: fc.constantFrom(1, 2, 4),
    minFree: fc.constantFrom(64, 128, 256, 512),
    swappiness: fc.constantFrom(0, 10, 60, 100, 200),
    swap: fc.constantFrom(0, 64, 300, 2000, 8000),
    swapSynchronous: fc.boolean(),
    swapRotational: fc.boolean(),
    faultAround: fc.constantFrom(1, 16),
    readaheadPages: fc.constantFrom(0, 8, 32),
    zoneReclaim: fc.constantFrom(0, 0, 1, 7),
    boost: fc.constantFrom(0, 15000),
  })
  .map((m) => {
    const pages = Math.floor((m.mib * MIB) / m.nodes)
    const zones = Array.from({ length: m.nodes }, (_, node) => [
      ...(m.dma && node === 0 ? [{ node, name: 'DMA' as const, managed: Math.floor(pages / 4) }] : []),
      {
        node,
        name: 'DMA32' as const,
        managed: m.dma && node === 0 ? pages - Math.floor(pages / 4) : pages,
        kernel: 40,
      },
    ]).flat()
    return testMachine({
      zones,
      cpus: Math.max(m.cpus, m.nodes),
      minFreeKbytes: m.minFree,
      sysctl: {
        'vm.swappiness': m.swappiness,
        'vm.zone_reclaim_mode': m.nodes > 1 ? m.zoneReclaim : 0,
        'vm.watermark_boost_factor': m.boost,
      },
      swap: m.swap,
      swapSynchronous: m.swapSynchronous,
      swapRotational: m.swapRotational,
      faultAroundPages: m.faultAround,
      readaheadPages: m.readaheadPages,
      process: { anonPages: 12, filePages: 3, shmemPages: 2, spawnMinorFaults: 9, kernelStackPages: 4 },
    })
  })

/** One step of a trace, in numbers; what they refer to is settled when the trace is played. */
export interface Command {
  op: string
  dt: number
  who: number
  what: number
  at: number
  n: number
  flag: boolean
  list: number[]
}

const OPS: [string, number][] = [
  ['spawn', 3],
  ['exit', 1],
  ['cgroup', 2],
  ['sysctl', 1],
  ['mmap', 6],
  ['munmap', 2],
  ['touch', 14],
  ['touchList', 5],
  ['read', 8],
  ['readList', 3],
  ['write', 6],
  ['madvise', 5],
  ['mlock', 2],
  ['munlock', 2],
  ['fsync', 2],
]

export const arbCommand: fc.Arbitrary<Command> = fc.record({
  op: fc.oneof(...OPS.map(([op, weight]) => ({ weight, arbitrary: fc.constant(op) }))),
  dt: fc.constantFrom(0, 0, 0.0001, 0.001, 0.02, 0.3, 3),
  who: fc.nat(7),
  what: fc.nat(30),
  at: fc.nat(1500),
  n: fc.oneof(fc.nat(40), fc.nat(800), fc.nat(4000)),
  flag: fc.boolean(),
  list: fc.array(fc.nat(3000), { minLength: 1, maxLength: 12 }),
})

/** A trace: groups, some of them with limits, and processes with regions to begin with; then anything. */
export function arbCommands(most: number): fc.Arbitrary<Command[]> {
  const first = (op: string, n: number) => fc.array(arbCommand, { minLength: 1, maxLength: n }).map(as(op))
  const rest = fc.array(arbCommand, { minLength: 5, maxLength: most, size: 'max' })
  return fc.tuple(first('cgroup', 3), first('spawn', 3), first('mmap', 4), rest).map((parts) => parts.flat())
}

const as = (op: string) => (list: Command[]) => list.map((c) => ({ ...c, op, dt: 0 }))

const CGROUPS = ['/a', '/b', '/a/x']
const FILES = ['f', 'g']
const ADVICES = ['dontneed', 'free', 'cold', 'pageout'] as const
const KNOBS = ['memory.max', 'memory.high', 'memory.low', 'memory.min', 'memory.swap.max', 'memory.oom.group']
const UNSET: Record<string, string | number> = { 'memory.low': 0, 'memory.min': 0 }
const PROTECTION = ['memory.low', 'memory.min']

interface LiveTask {
  pid: number
  regions: { name: string; pages: number }[]
}

/** The events that the commands mean. Every reference is to something that was there, though it may have been killed. */
export function* eventsOf(commands: readonly Command[]): Generator<TestEvent> {
  let t = 0
  let pids = 0
  let names = 0
  const tasks: LiveTask[] = []
  for (const c of commands) {
    t += c.dt
    const task = tasks[c.who % Math.max(1, tasks.length)]
    if (c.op === 'cgroup') {
      const knob = KNOBS[c.what % KNOBS.length]
      // Memory that nothing may take makes a small machine hang, as it does a real one: protect little.
      const pages = PROTECTION.includes(knob) ? c.n % 50 : c.n + 20
      const value = knob === 'memory.oom.group' ? Number(c.flag) : c.flag ? pages * 4096 : (UNSET[knob] ?? 'max')
      yield { t, op: 'cgroup', cgroup: CGROUPS[c.who % 3], set: { [knob]: value } }
    } else if (c.op === 'sysctl') yield { t, op: 'sysctl', set: sysctlOf(c) }
    else if (c.op === 'spawn' || !task) {
      const cgroup = c.flag ? CGROUPS[c.what % 3] : undefined
      const adj = c.what % 5 === 0 ? (c.at % 3) * 500 - 500 : 0
      const pid = ++pids
      tasks.push({ pid, regions: [] })
      yield { t, op: 'spawn', pid, cgroup, oom_score_adj: adj, cpu: c.n % 4 }
    } else {
      const { pid } = task
      const region = task.regions[c.what % Math.max(1, task.regions.length)]
      const file = FILES[c.what % 2]
      if (c.op === 'exit') {
        tasks.splice(tasks.indexOf(task), 1)
        yield { t, op: 'exit', pid }
      } else if (c.op === 'mmap' || (!region && NEEDS_REGION.has(c.op))) {
        const kind = (['anon', 'anon', 'shmem', 'file'] as const)[c.at % 4]
        const name = `r${names++}`
        const pages = Math.max(1, c.n)
        task.regions.push({ name, pages })
        yield {
          t,
          op: 'mmap',
          pid,
          region: name,
          kind,
          pages,
          file: kind === 'file' ? file : undefined,
          readahead: c.flag,
        }
      } else if (NEEDS_REGION.has(c.op)) yield onRegion(c, t, task, region)
      else if (c.op === 'fsync') yield { t, op: 'fsync', pid, file }
      else if (c.op === 'write') yield { t, op: 'write', pid, file, start: c.at, count: c.n % 600 }
      else {
        const where: Pages = c.op === 'readList' ? { pages: c.list } : { start: c.at, count: c.n % 1500 }
        yield { t, op: 'read', pid, file, readahead: c.flag, ...where }
      }
    }
  }
}

const NEEDS_REGION = new Set(['munmap', 'touch', 'touchList', 'madvise', 'mlock', 'munlock'])

function onRegion(c: Command, t: number, task: LiveTask, region: LiveTask['regions'][number]): TestEvent {
  const { pid } = task
  const { name, pages } = region
  const start = c.at % pages
  const count = Math.min(c.n, pages - start)
  switch (c.op) {
    case 'munmap':
      task.regions.splice(task.regions.indexOf(region), 1)
      return { t, op: 'munmap', pid, region: name }
    case 'touchList':
      return { t, op: 'touch', pid, region: name, pages: c.list.map((i) => i % pages), write: c.flag }
    case 'madvise':
      return { t, op: 'madvise', pid, region: name, start, count, advice: ADVICES[c.who % 4] }
    case 'mlock':
    case 'munlock':
      return { t, op: c.op, pid, region: name, start, count: Math.min(count, 100) }
    default:
      return { t, op: 'touch', pid, region: name, start, count, write: c.flag || c.at % 3 > 0 }
  }
}

function sysctlOf(c: Command): Record<string, number> {
  switch (c.what % 6) {
    case 0:
      return { 'vm.swappiness': c.at % 201 }
    case 1:
      return { 'vm.min_free_kbytes': 64 + (c.n % 512) }
    case 2:
      return { 'vm.watermark_scale_factor': 1 + (c.n % 300) }
    case 3:
      return { 'vm.page-cluster': c.n % 5 }
    case 4:
      return { 'vm.dirty_ratio': c.n % 50, 'vm.dirty_background_ratio': c.at % 20 }
    default:
      return { 'vm.percpu_pagelist_high_fraction': c.flag ? 8 + (c.n % 100) : 0 }
  }
}
