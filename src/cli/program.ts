/** The command line as a whole. */

import { Command } from 'commander'
import type { ErrorCode } from '../base/errors.js'
import { convertCommand } from './commands/convert.js'
import { formatsCommand } from './commands/formats.js'
import { inspectCommand } from './commands/inspect.js'
import { oomCommand } from './commands/oom.js'
import { queryCommand } from './commands/query.js'
import { recordCommand } from './commands/record.js'
import { replayCommand } from './commands/replay.js'
import { runsCommand } from './commands/runs.js'
import { sweepCommand } from './commands/sweep.js'
import { synthCommand } from './commands/synth.js'
import { watermarksCommand } from './commands/watermarks.js'
import { reportFailure } from './failure.js'
import type { Terminal } from './terminal.js'
import { packageVersion } from './version.js'

const AFTER = `
Data goes to standard output, messages and progress to standard error.
Exit status: 0 done, 1 a bug in tidemark, 2 wrong usage, 3 input, 4 database or query,
5 --check found a broken law, 130 interrupted.

Start with:
  tidemark replay trace.ndjson.gz --machine machine.json
  tidemark query summary`

/** Commander's own complaints carry the code of ours. */
const USAGE: ErrorCode = 'TM_USAGE'

const COMMANDS = [
  replayCommand,
  sweepCommand,
  queryCommand,
  runsCommand,
  inspectCommand,
  recordCommand,
  convertCommand,
  synthCommand,
  watermarksCommand,
  oomCommand,
  formatsCommand,
]

/** The program, writing to `terminal`; it throws instead of ending the process. */
export function buildProgram(terminal: Terminal): { program: Command; written: () => Promise<void> } {
  // Commander writes help without waiting for it.
  let pending: Promise<void> = Promise.resolve()
  const settle = (command: Command): Command =>
    command
      .exitOverride()
      .showHelpAfterError('  hint: --help tells what it takes')
      .configureOutput({
        writeOut: (text) => {
          pending = pending.then(() => terminal.write(text))
        },
        writeErr: (text) => terminal.note(text.trimEnd()),
        outputError: (text, write) => write(text.replace(/^error: /, `error ${USAGE}: `)),
      })
  const program = settle(new Command('tidemark'))
    .description('Replays recorded memory traces through a model of Linux page reclaim, and answers in SQL.')
    .version(packageVersion(), '-V, --version')
    .addHelpText('after', AFTER)
  for (const command of COMMANDS) program.addCommand(settle(command(terminal)))
  return { program, written: () => pending }
}

/**
 * Runs one command line.
 * @param argv what follows `tidemark`
 * @returns the exit status
 */
export async function runCli(argv: readonly string[], terminal: Terminal): Promise<number> {
  const { program, written } = buildProgram(terminal)
  try {
    if (argv.length === 0) program.outputHelp()
    else await program.parseAsync(argv, { from: 'user' })
    await written()
    return 0
  } catch (error) {
    await written().catch(() => {})
    return reportFailure(error, terminal)
  }
}
