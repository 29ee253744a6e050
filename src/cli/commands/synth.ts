/** `tidemark synth PROFILE -o FILE` */

import { Argument, Command, InvalidArgumentError, Option } from 'commander'
import { UsageError } from '../../base/errors.js'
import { createTraceWriter, TRACE_FORMS, type TraceForm } from '../../ingest/allocation/write/forms.js'
import { parseSizeKb } from '../../machine/size.js'
import type { AllocationTrace } from '../../trace/events.js'
import { PROFILE_NAMES, PROFILES, type ProfileName } from '../../workload/synth/profiles.js'
import { type Shape, shapeOf } from '../../workload/synth/shape.js'
import { synthesize } from '../../workload/synth/synthesize.js'
import { type Interrupt, watchSignals } from '../interrupt.js'
import { countArgument, examples } from '../options.js'
import type { Terminal } from '../terminal.js'
import { number, visible } from '../text.js'
import { formOf, writeOutput } from '../write-trace.js'

interface SynthFlags {
  output?: string
  to?: TraceForm
  seed: number
  memory: string
  swap?: string
  seconds: number
}

const KB_PER_MB = 1024
/** What the profiles are made for, MiB: below it boot leaves too little, above it page numbers do not fit. */
const LEAST_MB = 32
const MOST_MB = 1024 * 1024
const LEAST_SECONDS = 2
const MOST_SECONDS = 10_000_000
const MOST_SEED = 2 ** 32 - 1

const width = Math.max(...PROFILE_NAMES.map((name) => name.length))
const DETAILS = `
Profiles:
${PROFILE_NAMES.map((name) => `  ${name.padEnd(width)}  ${PROFILES[name].about}`).join('\n')}

The form of FILE is that of its name: .ndjson, .json, .csv or .tmk, .gz after it compresses. The header
states the machine, so that the trace is replayed without further options; sizes are parts of the memory that
a kernel has left of it after boot. The same options give the same bytes.

Exit status: 0 written, 2 wrong usage, 4 FILE cannot be written, 130 interrupted; nothing is
left behind but by 0.`

export function synthCommand(terminal: Terminal): Command {
  const command = new Command('synth')
    .summary('generate an allocation trace')
    .description('Generate an allocation trace of a known kind, from a seed.')
    .addArgument(new Argument('<profile>', 'what the trace does').choices(PROFILE_NAMES))
    .option('-o, --output <file>', 'file to write, - for standard output; must be given')
    .addOption(new Option('--to <form>', 'form of FILE, where its name does not tell').choices(TRACE_FORMS))
    .option('--seed <n>', 'seed of all that is random', within(0, MOST_SEED), 1)
    .option('--memory <size>', 'memory of the machine, which all else is measured by', '256M')
    .option('--swap <size>', 'swap of the machine (default: half the memory)')
    .option('--seconds <n>', 'length of the trace', within(LEAST_SECONDS, MOST_SECONDS), 30)
    .addHelpText('after', DETAILS)
  return examples(
    command,
    'tidemark synth zipf -o zipf.ndjson.gz',
    'tidemark synth leak -o leak.tmk --memory 4G --swap 512M --seconds 60',
    'tidemark synth churn -o - --to ndjson --seed 7 | tidemark replay -',
  ).action((profile: ProfileName, flags: SynthFlags) => run(profile, flags, terminal))
}

async function run(profile: ProfileName, flags: SynthFlags, terminal: Terminal): Promise<void> {
  const { output } = flags
  if (output === undefined) throw new UsageError('nothing says where to write', 'Give -o FILE.')
  const form = formOf(output, flags.to)
  const trace = synthesize(profile, asked(flags))
  const interrupt = watchSignals()
  try {
    const done = { events: 0 }
    const bytes = await writeOutput(output, parts(trace, form, interrupt, done), terminal)
    if (output !== '-') {
      terminal.note(`${visible(output)}: ${number(done.events)} events as ${form}, ${number(bytes)} bytes`)
    }
  } finally {
    interrupt.release()
  }
}

async function* parts(
  trace: AllocationTrace,
  form: TraceForm,
  { checkpoint }: Interrupt,
  done: { events: number },
): AsyncGenerator<string | Uint8Array> {
  const writer = createTraceWriter(form, trace.header)
  for await (const batch of trace.batches()) {
    done.events += batch.length
    yield* writer.add(batch)
    await checkpoint()
  }
  yield* writer.finish()
}

function asked({ memory, swap, seconds, seed }: SynthFlags): Shape {
  const memoryMb = megabytes(memory, '--memory')
  if (memoryMb < LEAST_MB || memoryMb > MOST_MB) {
    throw new UsageError(`--memory ${memory}: expected ${LEAST_MB}M to ${MOST_MB / 1024 ** 2}T`)
  }
  const swapMb = swap === undefined ? Math.floor(memoryMb / 2) : megabytes(swap, '--swap')
  if (swapMb > MOST_MB) throw new UsageError(`--swap ${swap}: expected ${MOST_MB / 1024 ** 2}T at most`)
  return shapeOf({ memoryMb, swapMb, seconds, seed })
}

/** Whole megabytes, as the header states them. */
function megabytes(text: string, option: string): number {
  return Math.floor(parseSizeKb(text, option) / KB_PER_MB)
}

function within(from: number, to: number): (text: string) => number {
  return (text) => {
    const value = countArgument(text)
    if (value < from || value > to) throw new InvalidArgumentError(`expected ${from} to ${to}.`)
    return value
  }
}
