/**
 * How everything here is measured: each case in a process of its own (a process that has run one thing compiles the next
 * one differently), the cases of a group in turn, several rounds. What counts is CPU time, and the ratio of two cases of
 * the same round: the machine is another one every minute.
 */

import { spawnSync } from 'node:child_process'

/** What one run of a case took. */
export interface Measured {
  /** What was done, in the group's unit. */
  units: number
  /** CPU seconds, user and system; of a group by the wall clock, those. */
  cpu: number
}

export interface BenchContext {
  /** Folder for traces and databases; gone afterwards. */
  readonly folder: string
  /** A tenth of the work, for a first look. */
  readonly quick: boolean
}

/** One thing that is measured. */
export interface Case {
  readonly name: string
  readonly about: string
  run(context: BenchContext): Measured | Promise<Measured>
}

/** A ratio of CPU time a unit: `of` against `to`. */
export interface RatioSpec {
  readonly of: string
  readonly to: string
  /** A ratio of two others, by which it is divided. */
  readonly against?: readonly [of: string, to: string]
  /** Where the ratio is a goal of the project: it must not be higher. */
  readonly goal?: number
}

/** Cases that do the same work and are compared with each other. */
export interface Group {
  readonly suite: string
  readonly name: string
  readonly about: string
  /** What is counted: `page access`, `line`, `row`. */
  readonly unit: string
  /** What threads that run side by side are good for shows on the wall only. */
  readonly clock?: 'wall'
  readonly cases: readonly Case[]
  readonly ratios: readonly RatioSpec[]
  /** Makes what the cases read. */
  prepare?(context: BenchContext): void | Promise<void>
}

/** Median, smallest and largest of several runs. */
export interface Spread {
  median: number
  min: number
  max: number
}

export interface GroupResult {
  suite: string
  name: string
  about: string
  unit: string
  clock?: 'wall'
  /** Nanoseconds of CPU time a unit. */
  ns: Record<string, Spread>
  /** By `of/to`, and what it is divided by. */
  ratios: Record<string, Spread & { goal?: number }>
}

export function spread(values: readonly number[]): Spread {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  const median = sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
  return { median, min: sorted[0], max: sorted[sorted.length - 1] }
}

/** CPU seconds of this process. */
export function cpuSeconds(): number {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1e6
}

/** Least CPU time of a pass, seconds: below, the clock is too coarse. */
const PASS_SECONDS = 0.03

/** CPU time of `work`, which says how much it did: the best of `passes`, so that compiling it does not count. */
export function timed(passes: number, work: () => number): Measured {
  let best: Measured = { units: 1, cpu: Number.POSITIVE_INFINITY }
  for (let i = 0; i < passes; i++) {
    const before = cpuSeconds()
    let units = 0
    let cpu = 0
    do {
      units += work()
      cpu = cpuSeconds() - before
    } while (cpu < PASS_SECONDS)
    if (cpu / units < best.cpu / best.units) best = { units, cpu }
  }
  return best
}

/** Measures a group: every case once a round, in turn. */
export function measureGroup(group: Group, context: BenchContext, rounds: number): GroupResult {
  const ns = new Map<string, number[]>(group.cases.map((c) => [c.name, []]))
  for (let round = 0; round < rounds; round++) {
    for (const { name } of group.cases) {
      const { units, cpu } = inOwnProcess(group, name, context)
      ns.get(name)?.push((cpu / units) * 1e9)
    }
  }
  const ratios = group.ratios.filter(({ of, to, against = [] }) => [of, to, ...against].every((name) => ns.has(name)))
  const quotients = (of: string, to: string): number[] => {
    const below = ns.get(to) as number[]
    return (ns.get(of) as number[]).map((value, i) => value / below[i])
  }
  return {
    suite: group.suite,
    name: group.name,
    about: group.about,
    unit: group.unit,
    ...(group.clock && { clock: group.clock }),
    ns: Object.fromEntries([...ns].map(([name, values]) => [name, spread(values)])),
    ratios: Object.fromEntries(
      ratios.map(({ of, to, against, goal }) => {
        const other = against && quotients(...against)
        const values = quotients(of, to).map((q, i) => (other ? q / other[i] : q))
        const name = `${of}/${to}${against ? ` : ${against.join('/')}` : ''}`
        return [name, { ...spread(values), ...(goal === undefined ? {} : { goal }) }]
      }),
    ),
  }
}

function inOwnProcess(group: Group, name: string, context: BenchContext): Measured {
  const args = [process.argv[1], '--case', group.suite, group.name, name, context.folder, String(context.quick)]
  const child = spawnSync(process.execPath, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] })
  const line = child.stdout.trim().split('\n').at(-1) ?? ''
  if (child.status !== 0 || !line.startsWith('{')) throw new Error(`${group.name}: ${name} failed`)
  return JSON.parse(line) as Measured
}
