/** Traces written in one form after another, in memory. */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll } from 'vitest'
import { createTraceWriter, type TraceForm } from '../../src/ingest/allocation/write/forms.js'
import { openInput } from '../../src/ingest/registry.js'
import { openTrace, type PlainEvent, plainEvents } from '../ingest/helpers.js'

/** The trace that `bytes` hold, in another form. */
export async function rewritten(bytes: Uint8Array | string, form: TraceForm): Promise<Buffer> {
  const trace = await openTrace(bytes, 'input', 4093)
  const writer = createTraceWriter(form, trace.header)
  const parts: Buffer[] = []
  const put = (from: Iterable<string | Uint8Array>): void => {
    for (const part of from) parts.push(Buffer.from(part as string))
  }
  for await (const batch of trace.batches()) put(writer.add(batch))
  put(writer.finish())
  return Buffer.concat(parts)
}

const folder = mkdtempSync(join(tmpdir(), 'tidemark-tmk-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** Writes bytes to a file that goes when the tests are done. */
export function fileOf(bytes: Uint8Array, name = 'trace.tmk'): string {
  const path = join(folder, name)
  writeFileSync(path, bytes)
  return path
}

/** Events read from a file. */
export async function eventsOfFile(path: string): Promise<PlainEvent[]> {
  const opened = await openInput(path)
  if (opened.kind !== 'allocation') throw new Error('not a trace')
  return plainEvents(opened)
}
