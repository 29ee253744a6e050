/** Writes a trace or a recording in another form. */

import { PassThrough, Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createGzip } from 'node:zlib'
import { UsageError } from '../base/errors.js'
import { createTraceWriter, TRACE_FORMS, type TraceForm } from '../ingest/allocation/write/forms.js'
import type { IngestOptions } from '../ingest/format.js'
import { type OpenedInput, openInput } from '../ingest/registry.js'
import { SERIES_FORMS, type SeriesForm, SeriesWriter } from '../ingest/series-write.js'
import { AtomicFile } from './atomic-file.js'
import { type Interrupt, Interrupted } from './interrupt.js'
import type { Terminal } from './terminal.js'

export type Form = TraceForm

const EXTENSIONS: Record<string, Form> = { tmk: 'tmk', ndjson: 'ndjson', jsonl: 'ndjson', json: 'json', csv: 'csv' }

export interface ConvertJob {
  input: string
  /** Path, or `-` for standard output. */
  output: string
  /** Form of the output; by its name unless given. */
  form?: Form
  options: IngestOptions
  interrupt: Interrupt
  terminal: Terminal
}

export interface Converted {
  kind: OpenedInput['kind']
  /** Events or samples. */
  rows: number
  form: Form
  /** Bytes written. */
  bytes: number
  /** Problems of a recording; `tidemark inspect` names them. */
  issues: number
}

/**
 * Reads the input to its end and writes it in the other form. A file is there only when it is whole.
 * @throws InputError, UsageError where the form does not fit, TidemarkError (TM_OUTPUT)
 */
export async function convert(job: ConvertJob): Promise<Converted> {
  const { interrupt, output } = job
  const form = formOf(job)
  const input = await interrupt.wait(openInput(job.input, job.options))
  const done: Converted = { kind: input.kind, rows: 0, form, bytes: 0, issues: 0 }
  const chunks = inChunks(parts(input, job, done))
  const coded = output.endsWith('.gz') ? gzip(chunks) : chunks
  if (output === '-') {
    for await (const chunk of coded) {
      await job.terminal.write(chunk)
      done.bytes += chunk.length
    }
  } else {
    const file = new AtomicFile(output)
    try {
      for await (const chunk of coded) file.write(chunk)
      file.commit()
    } catch (error) {
      file.abandon()
      throw error
    }
    done.bytes = file.bytes
  }
  if (input.kind === 'series') done.issues = input.issues.length
  return done
}

function formOf({ form, output }: ConvertJob): Form {
  if (form !== undefined) return form
  const extension = /\.([a-z]+)(\.gz)?$/.exec(output)?.[1] ?? ''
  const known = EXTENSIONS[extension]
  if (known !== undefined) return known
  throw new UsageError(
    output === '-' ? 'what is written to standard output needs --to' : `${output}: the name tells no form`,
    `Give --to ${TRACE_FORMS.join(', --to ')}, or a name that ends in one of them.`,
  )
}

/** What is to be written, as it comes. */
async function* parts(input: OpenedInput, job: ConvertJob, done: Converted): AsyncGenerator<string | Uint8Array> {
  const { interrupt } = job
  const writer =
    input.kind === 'allocation' ? createTraceWriter(done.form, input.header) : seriesWriter(input, done.form)
  const batches = (input.batches() as AsyncIterable<never>)[Symbol.asyncIterator]()
  try {
    for (;;) {
      const next: IteratorResult<{ length: number }> = await interrupt.wait(batches.next())
      if (next.done) break
      done.rows += next.value.length
      yield* writer.add(next.value as never)
      await interrupt.checkpoint()
    }
    yield* writer.finish()
  } catch (error) {
    // Who waits for more input that does not come cannot be ended; the process is about to be.
    if (!(error instanceof Interrupted)) await batches.return?.()
    throw error
  }
}

function seriesWriter(input: Extract<OpenedInput, { kind: 'series' }>, form: Form): SeriesWriter {
  if ((SERIES_FORMS as readonly string[]).includes(form)) return new SeriesWriter(form as SeriesForm, input.meta)
  throw new UsageError(
    `${input.meta.file}: a recording of counters (${input.meta.format}) cannot be written as ${form}`,
    `Counter series are written as ${SERIES_FORMS.join(' or ')}.`,
  )
}

/** Characters gathered into one chunk. */
const CHUNK = 64 * 1024

/** Small texts become chunks worth writing. */
async function* inChunks(pieces: AsyncIterable<string | Uint8Array>): AsyncGenerator<Uint8Array> {
  let text = ''
  for await (const piece of pieces) {
    if (typeof piece !== 'string') {
      yield piece
      continue
    }
    text += piece
    if (text.length < CHUNK) continue
    yield Buffer.from(text)
    text = ''
  }
  if (text !== '') yield Buffer.from(text)
}

async function* gzip(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const out = new PassThrough()
  const piped = pipeline(Readable.from(chunks), createGzip(), out)
  // Its error comes out of `out` as well.
  piped.catch(() => {})
  yield* out as AsyncIterable<Uint8Array>
  await piped
}
