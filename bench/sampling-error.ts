/**
 * `npm run sampling-error`: how far replays of a sample are from replays of all pages, as the README's table says it.
 *
 * Every subject is replayed by the command, in full and at each rate with several seeds, and the totals are compared. The
 * error of a replay is the mean over the counters of |ln((sampled + few) / (full + few))|, `few` being a thousandth of the
 * page accesses: what hardly happens does not count.
 */

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { runCli } from '../src/cli/program.js'
import { rowObjects } from '../src/index.js'
import { openReader } from '../src/store/reader.js'
import { LOADS } from './traces/loads.js'
import { traceFiles, writeTrace } from './traces/trace-files.js'

const RECORDINGS = join(process.env.TIDEMARK_BENCH_FOLDER as string, '..', 'traces')

const { values } = parseArgs({
  options: {
    rates: { type: 'string', default: '4,16,64' },
    seeds: { type: 'string', default: '4' },
    only: { type: 'string', default: '' },
    details: { type: 'boolean', default: false },
  },
})

interface Subject {
  name: string
  /** Writes what it reads. @returns arguments of `tidemark replay` */
  prepare(folder: string): string[]
}

const LOADS_COMPARED = ['zipf-50', 'zipf-10', 'zipf-10-16m', 'zipf-10-read', 'zipf-10-mapped', 'anon-swap', 'mixed']
/** Accesses of loads that do not fill their memory in time: just when they do is luck. */
const LONGER: Record<string, number> = { 'zipf-10-16m': 40e6 }
const TRACES_COMPARED = ['w-db.base/sar.txt', 'w-db.base/trace.ndjson.gz', 'w-web.base/trace.ndjson.gz']

const SUBJECTS: readonly Subject[] = [
  ...LOADS.filter(({ name }) => LOADS_COMPARED.includes(name)).map((load) => ({
    name: load.name,
    prepare(folder: string) {
      const context = { folder, quick: false }
      writeTrace({ ...load, accesses: LONGER[load.name] ?? load.accesses }, context, false)
      return [traceFiles(load, context).tmk]
    },
  })),
  ...TRACES_COMPARED.map((path) => ({
    name: path,
    prepare: () => [join(RECORDINGS, path), '--machine', join(RECORDINGS, path.split('/')[0], 'machine.json')],
  })),
]

type Totals = Record<string, number>

/** What is compared: counters of pages, by the names they have here. */
const COUNTERS: Record<string, readonly string[]> = {
  pgfault: ['pgfault'],
  pgmajfault: ['pgmajfault'],
  pgscan: ['pgscan_kswapd', 'pgscan_direct'],
  pgsteal: ['pgsteal_kswapd', 'pgsteal_direct'],
  pgpgin: ['pgpgin'],
  pswpin: ['pswpin'],
  pswpout: ['pswpout'],
  refaults: ['workingset_refault_anon', 'workingset_refault_file'],
}
/** Differ by more than the luck of a sample; shown, but not part of the error. */
const MOMENTS: Record<string, readonly string[]> = {
  pgscan_direct: ['pgscan_direct'],
  psi_some: ['psi_some_us'],
}

async function replay(args: readonly string[], every: number, seed: number, db: string): Promise<Totals> {
  const sample = every === 1 ? 'off' : `1/${every}`
  const command = ['replay', ...args, '--sample', sample, '--sample-seed', String(seed), '--db', db]
  const status = await runCli(command, {
    write: async () => {},
    note: (line) => console.error(line),
    status: () => {},
    interactive: false,
    colour: false,
    stdin: process.stdin,
  })
  if (status !== 0) throw new Error(`${command.join(' ')}: exit status ${status}`)
  const reader = openReader(db)
  const rows = rowObjects(reader.runQuery('select name, value from run_counter where run_id = :run'))
  const [run] = rowObjects(reader.runQuery('select psi_some_us, page_events from run where id = :run'))
  const [frames] = rowObjects(
    reader.runQuery(
      'select sum(managed) as frames from zone_interval where run_id = :run and t = (select max(t) from zone_interval where run_id = :run)',
    ),
  )
  reader.close()
  const counters = Object.fromEntries(rows.map(({ name, value }) => [String(name), Number(value)]))
  const { psi_some_us, page_events } = run
  return {
    ...counters,
    psi_some_us: Number(psi_some_us),
    page_events: Number(page_events),
    frames: Number(frames.frames),
  }
}

const sum = (totals: Totals, names: readonly string[]): number => names.reduce((n, name) => n + (totals[name] ?? 0), 0)
const mean = (list: readonly number[]): number => list.reduce((a, b) => a + b, 0) / list.length
const percent = (x: number): string => `${(100 * Math.expm1(x)).toFixed(1)} %`

/** |ln| of each counter. */
function errors(full: Totals, sampled: Totals): Totals {
  const few = full.page_events / 1000
  const one = (names: readonly string[]): number => Math.log((sum(sampled, names) + few) / (sum(full, names) + few))
  return Object.fromEntries(Object.entries({ ...COUNTERS, ...MOMENTS }).map(([name, of]) => [name, one(of)]))
}

const counted = (e: Totals): number[] => Object.keys(COUNTERS).map((name) => Math.abs(e[name]))

const RATES = values.rates.split(',').map(Number)

async function compare(subject: Subject, folder: string): Promise<void> {
  const args = subject.prepare(folder)
  const db = join(folder, 'runs.db')
  const full = await replay(args, 1, 0, db)
  const counters: string[] = []
  const pressure: string[] = []
  for (const every of RATES) {
    const found: Totals[] = []
    for (let seed = 0; seed < Number(values.seeds); seed++) {
      found.push(errors(full, await replay(args, every, seed, db)))
      if (values.details) console.log(subject.name, `1/${every}`, seed, each(found[seed]))
    }
    const means = found.map((e) => mean(counted(e)))
    counters.push(`${percent(mean(means))} (${percent(Math.max(...means))})`)
    pressure.push(percent(mean(found.map((e) => Math.abs(e.psi_some)))))
  }
  console.log(`| ${[subject.name, full.frames.toLocaleString('en'), ...counters, ...pressure].join(' | ')} |`)
  for (const suffix of ['', '-wal', '-shm']) rmSync(db + suffix, { force: true })
}

const each = (e: Totals): string =>
  Object.entries(e)
    .map(([name, x]) => `${name} ${x.toFixed(3)}`)
    .join(' ')

const rates = RATES.map((every) => `1/${every}`)
console.log(`| replayed | frames | ${rates.join(' | ')} | ${rates.map((rate) => `pressure ${rate}`).join(' | ')} |`)
console.log(`|---|---:|${'---:|'.repeat(2 * rates.length)}`)
for (const subject of SUBJECTS.filter(({ name }) => name.startsWith(values.only))) {
  const folder = mkdtempSync(join(tmpdir(), 'tidemark-sampling-'))
  try {
    await compare(subject, folder)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
