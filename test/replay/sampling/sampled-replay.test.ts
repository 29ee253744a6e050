/** Replays of a sample against replays of all pages. */

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { MmConfig } from '../../../src/mm/config.js'
import type { ReplaySummary } from '../../../src/replay/records.js'
import type { ReplayOptions } from '../../../src/replay/replay.js'
import { Replay } from '../../../src/replay/replay.js'
import { createReplay } from '../../../src/replay/sampling/sampled-replay.js'
import { testMachine } from '../../mm/machine.js'
import { emptyRecords, type Records, sinkInto } from '../harness.js'
import { arbCommands, arbMachine, eventsOf } from '../random-trace.js'
import { type TestEvent, TraceBuilder } from '../trace-builder.js'

type Options = Partial<Omit<ReplayOptions, 'config' | 'sink'>> & { seed?: number }

function replaySample(
  config: MmConfig,
  events: Iterable<TestEvent>,
  every: number,
  { seed = 0, ...options }: Options = {},
): Records & { summary: ReplaySummary } {
  const records = emptyRecords()
  const replay = createReplay({ config, sink: sinkInto(records), pageCapacity: 2 ** 19, ...options }, { every, seed })
  const builder = new TraceBuilder()
  for (const event of events) replay.feed(builder.batch(event))
  return { ...records, summary: replay.finish() }
}

describe('a sample of all pages', () => {
  test('is the replay itself', () => {
    const config = testMachine({ zones: [{ managed: 4096 }] })
    expect(createReplay({ config, sink: sinkInto(emptyRecords()) }, { every: 1, seed: 9 })).toBeInstanceOf(Replay)
  })
})

describe('any sample of any trace', () => {
  test('keeps the conservation laws, and says the same again', () => {
    fc.assert(
      fc.property(arbMachine, arbCommands(40), fc.constantFrom(2, 8, 32), (config, commands, every) => {
        const once = () =>
          replaySample(config, eventsOf(commands), every, { check: true, sampleSeconds: 0.2, postSeconds: 0.5 })
        expect(once()).toEqual(once())
      }),
      { numRuns: 25 },
    )
  })
})

/** 256 MiB, and a process whose heap and file need 1.5 times as much, used at random but for a favourite tenth. */
const PAGES = 65_536
const machine = (sysctl: Record<string, number> = {}): MmConfig =>
  testMachine({
    zones: [{ managed: PAGES, kernel: 2000 }],
    cpus: 2,
    minFreeKbytes: 2048,
    swap: PAGES,
    sysctl: { 'vm.overcommit_memory': 0, ...sysctl },
  })

function* pressure(): Generator<TestEvent> {
  const heap = 0.75 * PAGES
  const file = 0.75 * PAGES
  yield { t: 0, op: 'spawn', pid: 1 }
  yield { t: 0, op: 'mmap', pid: 1, region: 'heap', kind: 'anon', pages: heap }
  let state = 1
  const random = (n: number): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return Math.floor((state / 2 ** 32) * n)
  }
  for (let k = 0; k < 3000; k++) {
    const part = random(4) > 0 ? 0.1 : 1
    const pages = Array.from({ length: 128 }, () => random(part * heap))
    if (k % 2 === 0) yield { t: k / 200, op: 'touch', pid: 1, region: 'heap', pages, write: true }
    else yield { t: k / 200, op: 'read', pid: 1, file: 'data', pages: pages.map((p) => p % file) }
    if (k % 8 === 0) yield { t: k / 200, op: 'read', pid: 1, file: 'log', start: 64 * k, count: 256, readahead: true }
  }
}

describe('counters of a sample', () => {
  const files = { data: 0.75 * PAGES, log: 4 * PAGES }
  const full = replaySample(machine(), pressure(), 1, { files })

  // Measured over eight seeds: 3, 6 and 10 % at most, of pgscan_kswapd. Half as much again is allowed.
  test.each([
    [4, 0.045],
    [8, 0.09],
    [16, 0.15],
  ])('of one page in %i are near those of all', (every, tolerance) => {
    for (const seed of [0, 1, 2]) {
      const { summary } = replaySample(machine(), pressure(), every, { files, seed })
      const few = full.summary.pageEvents / 1000
      for (const name of ['pgfault', 'pgscan_kswapd', 'pgsteal_kswapd', 'pgpgin', 'pgalloc_normal', 'pgfree']) {
        const off = Math.log((summary.counters[name] + few) / (full.summary.counters[name] + few))
        expect({ name, every, seed, within: Math.abs(off) < tolerance, off }).toMatchObject({ within: true })
      }
    }
  })

  test('are those of the whole trace where they count its events', () => {
    const { summary } = replaySample(machine(), pressure(), 16, { files })
    expect(summary.events).toBe(full.summary.events)
    expect(summary.pageEvents).toBe(full.summary.pageEvents)
  })

  test('levels come in full size', () => {
    const { intervals, zones } = replaySample(machine(), pressure(), 16, { files, sampleSeconds: 5 })
    const all = replaySample(machine(), pressure(), 1, { files, sampleSeconds: 5 })
    expect(zones[0].managed).toBe(PAGES)
    expect(zones[0].min / all.zones[0].min).toBeCloseTo(1, 1)
    const last = (r: Records, name: string): number => r.intervals.at(-1)?.levels[name] as number
    for (const name of ['nr_anon_pages', 'nr_file_pages']) {
      expect(last({ intervals } as Records, name) / last(all, name)).toBeCloseTo(1, 1)
    }
  })
})

describe('the OOM killer in a sample', () => {
  function* hogs(): Generator<TestEvent> {
    for (const [pid, adj] of [
      [1, 0],
      [2, 300],
    ]) {
      yield { t: 0, op: 'spawn', pid, oom_score_adj: adj }
      yield { t: 0, op: 'mmap', pid, region: 'heap', kind: 'anon', pages: PAGES }
    }
    for (let k = 0; k < 64; k++) {
      yield { t: k / 100, op: 'touch', pid: 1, region: 'heap', start: 1024 * k, count: 1024, write: true }
      if (k % 2 === 0)
        yield { t: k / 100, op: 'touch', pid: 2, region: 'heap', start: 512 * k, count: 512, write: true }
    }
  }

  test('chooses as it does in full, and its arithmetic holds in the numbers reported', () => {
    const config = { ...machine(), swap: [] }
    const [full] = replaySample(config, hogs(), 1).ooms
    const [sampled] = replaySample(config, hogs(), 32).ooms
    expect(sampled.victim_pid).toBe(full.victim_pid)
    expect(Math.abs(sampled.victim_rss / full.victim_rss - 1)).toBeLessThan(0.05)
    expect(Math.abs(sampled.totalpages - full.totalpages)).toBeLessThan(32)
    for (const c of sampled.candidates) {
      const perMille = Math.floor(sampled.totalpages / 1000)
      expect(c.points).toBe(c.rss + c.swap + c.pgtables + c.oom_score_adj * perMille)
    }
  })
})

describe('overcommit in a sample', () => {
  test('reckons with the sizes that were asked for', () => {
    const config = machine({ 'vm.overcommit_memory': 2, 'vm.overcommit_ratio': 50 })
    const events: TestEvent[] = [
      { t: 0, op: 'spawn', pid: 1 },
      { t: 0, op: 'mmap', pid: 1, region: 'a', kind: 'anon', pages: 90_000 },
      { t: 0, op: 'mmap', pid: 1, region: 'b', kind: 'anon', pages: 10_001 },
    ]
    const full = replaySample(config, events, 1).refused
    expect(full).toHaveLength(1)
    expect(replaySample(config, events, 64).refused).toEqual(full)
  })
})
