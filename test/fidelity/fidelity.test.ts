/**
 * Every kept recording is replayed and judged; no pair of scenario and counter may be further from the kernel than
 * `baseline.json` says (see `baseline.ts`).
 */

import { describe, expect, test } from 'vitest'
import { readBaseline, worseThan } from './baseline.js'
import { judge } from './judge.js'
import { KEPT, listScenarios } from './recordings.js'
import { replayScenario } from './replay-scenario.js'
import { resultOf } from './report.js'

const scenarios = listScenarios(KEPT)
const baseline = readBaseline()

describe('replays are as close to the kernel as they were', () => {
  test.each(scenarios.map((s) => [s.name, s] as const))('%s', async (name, s) => {
    const { summary, victims } = await replayScenario(s, { check: true, sampleSeconds: 2 })
    const deltas = s.runs.map((r) => r.delta)
    expect(worseThan(resultOf(s, judge(summary.counters, deltas, s.spread), victims), baseline[name])).toEqual([])
  })
})

test('every recording has a baseline, and the other way round', () => {
  expect(Object.keys(baseline).sort()).toEqual(scenarios.map((s) => s.name))
})
