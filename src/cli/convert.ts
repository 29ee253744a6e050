/** Writes a trace or a recording in another form. */

import { UsageError } from '../base/errors.js'
import { createTraceWriter, type TraceForm } from '../ingest/allocation/write/forms.js'
import type { IngestOptions } from '../ingest/format.js'
import { type OpenedInput, openInput } from '../ingest/registry.js'
import { SERIES_FORMS, type SeriesForm, SeriesWriter } from '../ingest/series-write.js'
import { type Interrupt, Interrupted } from './interrupt.js'
import type { Terminal } from './terminal.js'
import { formOf, writeOutput } from './write-trace.js'

export type Form = TraceForm

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
  const form = formOf(output, job.form)
  const input = await interrupt.wait(openInput(job.input, job.options))
  const done: Converted = { kind: input.kind, rows: 0, form, bytes: 0, issues: 0 }
  done.bytes = await writeOutput(output, parts(input, job, done), job.terminal)
  if (input.kind === 'series') done.issues = input.issues.length
  return done
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
