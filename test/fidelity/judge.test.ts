/** The rule itself, on figures worked out by hand. */

import { describe, expect, test } from 'vitest'
import { worseThan } from './baseline.js'
import { judge, summarise, verdictOf, victimSequence } from './judge.js'
import type { ScenarioResult } from './report.js'

describe('verdicts', () => {
  test.each([
    // 10 % and 25 % of the mean.
    [1100, 1000, 0, 'close'],
    [1101, 1000, 0, 'near'],
    [1250, 1000, 0, 'near'],
    [1251, 1000, 0, 'off'],
    [749, 1000, 0, 'off'],
    // The kernel's own range, and twice of it.
    [1400, 1000, 400, 'close'],
    [1800, 1000, 400, 'near'],
    [1801, 1000, 400, 'off'],
    // Whatever differs by less than the floor.
    [64, 0, 0, 'close'],
    [65, 0, 0, 'off'],
  ])('%i where the kernel counted %i with a range of %i: %s', (replay, mean, range, verdict) => {
    expect(verdictOf(replay, mean, range)).toBe(verdict)
  })
})

describe('which counters are judged', () => {
  const two = [
    { pgscan_direct: 100, pswpin: 1000 },
    { pgscan_direct: 300, pswpin: 1000 },
  ]

  test('from 64 on, on either side', () => {
    const counters = (replay: object, runs: Record<string, number>[]) =>
      judge({ ...replay }, runs, {}).map((j) => j.counter)
    expect(counters({ pswpin: 63 }, [{ pswpin: 63 }])).toEqual([])
    expect(counters({ pswpin: 64 }, [{}])).toEqual(['pswpin'])
    expect(counters({}, [{ pswpin: 64 }])).toEqual(['pswpin'])
  })

  test('who reclaims: only where several runs show how much that varies', () => {
    expect(judge({}, two, {}).map((j) => [j.counter, j.mean, j.range])).toEqual([
      ['pgscan_direct', 200, 200],
      ['pswpin', 1000, 0],
    ])
    expect(judge({}, two.slice(0, 1), {}).map((j) => j.counter)).toEqual(['pswpin'])
  })

  test('a single run gets the range that is usual for the counter', () => {
    expect(judge({ pswpin: 1290 }, two.slice(0, 1), { pswpin: 0.3 })[0]).toMatchObject({ range: 300, verdict: 'close' })
  })

  test('the median error is a factor less one, both sides raised by the floor', () => {
    // (1000 + 64) / (468 + 64) = 2.
    const all = judge({ pswpin: 1000 }, [{ pswpin: 468 }, { pswpin: 468 }], {})
    expect(summarise(all)).toMatchObject({ judged: 1, close: 0, near: 0 })
    expect(summarise(all).medianError).toBeCloseTo(1)
  })
})

test('victims come in order, those of a group kill by name', () => {
  const victims = [
    { t: 2, comm: 'z' },
    { t: 1.02, comm: 'b' },
    { t: 1, comm: 'c' },
    { t: 3, comm: 'a' },
  ]
  expect(victimSequence(victims)).toEqual(['b', 'c', 'z', 'a'])
})

test('a verdict may get better, not worse', () => {
  const result = (replay: number, victims: string[] = []): ScenarioResult => ({
    name: 's',
    judgements: judge({ pswpin: replay }, [{ pswpin: 1000 }], {}),
    victims,
    kernelVictims: [[]],
  })
  const near = { near: ['pswpin'], off: [], victims: [] }
  expect(worseThan(result(1000), near)).toEqual([])
  expect(worseThan(result(1200), near)).toEqual([])
  expect(worseThan(result(1300), near)).toHaveLength(1)
  expect(worseThan(result(1200), { ...near, near: [] })).toHaveLength(1)
  expect(worseThan(result(1300), { near: [], off: ['pswpin'], victims: [] })).toEqual([])
  expect(worseThan(result(1000, ['db']), near)).toHaveLength(1)
})
