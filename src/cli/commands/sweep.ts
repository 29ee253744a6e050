/** `tidemark sweep TRACE --vary NAME=V1,V2` */

import { availableParallelism } from 'node:os'
import { Command } from 'commander'
import { UsageError } from '../../base/errors.js'
import { FORMATS, type Format, formatResult } from '../../store/format.js'
import { namedQuery, runNamedQuery } from '../../store/queries.js'
import { openReader } from '../../store/reader.js'
import { watchSignals } from '../interrupt.js'
import { countArgument, DEFAULT_DB, examples, filesArgument, formatOption } from '../options.js'
import { groupInputs } from '../replay-inputs.js'
import type { ReplayRequest } from '../replay-job.js'
import { addReplayOptions, type ReplayFlags, requestsOf } from '../replay-options.js'
import type { ReplayResult } from '../replay-result.js'
import { sampleText } from '../replay-text.js'
import { SweepControl } from '../sweep-control.js'
import { type Axis, collectAxes, grid } from '../sweep-grid.js'
import { runSweep } from '../sweep-pool.js'
import type { Terminal } from '../terminal.js'
import { shellWord, visible } from '../text.js'

interface SweepFlags extends ReplayFlags {
  vary?: Axis[]
  jobs?: number
  format: Format
}

const DETAILS = `
Every combination of the values is a run of its own, as replay would store it; the runs are numbered in the
order of the grid, the last --vary changing fastest, whichever thread is faster. Each thread has a model of
the machine in memory: of all of it, or of a sample of its pages (--sample, see replay --help). What is
printed is the query compare, for the runs of this sweep.

Exit status: 0 all runs were stored, 2 wrong usage (nothing is replayed), 3 broken input (nothing is stored
for it), 4 database, 5 --check found a broken law, 130 interrupted (runs that are done stay).`

export function sweepCommand(terminal: Terminal): Command {
  const command = new Command('sweep')
    .summary('replay a trace under every combination of settings')
    .description('Replay one trace, or the recordings of one host, under every combination of settings.')
    .addArgument(filesArgument('trace', 'allocation trace, or recordings of one host'))
    .option('--vary <name=v1,v2,...>', 'a sysctl and its values; may be given again', collectAxes)
    .option('--jobs <n>', 'threads at most, as many as there are CPUs unless given', countArgument)
  addReplayOptions(command).addOption(formatOption(FORMATS, 'table')).addHelpText('after', DETAILS)
  return examples(
    command,
    'tidemark sweep trace.ndjson.gz --machine machine.json --vary vm.swappiness=0,60,100,200',
    'tidemark sweep sar.txt --memory 64G --vary vm.swappiness=10,60 --vary vm.watermark_scale_factor=10,300',
  ).action((traces: string[], flags: SweepFlags) => sweep(traces, flags, terminal))
}

async function sweep(traces: readonly string[], flags: SweepFlags, terminal: Terminal): Promise<void> {
  const requests = await plan(traces, flags)
  const control = new SweepControl()
  const signals = watchSignals()
  let results: ReplayResult[]
  try {
    const show = (done: number): void => terminal.status(`${done} of ${requests.length} runs done`)
    show(0)
    const work = runSweep({
      db: flags.db,
      requests,
      threads: flags.jobs ?? availableParallelism(),
      control,
      onDone: show,
    })
    results = await signals.wait(work).catch(async (error) => {
      // The workers must be at rest before the process ends: their runs are marked then.
      control.stop()
      await work.catch(() => {})
      throw error
    })
  } finally {
    signals.release()
    terminal.status('')
  }
  await print(results, flags, terminal)
  const { sample } = results[0]
  if (sample) terminal.note(`sampled ${sampleText(sample)}`)
  for (const warning of new Set(results.flatMap((r) => r.warnings))) terminal.note(`warning: ${visible(warning)}`)
  const where = flags.db === DEFAULT_DB ? '' : ` --db ${shellWord(flags.db)}`
  terminal.note(`${results.length} runs stored in ${flags.db}; ask it: tidemark query compare${where}`)
}

/** One request for each point of the grid. */
async function plan(traces: readonly string[], flags: SweepFlags): Promise<ReplayRequest[]> {
  if (flags.vary === undefined) throw new UsageError('nothing to vary', '--vary vm.swappiness=0,60,100')
  if (flags.jobs === 0) throw new UsageError('--jobs 0: expected at least 1')
  if (traces.includes('-')) {
    throw new UsageError('a sweep reads its trace once for each run, standard input can be read only once')
  }
  const points = grid(flags.vary, flags.set ?? {})
  const groups = await groupInputs(traces)
  if (groups.length > 1) throw new UsageError('a sweep takes one trace, or the recordings of one host')
  const request = requestsOf(flags)
  return points.map((set) => request(groups[0], set))
}

/** The rows of `compare` that are of these runs. */
async function print(results: readonly ReplayResult[], flags: SweepFlags, terminal: Terminal): Promise<void> {
  const runs = new Set(results.map((r) => r.run))
  const reader = openReader(flags.db)
  try {
    const compared = runNamedQuery(reader, namedQuery('compare'), { run: String(results[0].run) })
    const rows = [...compared.rows].filter((row) => runs.has(Number(row[0])))
    for (const piece of formatResult({ columns: compared.columns, rows }, flags.format)) await terminal.write(piece)
  } finally {
    reader.close()
  }
}
