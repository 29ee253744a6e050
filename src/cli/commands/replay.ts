/** `tidemark replay TRACE…` */

import { Command } from 'commander'
import { UsageError } from '../../base/errors.js'
import { openStore, type Store } from '../../store/writer.js'
import { watchSignals } from '../interrupt.js'
import { DEFAULT_DB, examples, filesArgument, formatOption } from '../options.js'
import { groupInputs } from '../replay-inputs.js'
import type { ReplayJob } from '../replay-job.js'
import { replayOne } from '../replay-one.js'
import { addReplayOptions, type ReplayFlags, requestsOf } from '../replay-options.js'
import type { ReplayResult } from '../replay-result.js'
import { formatNext, formatReplay } from '../replay-text.js'
import type { Terminal } from '../terminal.js'
import { number, shellWord } from '../text.js'

interface CommandFlags extends ReplayFlags {
  format: 'text' | 'json'
}

/** Shortest time between two updates of the progress line, ms. */
const PROGRESS_MS = 200

export function replayCommand(terminal: Terminal): Command {
  const command = new Command('replay')
    .summary('replay traces and store what happened')
    .description(
      'Replay traces through the model of memory reclaim and store what happened. One trace is one run, and so are ' +
        'all recordings together. ' +
        'Formats are recognised by their content, gzip included; - is standard input.',
    )
    .addArgument(filesArgument('trace', 'allocation trace or recording'))
  addReplayOptions(command)
    .addOption(formatOption(['text', 'json'], 'text'))
    .addHelpText('after', PRECEDENCE)
  return examples(
    command,
    'tidemark replay trace.ndjson.gz --machine machine.json',
    'tidemark replay trace.ndjson.gz --machine machine.json --set vm.swappiness=10',
    'tidemark replay sar.txt --machine machine.json --set vm.watermark_scale_factor=300',
    'tidemark replay sa01.txt sa02.txt --memory 64G --from 22:00 --to 23:30',
    'zcat trace.ndjson.gz | tidemark replay - --memory 16G --swap 4G --nodes 2 --name nightly',
  ).action((traces: string[], flags: CommandFlags) => replay(traces, flags, terminal))
}

const PRECEDENCE = `
The machine is that of --machine, else the one the trace's header states, else --memory and the
boot defaults of the kernel. --set changes single settings on top of it.

An allocation trace is sampled each second unless it asks for something else, and 2 seconds are
simulated after its last event (--settle), so that kswapd and writeback come to rest. A recording
(sar, vmstat, ...) is sampled at its own interval and ends where it ends: the demand that explains
its counters is reconstructed under the recorded settings, settled by trial replays, and replayed
under those of --set. Several recordings of one host are joined into one run.

What is too large is replayed as a sample: one page in 2, 4, 8, ... of every region and file, on a
machine of that part of the size, so that about a million pages are left (--sample auto). Counters
and levels are scaled back. Any rate can be asked for (--sample 1/64), or none (--sample off);
--sample-seed takes other pages, which shows how much is luck.

Exit status: 0 a run was stored (OOM kills and refused mmaps are results, not failures),
2 wrong usage, 3 broken input (nothing is stored for it), 4 database, 5 --check found a broken law,
130 interrupted (the run stays, marked as interrupted).`

async function replay(traces: readonly string[], flags: CommandFlags, terminal: Terminal): Promise<void> {
  const request = requestsOf(flags)
  const signals = watchSignals()
  const lazy = lazyStore(flags.db, terminal)
  const results: ReplayResult[] = []
  try {
    const groups = await groupInputs(traces)
    if (flags.name !== undefined && groups.length > 1) throw new UsageError('--name goes with one trace only')
    for (const files of groups) {
      const result = await replayOne({
        ...request(files),
        store: lazy.open,
        interrupt: signals,
        ...progressLine(files.join(' '), terminal),
      })
      terminal.status('')
      if (flags.format === 'text') await terminal.write(`${results.length > 0 ? '\n' : ''}${formatReplay(result)}`)
      results.push(result)
    }
    if (flags.format === 'json') await terminal.write(`${JSON.stringify({ db: flags.db, runs: results }, null, 2)}\n`)
    else await terminal.write(`\n${formatNext(results, flags.db, flags.db === DEFAULT_DB ? '' : shellWord(flags.db))}`)
  } finally {
    signals.release()
    lazy.close()
    terminal.status('')
  }
}

/** Opens the database when the first run begins: a trace that cannot be read leaves no file behind. */
function lazyStore(path: string, terminal: Terminal): { open: () => Store; close: () => void } {
  let store: Store | undefined
  return {
    open: () => {
      if (store !== undefined) return store
      store = openStore(path)
      const left = store.interrupted
      if (left.length > 0) {
        terminal.note(`${path}: marked as interrupted, their process is gone: run ${left.join(', ')}`)
      }
      return store
    },
    close: () => store?.close(),
  }
}

function progressLine(path: string, terminal: Terminal): Pick<ReplayJob, 'progress' | 'status'> {
  let next = performance.now() + PROGRESS_MS
  const status = (what: string): void => {
    if (!terminal.interactive || performance.now() < next) return
    next = performance.now() + PROGRESS_MS
    terminal.status(`${path}: ${what}`)
  }
  return {
    status,
    progress: (simulated, events) => status(`${number(events)} events, ${simulated.toFixed(1)} s simulated`),
  }
}
