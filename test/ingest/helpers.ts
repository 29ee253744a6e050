import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { type ByteSource, sourceOf } from '../../src/base/byte-source.js'
import type { InputError } from '../../src/base/errors.js'
import type { IngestOptions, WrittenTrace } from '../../src/ingest/format.js'
import { openSource } from '../../src/ingest/registry.js'
import type { RecordedBatch } from '../../src/ingest/series/recorded-series.js'
import { type AllocationTrace, type EventDetail, OP_NAMES } from '../../src/trace/events.js'
import type { CounterSeries, InputIssue, SeriesColumn, SeriesMeta } from '../../src/trace/series.js'

/** Folder of the shared samples beside the repository, or undefined where it is not there. */
export const SHARED: string | undefined = [new URL('../../../shared/', import.meta.url)]
  .map((url) => fileURLToPath(url))
  .find((path) => existsSync(`${path}samples/index.tsv`))

export const FIXTURES = fileURLToPath(new URL('../fixtures/ingest/', import.meta.url))

/** Bytes as a source, cut into chunks of `size` so that nothing depends on where a read ends. */
export function bytesSource(bytes: Uint8Array | string, name = 'input', size = 1 << 20): Promise<ByteSource> {
  const buffer = Buffer.from(bytes as string)
  async function* chunks(): AsyncGenerator<Buffer> {
    // One buffer for all chunks, as a reader of files has it: whoever keeps a chunk gets into trouble here.
    const shared = Buffer.alloc(size)
    for (let i = 0; i < buffer.length; i += size) {
      const part = buffer.subarray(i, i + size)
      shared.set(part)
      yield shared.subarray(0, part.length)
    }
  }
  return sourceOf(name, chunks())
}

/** One event as plain data, so that tests can compare. */
export interface PlainEvent {
  t: number
  op: string
  task: number
  object: number
  start: number
  count: number
  pages?: number[]
  flags: number
  line: number
  detail?: EventDetail
}

export async function plainEvents(trace: AllocationTrace): Promise<PlainEvent[]> {
  const events: PlainEvent[] = []
  for await (const b of trace.batches()) {
    for (let i = 0; i < b.length; i++) {
      const detail = b.detail.get(i)
      events.push({
        t: b.t[i],
        op: OP_NAMES[b.op[i]],
        task: b.task[i],
        object: b.object[i],
        start: b.start[i],
        count: b.count[i],
        ...(b.list[i] >= 0 ? { pages: [...b.pages.subarray(b.list[i], b.list[i] + b.count[i])] } : {}),
        flags: b.flags[i],
        line: b.line[i],
        ...(detail === undefined ? {} : { detail }),
      })
    }
  }
  return events
}

export async function openTrace(text: string | Uint8Array, name = 'input', size?: number): Promise<WrittenTrace> {
  const opened = await openSource(await bytesSource(text, name, size))
  if (opened.kind !== 'allocation') throw new Error(`not a trace but ${opened.meta.format}`)
  return opened
}

export async function eventsOf(text: string | Uint8Array, name = 'input', size?: number): Promise<PlainEvent[]> {
  return plainEvents(await openTrace(text, name, size))
}

export interface PlainSeries {
  meta: SeriesMeta
  issues: InputIssue[]
  t: number[]
  dt: number[]
  segment: number[]
  columns: Partial<Record<SeriesColumn, number[]>>
  raw: Partial<Record<SeriesColumn, number[]>>
}

export async function plainSeries(series: CounterSeries): Promise<PlainSeries> {
  const plain: PlainSeries = {
    meta: series.meta,
    issues: series.issues,
    t: [],
    dt: [],
    segment: [],
    columns: {},
    raw: {},
  }
  for await (const batch of series.batches()) {
    plain.t.push(...batch.t.subarray(0, batch.length))
    plain.dt.push(...batch.dt.subarray(0, batch.length))
    plain.segment.push(...batch.segment.subarray(0, batch.length))
    batch.columns.forEach((column, i) => {
      const values = (plain.columns[column] ??= [])
      values.push(...batch.values[i].subarray(0, batch.length))
    })
    for (const [column, values] of (batch as RecordedBatch).raw) {
      const kept = (plain.raw[column] ??= [])
      kept.push(...values)
    }
  }
  return plain
}

export async function seriesOf(
  text: string | Uint8Array,
  options: IngestOptions = {},
  name = 'input',
  size?: number,
): Promise<PlainSeries> {
  const opened = await openSource(await bytesSource(text, name, size), options)
  if (opened.kind !== 'series') throw new Error('not a series')
  return plainSeries(opened)
}

/** The error that reading ends in, as code and message (and hint), or what went wrong with that. */
export async function failure(work: Promise<unknown>): Promise<{ code: string; message: string; hint?: string }> {
  try {
    await work
  } catch (error) {
    const { name, code, message, hint } = error as InputError
    if (name !== 'InputError') throw error
    return hint === undefined ? { code, message } : { code, message, hint }
  }
  throw new Error('no error was thrown')
}
