/** memory.max and memory.high as a task meets them. */

import { describe, expect, test } from 'vitest'
import { testMachine } from '../mm/machine.js'
import { replayEvents } from './harness.js'
import type { TestEvent } from './trace-builder.js'

const PAGE = 4096

/** A task in a group with these limits writes to fresh anonymous memory. */
function grow(set: Record<string, number | string>, pages: number, swap = 0) {
  const events: TestEvent[] = [
    { t: 0, op: 'cgroup', cgroup: '/g', set },
    { t: 0, op: 'spawn', pid: 1, cgroup: '/g' },
    { t: 0, op: 'mmap', pid: 1, region: 'heap', kind: 'anon', pages },
    { t: 0, op: 'touch', pid: 1, region: 'heap', start: 0, count: pages, write: true },
  ]
  const r = replayEvents(testMachine({ zones: [{ managed: 8192 }], swap }), events)
  return { ...r, group: r.replay.mm.memcgs[1] }
}

describe('memory.max with nothing to reclaim (B10)', () => {
  test('eighteen calls of reclaim, then the OOM killer', () => {
    const { stalls, ooms, group } = grow({ 'memory.max': 20 * PAGE }, 40)
    expect(ooms.map((o) => [o.constraint, o.victim_pid, o.cgroup])).toEqual([['CONSTRAINT_MEMCG', 1, '/g']])
    // One pass ends in draining the stocks, sixteen use up the retries, the next one kills.
    const before = stalls.filter((s) => s.t + s.duration_us / 1e6 <= ooms[0].t + 1e-9)
    expect(before).toHaveLength(18)
    for (const s of before)
      expect(s).toMatchObject({ kind: 'memcg-max', reclaimed: 0, outcome: 'no-progress', priority: 0 })
    expect(group.events.oom).toBe(1)
    expect(group.events.oom_kill).toBe(1)
    expect(group.usage).toBe(0)
  })

  test('what was charged stays below the limit until then', () => {
    const { ooms } = grow({ 'memory.max': 300 * PAGE }, 400)
    expect(ooms[0].victim_rss).toBe(300)
  })

  test('totalpages are the limit and the swap the group may use', () => {
    const { ooms } = grow({ 'memory.max': 20 * PAGE, 'memory.swap.max': 10 * PAGE }, 60, 1000)
    expect(ooms[0].totalpages).toBe(30)
    // All ten slots are in use by then.
    expect(ooms[0].candidates[0].swap).toBe(10)
  })

  test('limit reclaim has no share in the counters of kswapd and direct reclaim', () => {
    const { summary } = grow({ 'memory.max': 200 * PAGE }, 600, 1000)
    const c = summary.counters
    expect(c.pgscan_anon).toBeGreaterThan(0)
    expect(c.pgsteal_anon).toBeGreaterThan(0)
    for (const name of ['pgscan_kswapd', 'pgscan_direct', 'pgsteal_kswapd', 'pgsteal_direct', 'pgrefill', 'allocstall'])
      expect([name, c[name]]).toEqual([name, 0])
  })
})

describe('a group of two with nothing to reclaim', () => {
  /** The larger task fills the group up to a few pages, the smaller one then does what needs one page more. */
  function second(then: TestEvent[]) {
    return replayEvents(testMachine({ zones: [{ managed: 8192 }], cpus: 1 }), [
      { t: 0, op: 'cgroup', cgroup: '/g', set: { 'memory.max': 400 * PAGE } },
      { t: 0, op: 'spawn', pid: 1, cgroup: '/g' },
      { t: 0, op: 'spawn', pid: 2, cgroup: '/g' },
      { t: 0, op: 'mmap', pid: 1, region: 'heap', kind: 'anon', pages: 400 },
      { t: 0, op: 'touch', pid: 1, region: 'heap', start: 0, count: 399, write: true },
      ...then,
    ])
  }

  test('the one who had the other killed goes on when the memory is there', () => {
    const { ooms, replay } = second([
      { t: 1, op: 'mmap', pid: 2, region: 'heap2', kind: 'anon', pages: 100 },
      { t: 1, op: 'touch', pid: 2, region: 'heap2', start: 0, count: 100, write: true },
    ])
    expect(ooms.map((o) => [o.victim_pid, o.invoker_pid])).toEqual([[1, 2]])
    const { mm } = replay
    expect(mm.memcgs[1].usage - mm.charge.stocked(mm.memcgs[1])).toBe(100)
  })

  test('readahead gives up after two calls of reclaim; the read itself kills (8.1 step 7)', () => {
    const { ooms, stalls, replay } = second([
      { t: 1, op: 'read', pid: 2, file: '/f', start: 0, count: 8 },
      { t: 1, op: 'exit', pid: 2 },
    ])
    expect(ooms.map((o) => [o.victim_pid, o.invoker_pid])).toEqual([[1, 2]])
    expect(replay.mm.memcgs[1].events.oom_kill).toBe(1)
    // One page of room is left: the second page of the readahead meets the limit.
    const before = stalls.filter((s) => s.t + s.duration_us / 1e6 <= ooms[0].t + 1e-9)
    expect(before.length).toBeGreaterThanOrEqual(2 + 18)
  })
})

describe('memory.high', () => {
  test('never kills; the task sleeps for what it is over', () => {
    const { ooms, stalls, summary, group } = grow({ 'memory.high': 1000 * PAGE }, 1200)
    expect(ooms).toEqual([])
    expect(group.events.high).toBeGreaterThan(0)
    expect(new Set(stalls.map((s) => s.kind))).toEqual(new Set(['memcg-high']))
    // 200 pages over: at 1192 of 1000 (20 %) a batch costs ((0.192 · 2^20)² · 250) ≫ 34 = 589 jiffies, capped at two seconds.
    expect(summary.duration).toBeGreaterThan(2)
  })

  test('with memory to give back nobody has to wait long', () => {
    const { summary, group } = grow({ 'memory.high': 1000 * PAGE }, 1200, 4000)
    expect(group.usage).toBeLessThan(1000 + 64)
    expect(summary.duration).toBeLessThan(2)
  })
})
