/** The results as a page to read, and what has become slower since the last ones. */

import { cpus, totalmem } from 'node:os'
import type { Group, GroupResult, Spread } from './measure.js'

export interface Results {
  machine: string
  node: string
  rounds: number
  quick: boolean
  /** What could not be compared with, and why. */
  missing: string[]
  groups: GroupResult[]
}

const TITLES: Record<string, string> = {
  decode: 'Reading .tmk',
  replay: 'Replay',
  growth: 'Larger machines',
  sampling: 'Samples of the pages',
  sweep: 'Sweeps',
  ingest: 'Reading what hosts and people write',
  store: 'The store',
}

/** Goals are met as the median of the rounds. */
export function met(ratio: Spread & { goal?: number }): boolean {
  return ratio.goal === undefined || ratio.median <= ratio.goal
}

export function thisMachine(): string {
  const { model } = cpus()[0]
  return `${model}, ${cpus().length} CPUs, ${Math.round(totalmem() / 2 ** 30)} GiB`
}

function figure(value: number): string {
  return value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2)
}

function withRange(s: Spread): string {
  return `${figure(s.median)} (${figure(s.min)}–${figure(s.max)})`
}

/** Units a second of CPU time. */
function rate(ns: number): string {
  const perSecond = 1e9 / ns
  return perSecond >= 1e6 ? `${figure(perSecond / 1e6)} M` : `${figure(perSecond / 1e3)} k`
}

export function groupText(result: GroupResult): string {
  const rows = Object.entries(result.ns).map(([name, s]) => `| ${name} | ${withRange(s)} | ${rate(s.median)} |`)
  const ratios = Object.entries(result.ratios).map(([pair, s]) => {
    const goal = s.goal === undefined ? '' : `at most ${figure(s.goal)}${met(s) ? '' : ', **missed**'}`
    return `| ${pair.replaceAll('/', ' / ')} | ${withRange(s)} | ${goal} |`
  })
  return [
    `### ${result.name}`,
    '',
    `${result.about}.`,
    '',
    `| case | ns ${result.clock === 'wall' ? 'wall' : 'CPU'} a ${result.unit} | a second |`,
    '|---|---:|---:|',
    ...rows,
    '',
    `| ratio of ${result.clock === 'wall' ? 'wall' : 'CPU'} time | median (range) | goal |`,
    '|---|---:|---|',
    ...ratios,
    '',
  ].join('\n')
}

export function page(results: Results, groups: readonly Group[]): string {
  const out = [
    '# Benchmarks',
    '',
    'Written by `npm run bench`; `npm run bench -- --compare` compares a new run with it. Each case runs in a process of',
    'its own, the cases of a table in turn, several rounds. Figures are CPU time: the median of the rounds, and in',
    'brackets the lowest and the highest. Ratios are of neighbours of the same round; below 1 the first is the faster one.',
    '',
    `${results.machine}; node ${results.node}; ${results.rounds} rounds${results.quick ? ', a tenth of the work' : ''}.`,
    ...results.missing.map((reason) => `Not compared: ${reason}.`),
    '',
  ]
  for (const [suite, title] of Object.entries(TITLES)) {
    const of = results.groups.filter((g) => g.suite === suite)
    if (of.length === 0) continue
    out.push(`## ${title}`, '')
    const cases = new Map<string, string>()
    for (const group of groups) if (group.suite === suite) for (const c of group.cases) cases.set(c.name, c.about)
    for (const [name, about] of cases) out.push(`- \`${name}\`: ${about}`)
    out.push('', ...of.map(groupText))
  }
  return `${out.join('\n').trimEnd()}\n`
}

/** A ratio counts as worse when it is by a quarter, and outside of what was seen before. */
const WORSE = 1.25

/** @returns a line for each ratio that has become worse */
export function regressions(before: readonly GroupResult[], after: readonly GroupResult[]): string[] {
  const out: string[] = []
  for (const group of after) {
    const old = before.find((g) => g.name === group.name)
    for (const [pair, now] of Object.entries(group.ratios)) {
      const then = old?.ratios[pair]
      if (then === undefined || now.median <= then.median * WORSE || now.min <= then.max) continue
      out.push(`${group.name}: ${pair} was ${withRange(then)}, is ${withRange(now)}`)
    }
  }
  return out
}
