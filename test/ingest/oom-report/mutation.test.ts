/** Damaged logs: whatever is done to them, they are read to the end, quickly, and give nothing impossible. */

import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { oomJson } from '../../../src/cli/oom.js'
import { formatOomVerdict } from '../../../src/cli/oom-text.js'
import { judgeOomReport, parseOomReports, toOomRecords } from '../../../src/ingest/oom-report/index.js'
import { FIXTURES, fixtureText, SHARED } from './fixtures.js'

/** Every so many of the public reports would only take longer. */
const PUBLIC_BYTES = 20_000
const ROUNDS = 12
/** Far above what a log of this size takes; a pattern that backtracks without bound takes for ever. */
const SLOW_MS = 3000

/** Numbers that are the same in every run. */
function generator(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) % below
  }
}

type Random = (below: number) => number
const byLine = (change: (lines: string[], random: Random) => string[]) => (text: string, random: Random) =>
  change(text.split('\n'), random).join('\n')

const MUTATIONS: Record<string, (text: string, random: Random, other: string) => string> = {
  'cut off at the end': (t, r) => t.slice(0, r(t.length)),
  'cut off at the beginning': (t, r) => t.slice(r(t.length)),
  'a hole': (t, r) => {
    const at = r(t.length)
    return t.slice(0, at) + t.slice(at + r(2000))
  },
  'spliced with another': (t, r, o) => t.slice(0, r(t.length)) + o.slice(r(o.length)),
  'put into the middle of another': (t, r, o) => {
    const at = r(o.length)
    return o.slice(0, at) + t + o.slice(at)
  },
  'shuffled with another, line by line': (t, r, o) => {
    const a = t.split('\n')
    const b = o.split('\n')
    const out: string[] = []
    while (a.length > 0 || b.length > 0) out.push((a.length > 0 && (b.length === 0 || r(2) === 0) ? a : b).shift()!)
    return out.join('\n')
  },
  'lines twice': byLine((l, r) => l.flatMap((x) => (r(5) === 0 ? [x, x] : [x]))),
  'lines missing': byLine((l, r) => l.filter(() => r(8) > 0)),
  'lines in another order': byLine((l, r) => {
    for (let i = 0; i < 20; i++) {
      const [a, b] = [r(l.length), r(l.length)]
      ;[l[a], l[b]] = [l[b], l[a]]
    }
    return l
  }),
  'lines wrapped': byLine((l, r) =>
    l.flatMap((x) => (x.length > 10 && r(3) === 0 ? [x.slice(0, x.length / 2), x.slice(x.length / 2)] : [x])),
  ),
  'line ends gone': (t, r) => t.replace(/\n/g, (nl) => (r(6) === 0 ? '' : nl)),
  'bytes flipped': (t, r) => {
    const bytes = Buffer.from(t)
    for (let i = 0; i < 60; i++) bytes[r(bytes.length)] ^= 1 << r(8)
    return bytes.toString('utf8')
  },
  'digits changed': (t, r) => t.replace(/\d/g, (d) => (r(40) === 0 ? String(r(10)) : d)),
  'numbers too large': (t, r) => t.replace(/\d+/g, (n) => (r(30) === 0 ? '9'.repeat(1 + r(40)) : n)),
  'blanks gone or doubled': (t, r) => t.replace(/ /g, (b) => ['', b, b, b, '  '][r(5)]),
  'a character repeated': (t, r) => {
    const at = r(t.length)
    return t.slice(0, at) + t[at].repeat(5000) + t.slice(at)
  },
}

const inputs = readdirSync(FIXTURES).map((name) => ({ name, text: fixtureText(name) }))
if (existsSync(SHARED)) {
  for (const name of readdirSync(`${SHARED}reports`)) {
    const text = readFileSync(`${SHARED}reports/${name}`, 'utf8')
    if (text.length < PUBLIC_BYTES) inputs.push({ name, text })
  }
}

describe('a log that is', () => {
  it.each(Object.keys(MUTATIONS))('%s', (name) => {
    const random = generator(Object.keys(MUTATIONS).indexOf(name) + 1)
    for (const input of inputs) {
      for (let i = 0; i < ROUNDS; i++) {
        const other = inputs[random(inputs.length)].text
        const text = MUTATIONS[name](input.text, random, other)
        const label = `${input.name}, round ${i}`
        const start = performance.now()
        checkAll(text, label)
        expect(performance.now() - start, label).toBeLessThan(SLOW_MS)
      }
    }
  })
})

/** Lines that would take a careless pattern for ever. */
const NASTY: Record<string, string> = {
  blanks: ' '.repeat(60_000),
  'quote marks': '> '.repeat(30_000),
  brackets: '['.repeat(60_000),
  parentheses: `Killed process 1 ${'('.repeat(60_000)}`,
  'closing parentheses': `Kill process 1 (${')'.repeat(60_000)}`,
  tasks: `oom-kill:constraint=CONSTRAINT_NONE${',task='.repeat(10_000)}`,
  'task numbers': `oom-kill:constraint=X${',task=a,pid='.repeat(5000)}`,
  masks: `x invoked oom-killer: ${'gfp_mask=0x1('.repeat(5000)}`,
  escapes: '\u001b['.repeat(30_000),
  entities: '&#'.repeat(30_000),
  limits: `Task in ${' killed as a result of limit of'.repeat(2000)}`,
  numbers: `[ 1] ${'1 '.repeat(30_000)}`,
  fields: `Node 0 DMA free:1kB ${'a:1 '.repeat(15_000)}`,
  blocks: `Node 0 DMA: ${'1*4kB '.repeat(10_000)}`,
  columns: `[ pid ] ${'uid '.repeat(15_000)} oom_score_adj name`,
  clocks: `[${'1:'.repeat(30_000)}`,
  'cut marks': '...'.repeat(20_000),
}

describe('a line of nothing but', () => {
  it.each(Object.keys(NASTY))('%s', (name) => {
    const start = performance.now()
    const report = fixtureText('el6-2.6.32.log').split('\n')
    for (const at of [0, 5, report.length - 4]) {
      checkAll([...report.slice(0, at), NASTY[name], ...report.slice(at)].join('\n'), name)
    }
    checkAll(`${NASTY[name]}\n`.repeat(4), name)
    expect(performance.now() - start).toBeLessThan(SLOW_MS)
  })
})

/** Everything that is printed or stored is there and is a number where it should be. */
function checkAll(text: string, label: string): void {
  const last = text.split('\n').length
  for (const report of parseOomReports(text, 'x')) {
    const v = judgeOomReport(report)
    expect(v.explanation, label).not.toMatch(/undefined|NaN|Infinity/)
    expect(report.lines[0], label).toBeGreaterThan(0)
    expect(report.lines[1], label).toBeLessThanOrEqual(last)
    if (v.agrees)
      expect(report.chosen === null ? v.computed : v.chosen?.pid, label).toBe(
        report.chosen === null ? null : v.computed?.pid,
      )
    expect(formatOomVerdict(v), label).not.toMatch(/undefined|NaN|Infinity/)
    expect(JSON.stringify(oomJson(v)), label).not.toContain('"points":"')
    for (const record of toOomRecords(v)) {
      for (const value of Object.values(record)) if (typeof value === 'number') expect(value, label).not.toBeNaN()
    }
  }
}
