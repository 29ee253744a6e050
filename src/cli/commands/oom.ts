/** `tidemark oom LOG…` */

import { Command } from 'commander'
import { type OomLogRecord, toOomRecords } from '../../ingest/oom-report/index.js'
import { openStore } from '../../store/writer.js'
import { oomCommand as judgeLogs } from '../oom.js'
import { examples, filesArgument, formatOption } from '../options.js'
import type { Terminal } from '../terminal.js'

interface OomFlags {
  db?: string
  format: 'text' | 'json'
}

/** Records that wait for one transaction. */
const RECORDS_AT_ONCE = 200

export function oomCommand(terminal: Terminal): Command {
  const command = new Command('oom')
    .summary('judge the OOM kills of kernel logs')
    .description(
      'Read the OOM reports of kernel logs (dmesg, syslog, journal; - is standard input), work out the badness of each ' +
        'task again, and say whether the kill follows, why it came to it, and what would have saved the victim.',
    )
    .addArgument(filesArgument('log', 'kernel log, gzip or not'))
    .option('--db <file>', 'store the kills in this results database too')
    .addOption(formatOption(['text', 'json'], 'text'))
  return examples(
    command,
    'dmesg | tidemark oom -',
    'journalctl --dmesg --boot -1 | tidemark oom -',
    'tidemark oom /var/log/kern.log* --format json',
    'tidemark oom kern.log --db tidemark.db && tidemark query oom --param source=log',
  ).action((logs: string[], flags: OomFlags) => oom(logs, flags, terminal))
}

async function oom(logs: readonly string[], flags: OomFlags, terminal: Terminal): Promise<void> {
  const sink = flags.db === undefined ? undefined : recordSink(flags.db)
  try {
    await judgeLogs(logs, {
      format: flags.format,
      write: (text) => terminal.write(text),
      warn: (line) => terminal.note(line),
      onVerdict: sink && ((verdict) => sink.add(toOomRecords(verdict))),
      stdin: terminal.stdin,
    })
  } finally {
    const stored = sink?.close()
    if (stored !== undefined && (stored.added > 0 || stored.seen > 0)) {
      const known = stored.seen - stored.added
      const kills = stored.added === 1 ? 'kill' : 'kills'
      terminal.note(`${stored.added} ${kills} stored in ${flags.db}${known > 0 ? `, ${known} there already` : ''}`)
    }
  }
}

interface RecordSink {
  add(records: readonly OomLogRecord[]): void
  close(): { seen: number; added: number }
}

/** Stores kills some at a time; the database is opened with the first of them. */
function recordSink(path: string): RecordSink {
  const waiting: OomLogRecord[] = []
  let store: ReturnType<typeof openStore> | undefined
  let seen = 0
  let added = 0
  const flush = (): void => {
    if (waiting.length === 0) return
    store ??= openStore(path)
    added += store.storeLogOoms(waiting)
    waiting.length = 0
  }
  return {
    add: (records) => {
      seen += records.length
      waiting.push(...records)
      if (waiting.length >= RECORDS_AT_ONCE) flush()
    },
    close: () => {
      try {
        flush()
      } finally {
        store?.close()
      }
      return { seen, added }
    },
  }
}
