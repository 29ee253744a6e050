/** `tidemark runs` */

import { Command } from 'commander'
import { FORMATS, type Format, formatResult } from '../../store/format.js'
import { namedQuery, runNamedQuery } from '../../store/queries.js'
import { openReader } from '../../store/reader.js'
import { openStore } from '../../store/writer.js'
import { dbOption, examples, formatOption, runArgument } from '../options.js'
import type { Terminal } from '../terminal.js'

interface RunsFlags {
  db: string
  format: Format
  delete?: string
}

export function runsCommand(terminal: Terminal): Command {
  const command = new Command('runs')
    .summary('list the runs of a results database, or delete one')
    .description('List the runs of a results database, interrupted ones included, or delete one.')
    .addOption(dbOption())
    .addOption(formatOption(FORMATS, 'table'))
    .option('--delete <id>', 'delete this run and everything stored for it', runArgument)
  return examples(
    command,
    'tidemark runs',
    'tidemark runs --db nightly.db --format json',
    'tidemark runs --delete 3',
  ).action((flags: RunsFlags) => runs(flags, terminal))
}

async function runs(flags: RunsFlags, terminal: Terminal): Promise<void> {
  // Reading first: a database that is not there must not be made by asking for its runs.
  const reader = openReader(flags.db)
  try {
    if (flags.delete === undefined) {
      const result = runNamedQuery(reader, namedQuery('runs'))
      return await terminal.write([...formatResult(result, flags.format)].join(''))
    }
    const id = flags.delete === 'latest' ? (reader.latestRun() ?? 0) : Number(flags.delete)
    const store = openStore(flags.db)
    try {
      store.deleteRun(id)
    } finally {
      store.close()
    }
    terminal.note(`deleted run ${id} of ${flags.db}`)
  } finally {
    reader.close()
  }
}
