/** `npm run bench`: measures, prints, and writes RESULTS.md and results.json. */

import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { type BenchContext, type Group, type GroupResult, measureGroup } from './measure.js'
import { groupText, met, page, type Results, regressions, thisMachine } from './report.js'
import { DECODE } from './suites/decode.js'
import { GROWTH } from './suites/growth.js'
import { INGEST } from './suites/ingest.js'
import { MISSING_C, REPLAY } from './suites/replay.js'
import { SAMPLING } from './suites/sampling.js'
import { STORE } from './suites/store.js'
import { SWEEP } from './suites/sweep.js'

const HELP = `npm run bench                      everything, 5 rounds; writes bench/RESULTS.md and bench/results.json
npm run bench -- --compare         against the committed results; exit status 1 where a ratio has become worse
npm run bench -- --only replay     one suite (decode, replay, growth, sampling, sweep, ingest, store), or what a name begins with; writes nothing
npm run bench -- --quick           a tenth of the work, 2 rounds; writes nothing
npm run bench -- --rounds 9`

const GROUPS: readonly Group[] = [...DECODE, ...REPLAY, ...GROWTH, ...SAMPLING, ...SWEEP, ...INGEST, ...STORE]
const BENCH = process.env.TIDEMARK_BENCH_FOLDER as string
const RESULTS = join(BENCH, 'results.json')

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    only: { type: 'string' },
    quick: { type: 'boolean', default: false },
    compare: { type: 'boolean', default: false },
    rounds: { type: 'string' },
    case: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
})

/** A child: one run of one case. */
async function runCase([suite, name, id, folder, quick]: string[]): Promise<void> {
  const group = GROUPS.find((g) => g.suite === suite && g.name === name) as Group
  const measured = await group.cases.find((c) => c.name === id)?.run({ folder, quick: quick === 'true' })
  console.log(JSON.stringify(measured))
}

async function main(): Promise<void> {
  const { only, quick, compare } = values
  const groups = GROUPS.filter((g) => only === undefined || g.suite === only || g.name.startsWith(only))
  if (groups.length === 0) throw new Error(`nothing is called ${only}: ${GROUPS.map((g) => g.name).join(', ')}`)
  const rounds = Number(values.rounds ?? (quick ? 2 : 5))
  const results: Results = {
    machine: thisMachine(),
    node: process.version,
    rounds,
    quick,
    missing: MISSING_C === undefined ? [] : [`full-ring, ${MISSING_C}`],
    groups: [],
  }
  for (const reason of results.missing) console.log(`not compared: ${reason}`)
  for (const group of groups) {
    const result = await inFolder(quick, async (context) => {
      await group.prepare?.(context)
      return measureGroup(group, context, rounds)
    })
    results.groups.push(result)
    console.log(groupText(result))
  }
  if (compare) compareWithCommitted(results.groups)
  else if (only === undefined && !quick) {
    writeFileSync(RESULTS, `${JSON.stringify(results, rounded, 2)}\n`)
    writeFileSync(join(BENCH, 'RESULTS.md'), page(results, GROUPS))
    console.log('written: bench/RESULTS.md, bench/results.json')
  }
  const missed = results.groups.flatMap((g) =>
    Object.entries(g.ratios)
      .filter(([, r]) => !met(r))
      .map(([p]) => `${g.name} ${p}`),
  )
  if (missed.length > 0) console.log(`goals missed: ${missed.join(', ')}`)
}

/** More digits than these mean nothing. */
function rounded(_: string, value: unknown): unknown {
  return typeof value === 'number' ? Number(value.toPrecision(4)) : value
}

async function inFolder(quick: boolean, work: (context: BenchContext) => Promise<GroupResult>): Promise<GroupResult> {
  const folder = mkdtempSync(join(tmpdir(), 'tidemark-bench-'))
  try {
    return await work({ folder, quick })
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function compareWithCommitted(groups: readonly GroupResult[]): void {
  if (!existsSync(RESULTS)) throw new Error('there are no results to compare with: run npm run bench first')
  const before = (JSON.parse(readFileSync(RESULTS, 'utf8')) as Results).groups
  const worse = regressions(before, groups)
  for (const line of worse) console.log(`slower: ${line}`)
  console.log(worse.length === 0 ? 'no ratio has become worse' : `${worse.length} ratios have become worse`)
  if (worse.length > 0) process.exitCode = 1
}

if (values.case) await runCase(positionals)
else if (values.help) console.log(HELP)
else await main()
