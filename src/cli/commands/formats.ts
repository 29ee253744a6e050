/** `tidemark formats` */

import { Command } from 'commander'
import { FORMATS as INPUT_FORMATS } from '../../ingest/registry.js'
import { FORMATS, type Format, formatResult } from '../../store/format.js'
import { examples, formatOption } from '../options.js'
import type { Terminal } from '../terminal.js'

export function formatsCommand(terminal: Terminal): Command {
  const command = new Command('formats')
    .summary('list the formats that are read')
    .description(
      'List the formats that tidemark reads. They are recognised by content, never by name; gzip is seen through.',
    )
    .addOption(formatOption(FORMATS, 'table'))
  return examples(command, 'tidemark formats').action(async ({ format }: { format: Format }) => {
    const rows = INPUT_FORMATS.map((f) => [f.name, f.kind, f.describe])
    await terminal.write([...formatResult({ columns: ['name', 'kind', 'what'], rows }, format)].join(''))
  })
}
