/** `tidemark inspect FILE…` */

import { Command } from 'commander'
import { type Inspection, inspectInput } from '../../ingest/inspect.js'
import { formatInspection } from '../inspect-text.js'
import { addInputOptions, examples, filesArgument, formatOption, type InputFlags } from '../options.js'
import type { Terminal } from '../terminal.js'

interface InspectFlags extends InputFlags {
  format: 'text' | 'json'
}

export function inspectCommand(terminal: Terminal): Command {
  const command = new Command('inspect')
    .summary('say what a trace or recording holds, and what is wrong with it')
    .description(
      'Read traces and recordings to their end and say what they hold: format, span, events or samples, processes or ' +
        'totals, and what was found wrong with them. Nothing is replayed or stored. As JSON, one file gives an object ' +
        'and several an array of them.',
    )
    .addArgument(filesArgument('file', 'allocation trace or recording'))
    .addOption(formatOption(['text', 'json'], 'text'))
  return examples(
    addInputOptions(command),
    'tidemark inspect sar.txt',
    'zcat trace.ndjson.gz | tidemark inspect -',
    'tidemark inspect sar.txt --format json',
  ).action((files: string[], flags: InspectFlags) => inspect(files, flags, terminal))
}

async function inspect(files: readonly string[], flags: InspectFlags, terminal: Terminal): Promise<void> {
  const all: Inspection[] = []
  for (const file of files) {
    const inspection = await inspectInput(file, { interval: flags.interval, strict: flags.strict })
    if (flags.format === 'json') all.push(inspection)
    else await terminal.write(`${file === files[0] ? '' : '\n'}${formatInspection(inspection)}`)
  }
  if (flags.format === 'json') await terminal.write(`${JSON.stringify(all.length === 1 ? all[0] : all, null, 2)}\n`)
}
