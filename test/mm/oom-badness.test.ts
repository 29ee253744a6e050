import { existsSync, readdirSync, readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { BADNESS_RULES, type BadnessTask, badnessRules, oomBadness, oomScore } from '../../src/mm/oom-badness.js'

const TOTAL = 1009840 + 262144
const task = (t: Partial<BadnessTask> = {}): BadnessTask => ({ rss: 0, swap: 0, oomScoreAdj: 0, ...t })
const points = (t: BadnessTask, release: string, total = TOTAL) => oomBadness(t, total, badnessRules(release)).points

describe('points', () => {
  it('adds resident pages, swap entries, page tables and adj', () => {
    const t = task({ rss: 5000, swap: 300, pgtablesBytes: 81920, oomScoreAdj: 500 })
    expect(oomBadness(t, TOTAL, badnessRules('6.1'))).toEqual({
      eligible: true,
      reason: '',
      points: 640820,
      breakdown: { rss: 5000, swap: 300, pageTables: 20, rootBonus: 0, adj: 635500 },
    })
  })

  it.each(['5.10', '6.1', '6.6', '6.12'])('may be negative in %s', (release) => {
    expect(points(task({ rss: 100, oomScoreAdj: -999 }), release)).toBe(100 - 999 * 1271)
  })

  it.each(['3.10', '4.6', '4.19', '5.4'])('are at least one in %s', (release) => {
    expect(points(task({ rss: 100, oomScoreAdj: -999 }), release)).toBe(1)
    expect(points(task(), release)).toBe(1)
  })

  it('gives root 3 % of its own pages back in 4.6, before adj', () => {
    // 10000 + 99 = 10099; 3 % is 302.97; adj 100 adds 127100.
    const t = task({ rss: 10000, nrPtes: 90, nrPmds: 9, privileged: true, oomScoreAdj: 100 })
    expect(points(t, '4.6')).toBe(10099 - 302 + 127100)
    expect(points({ ...t, privileged: false }, '4.6')).toBe(10099 + 127100)
  })

  it('gives root 3 % of the machine back in 3.10, and counts no PMD pages', () => {
    const t = task({ rss: 100000, nrPtes: 200, nrPmds: 9, privileged: true, oomScoreAdj: 10 })
    expect(points(t, '3.10')).toBe(100200 - 20 * 1271)
    expect(points({ ...t, rss: 1000 }, '3.10')).toBe(1)
  })

  it.each(['4.19', '5.4', '6.1'])('gives root nothing in %s', (release) => {
    expect(points(task({ rss: 1000, pgtablesBytes: 8191, privileged: true }), release)).toBe(1001)
  })

  it('takes page-table pages for bytes and the other way round where a release counts what is not known', () => {
    expect(points(task({ nrPtes: 3, nrPmds: 2 }), '6.1')).toBe(5)
    expect(points(task({ pgtablesBytes: 40960 }), '4.6')).toBe(10)
  })

  it('weighs adj in thousandths of the pages in question, cut to whole pages', () => {
    // 52614 pages: the machine that the recordings with adj ran on.
    expect(points(task({ rss: 8066, oomScoreAdj: 300 }), '6.1', 52614)).toBe(8066 + 300 * 52)
    expect(points(task({ oomScoreAdj: 1000 }), '6.1', 999)).toBe(0)
  })
})

describe('who is passed over', () => {
  it.each([
    [{ init: true }, 'init'],
    [{ kthread: true }, 'kernel thread'],
    [{ inScope: false }, 'outside the constraint'],
    [{ hasMm: false }, 'no memory of its own'],
    [{ oomScoreAdj: -1000 }, 'oom_score_adj -1000'],
  ])('%o in every release', (flags, reason) => {
    for (const rules of Object.values(BADNESS_RULES)) {
      const b = oomBadness(task({ rss: 1000, ...flags }), TOTAL, rules)
      expect(b).toMatchObject({ eligible: false, reason, points: 0 })
      expect(b.breakdown.rss).toBe(1000)
      expect(oomScore(b, TOTAL, rules)).toBe(0)
    }
  })

  it.each([
    [{ reaped: true }, 'already reaped'],
    [{ inVfork: true }, 'in vfork'],
  ])('%o in newer releases', (flags, reason) => {
    expect(oomBadness(task(flags), TOTAL, badnessRules('4.6')).eligible).toBe(true)
    expect(oomBadness(task(flags), TOTAL, badnessRules('6.1'))).toMatchObject({ eligible: false, reason })
  })
})

describe('oom_score', () => {
  const score = (t: BadnessTask, release: string, total = TOTAL) => {
    const rules = badnessRules(release)
    return oomScore(oomBadness(t, total, rules), total, rules)
  }

  it.each([
    [task(), 666],
    [task({ rss: 500 }), 666],
    [task({ rss: 1500 }), 667],
    [task({ rss: 500000 }), 1000],
    [task({ oomScoreAdj: 1000 }), 1333],
    [task({ oomScoreAdj: -999 }), 0],
    [task({ oomScoreAdj: -500 }), 333],
  ])('of %o since 5.9', (t, want) => {
    expect(score(t, '6.1', 1000000)).toBe(want)
  })

  it('cuts each division towards zero', () => {
    // −1 point of 1000000 is no thousandth: (1000 + 0) · 2 / 3
    expect(score(task({ rss: 999, oomScoreAdj: -1 }), '6.1', 1000000)).toBe(666)
    // −1500 points are −1: 999 · 2 / 3
    expect(score(task({ rss: 500, oomScoreAdj: -2 }), '6.1', 1000000)).toBe(666)
    // −4 thousandths: 996 · 2 / 3 = 664
    expect(score(task({ oomScoreAdj: -4 }), '6.1', 1000000)).toBe(664)
  })

  it('is the share in thousandths before', () => {
    expect(score(task({ rss: 250000 }), '5.4', 1000000)).toBe(250)
    expect(score(task(), '4.6', 1000000)).toBe(0)
  })
})

it('ranks a larger process no lower, all else equal', () => {
  const nat = fc.integer({ min: 0, max: 2 ** 30 })
  const adj = fc.integer({ min: -999, max: 1000 })
  fc.assert(
    fc.property(
      nat,
      nat,
      nat,
      adj,
      fc.boolean(),
      fc.constantFrom(...Object.keys(BADNESS_RULES)),
      (a, b, swap, oomScoreAdj, privileged, release) => {
        const t = (rss: number) => task({ rss, swap, oomScoreAdj, privileged })
        expect(points(t(Math.max(a, b)), release)).toBeGreaterThanOrEqual(points(t(Math.min(a, b)), release))
      },
    ),
  )
})

const RECORDINGS = new URL('../../../shared/kernel-lab/recordings/', import.meta.url)
// Not those of 6.12: the columns of its task table are shifted in their oom.json.
const KILLED = ['g-oom-equal', 'g-oom-adj', 'h-oom-swap', 'v510-g-oom-adj', 'v510-h-oom-swap']

interface Row {
  pid: number
  rss: number
  swapents: number
  pgtables_bytes: number
  oom_score_adj: number
}

describe.skipIf(!existsSync(RECORDINGS))('victims of recorded kernels', () => {
  it.each(KILLED)('%s', (name) => {
    const folder = new URL(`${name}/`, RECORDINGS)
    let judged = 0
    for (const run of readdirSync(folder).filter((f) => f.startsWith('run'))) {
      const read = (file: string) => JSON.parse(readFileSync(new URL(`${run}/${file}`, folder), 'utf8'))
      const { meminfo, kernel } = read('machine.json')
      const total = (meminfo.MemTotal + meminfo.SwapTotal) / 4
      const rules = badnessRules(/version (\d+\.\d+)/.exec(kernel)![1])
      for (const victim of read('oom.json').victims) {
        let best = { pid: -1, points: Number.NEGATIVE_INFINITY }
        for (const r of victim.tasks as Row[]) {
          const t = { rss: r.rss, swap: r.swapents, pgtablesBytes: r.pgtables_bytes, oomScoreAdj: r.oom_score_adj }
          const b = oomBadness(t, total, rules)
          if (b.eligible && b.points >= best.points) best = { pid: r.pid, points: b.points }
        }
        expect(best.pid).toBe(victim.pid)
        judged++
      }
    }
    expect(judged).toBeGreaterThan(0)
  })
})
