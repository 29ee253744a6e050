/** Sweeps: what a point costs against a replay by itself, and what a second thread is good for. */

import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { runCli } from '../../src/cli/program.js'
import { type BenchContext, type Case, cpuSeconds, type Group, type Measured } from '../measure.js'
import { LOADS } from '../traces/loads.js'
import { traceFiles, writeTrace } from '../traces/trace-files.js'

const LOAD = LOADS.find(({ name }) => name === 'mixed') as (typeof LOADS)[number]
/** Replays of two seconds and more: below, a thread is busy compiling for half of the time. */
const ACCESSES = LOAD.accesses
/** Much the same work for each: a long one at the end would leave the other thread idle. */
const SWAPPINESS = [20, 40, 60, 80]

type Clock = () => number
const wall: Clock = () => performance.now() / 1000

/** Runs the command, its database removed afterwards. @returns seconds by the clock */
async function timed(clock: Clock, args: readonly string[], { folder }: BenchContext): Promise<number> {
  const db = join(folder, 'sweep.db')
  const before = clock()
  const status = await runCli([...args, '--db', db], {
    write: async () => {},
    note: () => {},
    status: () => {},
    interactive: false,
    colour: false,
    stdin: process.stdin,
  })
  const seconds = clock() - before
  if (status !== 0) throw new Error(`${args.join(' ')}: exit status ${status}`)
  for (const suffix of ['', '-wal', '-shm']) rmSync(db + suffix, { force: true })
  return seconds
}

async function sweep(jobs: number, clock: Clock, context: BenchContext): Promise<Measured> {
  const vary = ['--vary', `vm.swappiness=${SWAPPINESS.join()}`, '--jobs', String(jobs)]
  const cpu = await timed(clock, ['sweep', traceFiles(LOAD, context).tmk, ...vary], context)
  return { units: SWAPPINESS.length * ACCESSES, cpu }
}

/** One point after the other, in a process that has compiled what they run. */
async function single(context: BenchContext): Promise<Measured> {
  let cpu = 0
  for (const swappiness of SWAPPINESS) {
    const args = ['replay', traceFiles(LOAD, context).tmk, '--set', `vm.swappiness=${swappiness}`]
    cpu += await timed(cpuSeconds, args, context)
  }
  return { units: SWAPPINESS.length * ACCESSES, cpu }
}

const jobs = (clock: Clock): Case[] =>
  [1, 2].map((n) => ({
    name: `jobs-${n}`,
    about: `tidemark sweep over ${SWAPPINESS.length} values of vm.swappiness, --jobs ${n}`,
    run: (c) => sweep(n, clock, c),
  }))

const shared = {
  suite: 'sweep',
  unit: 'page access',
  prepare: (context: BenchContext) => writeTrace({ ...LOAD, accesses: ACCESSES }, context, false),
}

export const SWEEP: readonly Group[] = [
  {
    ...shared,
    name: 'sweep-cpu',
    about: `${LOAD.about}; CPU time of all threads`,
    cases: [{ name: 'replay', about: 'tidemark replay of each value by itself', run: single }, ...jobs(cpuSeconds)],
    ratios: [
      { of: 'jobs-1', to: 'replay', goal: 1.15 },
      { of: 'jobs-2', to: 'replay' },
    ],
  },
  {
    ...shared,
    name: 'sweep-wall',
    about: 'the same by the clock on the wall; needs two CPUs that nobody else uses',
    clock: 'wall',
    cases: jobs(wall),
    ratios: [{ of: 'jobs-2', to: 'jobs-1', goal: 0.7 }],
  },
]
