/** Writes what a command makes to a file or to standard output: form and compression by the name. */

import { PassThrough, Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createGzip } from 'node:zlib'
import { UsageError } from '../base/errors.js'
import { TRACE_FORMS, type TraceForm } from '../ingest/allocation/write/forms.js'
import { AtomicFile } from './atomic-file.js'
import type { Terminal } from './terminal.js'

const EXTENSIONS: Record<string, TraceForm> = {
  tmk: 'tmk',
  ndjson: 'ndjson',
  jsonl: 'ndjson',
  json: 'json',
  csv: 'csv',
}

/**
 * The form of an output: the one asked for, else by its name.
 * @throws UsageError where the name tells none
 */
export function formOf(output: string, form?: TraceForm): TraceForm {
  if (form !== undefined) return form
  const extension = /\.([a-z]+)(\.gz)?$/.exec(output)?.[1] ?? ''
  const known = EXTENSIONS[extension]
  if (known !== undefined) return known
  throw new UsageError(
    output === '-' ? 'what is written to standard output needs --to' : `${output}: the name tells no form`,
    `Give --to ${TRACE_FORMS.join(', --to ')}, or a name that ends in one of them.`,
  )
}

/**
 * Writes the parts to `output`, `-` for standard output, compressed where the name ends in `.gz`. A file is there only
 * when it is whole.
 * @returns bytes written
 * @throws TidemarkError (TM_OUTPUT)
 */
export async function writeOutput(
  output: string,
  parts: AsyncIterable<string | Uint8Array>,
  terminal: Terminal,
): Promise<number> {
  const compressed = output.endsWith('.gz')
  // A file gathers what is written to it by itself.
  const coded = compressed ? gzip(inChunks(parts)) : output === '-' ? inChunks(parts) : parts
  if (output === '-') {
    let bytes = 0
    for await (const chunk of coded) {
      await terminal.write(chunk)
      bytes += chunk.length
    }
    return bytes
  }
  const file = new AtomicFile(output)
  try {
    for await (const chunk of coded) file.write(chunk)
    file.commit()
  } catch (error) {
    file.abandon()
    throw error
  }
  return file.bytes
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
