/** `tidemark convert IN OUT` */

import { Command, Option } from 'commander'
import { TRACE_FORMS } from '../../ingest/allocation/write/forms.js'
import { convert, type Form } from '../convert.js'
import { watchSignals } from '../interrupt.js'
import { addInputOptions, examples, type InputFlags } from '../options.js'
import type { Terminal } from '../terminal.js'
import { number, visible } from '../text.js'

interface ConvertFlags extends InputFlags {
  to?: Form
}

const DETAILS = `
An allocation trace becomes a .tmk file (binary columns, replayed without being parsed again), NDJSON, one
JSON document or CSV; a recording of counters (sar, vmstat, …) becomes NDJSON or CSV with the kernel's names,
counts per interval and repaired values. .gz at the end of OUT compresses. OUT is replaced only when the new
file is whole.

Exit status: 0 written, 2 wrong usage, 3 broken input, 4 OUT cannot be written, 130 interrupted; nothing is
left behind but by 0.`

export function convertCommand(terminal: Terminal): Command {
  const command = new Command('convert')
    .summary('write a trace or a recording in another form')
    .description('Write an allocation trace or a recording of counters in another form.')
    .argument('<in>', 'allocation trace or recording, - for standard input')
    .argument('<out>', 'file to write, - for standard output')
    .addOption(new Option('--to <form>', 'form of OUT, where its name does not tell').choices(TRACE_FORMS))
  addInputOptions(command).addHelpText('after', DETAILS)
  return examples(
    command,
    'tidemark convert trace.ndjson.gz trace.tmk',
    'tidemark convert sar.txt host.csv',
    'tidemark convert trace.tmk - --to ndjson | head',
  ).action((input: string, output: string, flags: ConvertFlags) => run(input, output, flags, terminal))
}

async function run(input: string, output: string, flags: ConvertFlags, terminal: Terminal): Promise<void> {
  const interrupt = watchSignals()
  try {
    const options = { interval: flags.interval, strict: flags.strict }
    const done = await convert({ input, output, form: flags.to, options, interrupt, terminal })
    const rows = `${number(done.rows)} ${done.kind === 'series' ? 'samples' : 'events'}`
    if (output !== '-') terminal.note(`${visible(output)}: ${rows} as ${done.form}, ${number(done.bytes)} bytes`)
    if (done.issues > 0) {
      terminal.note(`${number(done.issues)} problems of the recording: tidemark inspect ${visible(input)}`)
    }
  } finally {
    interrupt.release()
  }
}
