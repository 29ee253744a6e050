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
