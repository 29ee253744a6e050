/** `tidemark query [NAME|SQL]` */

import { Command } from 'commander'
import { UsageError } from '../../base/errors.js'
import { FORMATS, type Format, formatResult } from '../../store/format.js'
import { adHocValue, type NamedQuery, namedQueries, namedQuery, runNamedQuery } from '../../store/queries.js'
import { openReader, type Reader } from '../../store/reader.js'
import type { QueryResult } from '../../store/result.js'
import { collectPairs, dbOption, examples, formatOption, runArgument } from '../options.js'
import type { Terminal } from '../terminal.js'
import { wrapped } from '../text.js'

interface QueryFlags {
  db: string
  run?: string
  param?: Record<string, string>
  format: Format
  list?: boolean
  about?: boolean
}

export function queryCommand(terminal: Terminal): Command {
  const command = new Command('query')
    .summary('ask the results database, by name or in SQL')
    .description(
      'Ask the results database: by the name of a query that comes with tidemark, or by an SQL statement that reads. ' +
        'Without either, the named queries are listed with what they answer.',
    )
    .argument('[query]', 'name of a query, or SQL')
    .addOption(dbOption())
    .option('--run <id>', 'the run to look at: an id, or latest (same as --param run=ID)', runArgument)
    .option('--param <name=value>', 'value of a parameter; may be given again', collectPairs('--param'))
    .option('--list', 'list the named queries')
    .option('--about', 'say what a named query answers, its parameters and its columns')
    .addOption(formatOption(FORMATS, 'table'))
  return examples(
    command,
    'tidemark query',
    'tidemark query stalls --run 3 --param top=5',
    'tidemark query compare --format markdown',
    'tidemark query stalls --about',
    "tidemark query --format json 'select name, value from run_counter where run_id = :run' --run 1",
  ).action((query: string | undefined, flags: QueryFlags) => ask(query, flags, terminal))
}

async function ask(query: string | undefined, flags: QueryFlags, terminal: Terminal): Promise<void> {
  if (query === undefined || query.trim() === '' || flags.list) return print(listed(namedQueries()), flags, terminal)
  const named = isName(query) ? namedQuery(query.trim()) : undefined
  if (flags.about) {
    if (named === undefined) throw new UsageError('--about goes with the name of a query', 'tidemark query lists them')
    return terminal.write(aboutQuery(named))
  }
  const reader = openReader(flags.db)
  try {
    await print(run(reader, query, named, flags), flags, terminal)
  } finally {
    reader.close()
  }
}

/** A single word is no SQL statement. */
function isName(query: string): boolean {
  return /^[\w-]+$/.test(query.trim())
}

function run(reader: Reader, sql: string, named: NamedQuery | undefined, flags: QueryFlags): QueryResult {
  const given = { ...flags.param, ...(flags.run === undefined ? {} : { run: flags.run }) }
  if (named !== undefined) return runNamedQuery(reader, named, given)
  const params = Object.entries(given).map(([name, text]) => [
    name,
    name === 'run' && text === 'latest' ? reader.latestRun() : adHocValue(text),
  ])
  return reader.runQuery(sql, Object.fromEntries(params))
}

function listed(queries: readonly NamedQuery[]): QueryResult {
  const params = (q: NamedQuery): string =>
    q.params.map((p) => (p.default === undefined ? p.name : `${p.name}=${p.default}`)).join(' ')
  return {
    columns: ['name', 'parameters', 'question'],
    rows: queries.map((q) => [q.name, params(q), q.question]),
  }
}

function aboutQuery(q: NamedQuery): string {
  const lines = [q.name, ...wrapped('answers', q.question)]
  for (const p of q.params) {
    const preset = p.default === undefined ? 'must be given' : `${p.default} unless given`
    lines.push(...wrapped('parameter', `${p.name}: ${p.about} (${p.type}, ${preset})`))
  }
  for (const c of q.columns)
    lines.push(...wrapped('column', `${c.name}: ${c.about}${c.unit === '' ? '' : ` [${c.unit}]`}`))
  for (const note of q.notes) lines.push(...wrapped('note', note))
  return `${lines.join('\n')}\n`
}

/** Characters that go out at once: few writes for many rows, and bounded memory. */
const CHUNK = 64 * 1024

async function print(result: QueryResult, flags: { format: Format }, terminal: Terminal): Promise<void> {
  let text = ''
  for (const piece of formatResult(result, flags.format)) {
    text += piece
    if (text.length < CHUNK) continue
    await terminal.write(text)
    text = ''
  }
  if (text !== '') await terminal.write(text)
}
