/** Reading the forms that traces and recordings come in, against what one would write first. */

import { createReadStream, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { parse } from 'csv-parse'
import { openInput } from '../../src/ingest/registry.js'
import { writeSadfCsv, writeSarText, writeVmstat } from '../inputs/recordings.js'
import { writeTraceAs } from '../inputs/traces.js'
import { type BenchContext, type Case, cpuSeconds, type Group, type Measured } from '../measure.js'

interface Input {
  name: string
  about: string
  unit: 'event' | 'line'
  rows: number
  write(path: string, rows: number): void
  /** What it is compared with, and how much faster it is to be. */
  baseline: Case['name']
  goal?: number
}

const INPUTS: readonly Input[] = [
  {
    name: 'allocation-ndjson',
    about: 'NDJSON trace, one page an event',
    unit: 'event',
    rows: 1e6,
    write: (path, rows) => writeTraceAs('ndjson', path, rows),
    baseline: 'JSON.parse',
    goal: 1 / 2,
  },
  {
    name: 'allocation-csv',
    about: 'the same as CSV',
    unit: 'event',
    rows: 3e5,
    write: (path, rows) => writeTraceAs('csv', path, rows),
    baseline: 'csv-parse',
  },
  {
    name: 'allocation-json',
    about: 'the same as one JSON document',
    unit: 'event',
    rows: 1e5,
    write: (path, rows) => writeTraceAs('json', path, rows),
    baseline: 'JSON.parse whole',
  },
  {
    name: 'sar-text',
    about: 'text of sar -B',
    unit: 'line',
    rows: 150_000,
    write: writeSarText,
    baseline: 'readline',
    goal: 1 / 3,
  },
  {
    name: 'sar-text-year',
    about: 'the same, as many lines as a year has minutes',
    unit: 'line',
    rows: 525_600,
    write: writeSarText,
    baseline: 'readline',
    goal: 1 / 3,
  },
  {
    name: 'sadf-d',
    about: 'CSV of sadf -d -- -B',
    unit: 'line',
    rows: 150_000,
    write: writeSadfCsv,
    baseline: 'csv-parse',
    goal: 1 / 5,
  },
  { name: 'vmstat', about: 'text of vmstat -t', unit: 'line', rows: 150_000, write: writeVmstat, baseline: 'readline' },
]

const rowsOf = (input: Input, { quick }: BenchContext): number => (quick ? input.rows / 10 : input.rows)
const pathOf = (input: Input, { folder }: BenchContext): string => join(folder, `${input.name}.input`)

async function measured(
  input: Input,
  context: BenchContext,
  read: (path: string) => Promise<unknown>,
): Promise<Measured> {
  const before = cpuSeconds()
  await read(pathOf(input, context))
  return { units: rowsOf(input, context), cpu: cpuSeconds() - before }
}

async function ours(path: string): Promise<number> {
  const input = await openInput(path)
  let rows = 0
  for await (const batch of input.batches() as AsyncIterable<{ length: number }>) rows += batch.length
  return rows
}

/** The ways that come to mind first. */
const BASELINES: Record<string, { about: string; read(path: string): Promise<unknown> }> = {
  readline: {
    about: 'readline, and each line split at blanks',
    read: async (path) => {
      let cells = 0
      for await (const line of createInterface({ input: createReadStream(path) })) cells += line.split(/\s+/).length
      return cells
    },
  },
  'JSON.parse': {
    about: 'split at line ends, JSON.parse a line',
    read: async (path) => {
      let rest = ''
      let sum = 0
      for await (const chunk of createReadStream(path, { encoding: 'utf8', highWaterMark: 1 << 20 })) {
        const lines = (rest + chunk).split('\n')
        rest = lines.pop() ?? ''
        for (const line of lines) sum += JSON.parse(line).t ?? 0
      }
      return sum
    },
  },
  'JSON.parse whole': {
    about: 'the whole document into memory, one JSON.parse',
    read: async (path) => JSON.parse(readFileSync(path, 'utf8')).events.length,
  },
  'csv-parse': {
    about: 'csv-parse, rows as arrays',
    read: async (path) => {
      let cells = 0
      const parser = parse({ comment: '#', comment_no_infix: true, delimiter: [',', ';'], relax_column_count: true })
      for await (const row of createReadStream(path).pipe(parser)) cells += row.length
      return cells
    },
  },
}

function group(input: Input): Group {
  const { about, read } = BASELINES[input.baseline]
  return {
    suite: 'ingest',
    name: `ingest-${input.name}`,
    about: input.about,
    unit: input.unit,
    prepare: (context) => input.write(pathOf(input, context), rowsOf(input, context)),
    cases: [
      { name: 'tidemark', about: 'opened and read to its end', run: (c) => measured(input, c, ours) },
      { name: input.baseline, about, run: (c) => measured(input, c, read) },
    ],
    ratios: [{ of: 'tidemark', to: input.baseline, goal: input.goal }],
  }
}

export const INGEST: readonly Group[] = INPUTS.map(group)
