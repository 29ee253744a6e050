/** What must hold between replays, or in any replay of a kind, whatever the trace. */

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { MmConfig } from '../../src/mm/config.js'
import type { Mm } from '../../src/mm/context.js'
import { Replay } from '../../src/replay/replay.js'
import { EventBatch } from '../../src/trace/events.js'
import { testMachine } from '../mm/machine.js'
import { emptyRecords, replayEvents, sinkInto } from './harness.js'
import { arbCommands, arbMachine, eventsOf } from './random-trace.js'
import { type TestEvent, TraceBuilder } from './trace-builder.js'

const MEMORY = 4096

function machine(o: { swappiness?: number; minFreeKbytes?: number; swap?: number } = {}): MmConfig {
  return testMachine({
    zones: [{ managed: MEMORY, kernel: 100 }],
    cpus: 2,
    minFreeKbytes: o.minFreeKbytes ?? 512,
    swap: o.swap ?? 4096,
    sysctl: { 'vm.swappiness': o.swappiness ?? 60 },
  })
}

/** Anonymous memory up to `anon` pages, touched in pieces, among reads of a file larger than memory. */
function mixed(anon: number, steps: number): fc.Arbitrary<TestEvent[]> {
  const step = fc.record({ at: fc.nat(6000), n: fc.integer({ min: 1, max: 500 }), kind: fc.nat(3), dt: fc.nat(60) })
  return fc.array(step, { minLength: steps / 2, maxLength: steps, size: 'max' }).map((list) => {
    let t = 0
    const out: TestEvent[] = [
      { t, op: 'spawn', pid: 1 },
      { t, op: 'spawn', pid: 2 },
      { t, op: 'mmap', pid: 1, region: 'heap', kind: 'anon', pages: anon },
    ]
    for (const { at, n, kind, dt } of list) {
      t += dt / 1000
      const start = at % anon
      const count = Math.min(n, anon - start)
      if (kind === 0) out.push({ t, op: 'touch', pid: 1, region: 'heap', start, count, write: true })
      else if (kind === 1) out.push({ t, op: 'touch', pid: 1, region: 'heap', start, count, write: false })
      else out.push({ t, op: 'read', pid: 2, file: 'f', start: at, count: n, readahead: kind === 2 })
    }
    return out
  })
}

describe('swappiness', () => {
  // Anonymous memory is at most 1200 of 4096 pages: file pages and free ones are never below the high marks.
  const trace = mixed(1200, 60)

  test('0 writes nothing to swap while file pages are not tiny', () => {
    let reclaimed = 0
    fc.assert(
      fc.property(trace, (events) => {
        const { counters } = replayEvents(machine({ swappiness: 0 }), events).summary
        expect(counters.pswpout).toBe(0)
        expect(counters.pgscan_anon).toBe(0)
        reclaimed += counters.pgsteal_file
      }),
      { numRuns: 15 },
    )
    expect(reclaimed).toBeGreaterThan(0)
  })

  test('200 takes anonymous pages first', () => {
    let swapped = 0
    fc.assert(
      fc.property(trace, (events) => {
        swapped += replayEvents(machine({ swappiness: 200 }), events).summary.counters.pgscan_anon
      }),
      { numRuns: 15 },
    )
    expect(swapped).toBeGreaterThan(0)
  })
})

describe('min_free_kbytes', () => {
  const firstWake = (config: MmConfig, events: TestEvent[]) =>
    Math.min(Number.POSITIVE_INFINITY, ...replayEvents(config, events).cycles.map((c) => c.t))

  test('more of it: kswapd wakes no later', () => {
    let woken = 0
    fc.assert(
      fc.property(mixed(3000, 40), fc.integer({ min: 128, max: 1024 }), fc.nat(1024), (events, base, more) => {
        const early = firstWake(machine({ minFreeKbytes: base + more }), events)
        const late = firstWake(machine({ minFreeKbytes: base }), events)
        expect(early).toBeLessThanOrEqual(late)
        if (early < late) woken++
      }),
      { numRuns: 25 },
    )
    expect(woken).toBeGreaterThan(0)
  })
})

describe('protection', () => {
  /** How often inactive lists were scanned, by cgroup, in reclaim that was not the group's own. */
  function scans(mm: Mm): Map<string, number> {
    const seen = new Map<string, number>()
    const { list } = mm.vmscan
    const { inactive } = list
    list.inactive = (n, vec, lru, sc) => {
      const { path } = mm.memcgs[vec.memcgId]
      if (sc.target?.path !== path) seen.set(path, (seen.get(path) ?? 0) + 1)
      return inactive(n, vec, lru, sc)
    }
    return seen
  }

  /** A group of 600 pages of its own, then pressure by others. */
  function pressed(set: Record<string, number>, pressure: TestEvent[], swap: number): Map<string, number> {
    let seen = new Map<string, number>()
    const events: TestEvent[] = [
      { t: 0, op: 'cgroup', cgroup: '/kept', set },
      { t: 0, op: 'spawn', pid: 10, cgroup: '/kept' },
      { t: 0, op: 'mmap', pid: 10, region: 'own', kind: 'anon', pages: 400 },
      { t: 0, op: 'touch', pid: 10, region: 'own', start: 0, count: 400, write: true },
      { t: 0, op: 'read', pid: 10, file: 'own', start: 0, count: 200 },
    ]
    const later = pressure.map((e) => ({ ...e, t: e.t + 1 }))
    replayEvents(machine({ swap }), [...events, ...later], {
      between({ mm }, e) {
        if (e.op === 'cgroup') seen = scans(mm)
      },
    })
    return seen
  }

  const PAGE = 4096

  test('memory.min above usage: never scanned from outside, however short memory is', () => {
    let others = 0
    fc.assert(
      fc.property(mixed(6000, 40), fc.constantFrom(0, 1000), (events, swap) => {
        const seen = pressed({ 'memory.min': 2000 * PAGE }, events, swap)
        expect(seen.get('/kept') ?? 0).toBe(0)
        others += seen.get('/') ?? 0
      }),
      { numRuns: 15 },
    )
    expect(others).toBeGreaterThan(0)
  })

  test('memory.low above usage: not scanned while others have memory to give', () => {
    let others = 0
    fc.assert(
      fc.property(mixed(800, 60), (events) => {
        const seen = pressed({ 'memory.low': 2000 * PAGE }, events, 4096)
        expect(seen.get('/kept') ?? 0).toBe(0)
        others += seen.get('/') ?? 0
      }),
      { numRuns: 15 },
    )
    expect(others).toBeGreaterThan(0)
  })

  // 3996 pages of anonymous memory and no swap: nothing but the group's cache is left to take.
  const grab: TestEvent[] = [
    { t: 0, op: 'spawn', pid: 1 },
    { t: 0, op: 'mmap', pid: 1, region: 'heap', kind: 'anon', pages: 6000 },
    { t: 0, op: 'touch', pid: 1, region: 'heap', start: 0, count: 6000, write: true },
  ]

  test('memory.low gives way when nobody else has anything left', () => {
    expect(pressed({ 'memory.low': 2000 * PAGE }, grab, 0).get('/kept')).toBeGreaterThan(0)
    expect(pressed({ 'memory.min': 2000 * PAGE }, grab, 0).get('/kept') ?? 0).toBe(0)
  })

  test('without protection the group is scanned like everybody', () => {
    expect(pressed({}, grab, 0).get('/kept')).toBeGreaterThan(0)
  })
})

describe('determinism', () => {
  test('the same trace gives the same records', () => {
    fc.assert(
      fc.property(arbMachine, arbCommands(50), (config, list) => {
        const [a, b] = [1, 2].map(() => {
          const { replay, ...records } = replayEvents(config, eventsOf(list), { sampleSeconds: 0.5, postSeconds: 1 })
          return records
        })
        expect(a).toEqual(b)
      }),
      { numRuns: 15 },
    )
  })

  test('how the events are cut into batches does not matter', () => {
    fc.assert(
      fc.property(arbMachine, arbCommands(50), fc.integer({ min: 2, max: 100 }), (config, list, size) => {
        const one = replayEvents(config, eventsOf(list)).summary
        const records = emptyRecords()
        const replay = new Replay({ config, sink: sinkInto(records), pageCapacity: 2 ** 16 })
        for (const batch of batches([...eventsOf(list)], size)) replay.feed(batch)
        expect(replay.finish()).toEqual(one)
      }),
      { numRuns: 15 },
    )
  })
})

/** The same events, several a batch. */
function* batches(events: TestEvent[], size: number): Generator<EventBatch> {
  const builder = new TraceBuilder()
  const out = new EventBatch(size)
  for (const e of events) {
    const b = builder.batch(e)
    const at = out.length++
    for (const column of ['t', 'op', 'task', 'object', 'start', 'count', 'flags', 'line'] as const)
      out[column][at] = b[column][0]
    out.fileNames = b.fileNames
    out.list[at] = -1
    if (b.list[0] >= 0) {
      out.list[at] = out.reservePages(b.count[0])
      out.pages.set(b.pages.subarray(0, b.count[0]), out.list[at])
    }
    const detail = b.detail.get(0)
    if (detail) out.detail.set(at, detail)
    if (out.length === size) {
      yield out
      out.clear()
    }
  }
  if (out.length > 0) yield out
}
