/** `inspect`: what an input holds and what is wrong with it, without replaying it. */

import { type ByteSource, openBytes } from '../base/byte-source.js'
import { InputError } from '../base/errors.js'
import { OP_NAMES, type TraceHeader } from '../trace/events.js'
import type { InputIssue, SeriesMeta } from '../trace/series.js'
import type { IngestOptions, WrittenTrace } from './format.js'
import { headOf, recognise } from './registry.js'
import { RecordedSeries } from './series/recorded-series.js'

interface InspectBase {
  file: string
  format: string
  /** Decoded bytes. */
  bytes: number
  issues: InputIssue[]
  /** Why the input cannot be replayed although it was recognised and read. */
  error?: { code: string; message: string; hint?: string }
}

/** An allocation trace, counted. */
export interface TraceInspection extends InspectBase {
  kind: 'allocation'
  header: TraceHeader
  events: number
  /** Seconds from the first to the last event. */
  span_s: number
  processes: number
  regions: number
  /** Pages touched, read and written. */
  pages: number
  by_op: Record<string, number>
}

/**
 * A recording. Besides what stands here it has what the format's reader reports: tables, columns, rows, sums, by the
 * names of the tool that recorded them.
 */
export interface SeriesInspection extends InspectBase {
  kind: 'series'
  meta: SeriesMeta
  samples: number
  segments: number
  span_s: number
  /** Totals of the counters of the series after the repairs, by their /proc/vmstat names. */
  repaired: Record<string, number>
  /** The same before the repairs, for the columns that were changed. */
  raw: Record<string, number>
  [reported: string]: unknown
}

export type Inspection = TraceInspection | SeriesInspection

/** Reads an input to its end and reports on it. @throws InputError for what is broken or not known */
export async function inspectInput(path: string, options: IngestOptions = {}): Promise<Inspection> {
  return inspectSource(await openBytes(path), options)
}

/** The same for bytes from anywhere. */
export async function inspectSource(source: ByteSource, options: IngestOptions = {}): Promise<Inspection> {
  try {
    const format = recognise(headOf(source))
    if (format.kind === 'allocation') return await inspectTrace(source, await format.open(source))
    return await inspectSeries(source, new RecordedSeries(format.reader(source, { ...options, report: true })))
  } finally {
    await source.close()
  }
}

async function inspectTrace(source: ByteSource, trace: WrittenTrace): Promise<TraceInspection> {
  const byOp = OP_NAMES.map(() => 0)
  let first = Number.NaN
  let last = 0
  let events = 0
  let pages = 0
  let regions = 0
  for await (const batch of trace.batches()) {
    if (events === 0) first = batch.t[0]
    events += batch.length
    last = batch.t[batch.length - 1]
    for (let i = 0; i < batch.length; i++) {
      const op = OP_NAMES[batch.op[i]]
      byOp[batch.op[i]]++
      if (op === 'mmap') regions++
      else pages += batch.count[i]
    }
  }
  return {
    kind: 'allocation',
    file: source.name,
    format: trace.format,
    bytes: source.delivered,
    header: trace.header,
    events,
    span_s: events === 0 ? 0 : last - first,
    processes: byOp[OP_NAMES.indexOf('spawn')],
    regions,
    pages,
    by_op: Object.fromEntries(OP_NAMES.map((name, i) => [name, byOp[i]]).filter(([, n]) => n !== 0)),
    issues: [],
  }
}

async function inspectSeries(source: ByteSource, series: RecordedSeries): Promise<SeriesInspection> {
  const totals = new Map<string, number>()
  const raw = new Map<string, number>()
  const sum = (into: Map<string, number>, name: string, values: Float64Array): void => {
    let total = into.get(name) ?? 0
    for (const value of values) if (!Number.isNaN(value)) total += value
    into.set(name, total)
  }
  let samples = 0
  let segments = 0
  let span = 0
  let error: InspectBase['error']
  try {
    for await (const batch of series.batches()) {
      samples += batch.length
      segments = batch.segment[batch.length - 1] + 1
      for (const dt of batch.dt) span += dt
      batch.columns.forEach((column, i) => {
        if (series.isCounter(column)) sum(totals, column, batch.values[i])
      })
      for (const [column, values] of batch.raw) sum(raw, column, values)
    }
  } catch (thrown) {
    // Read to its end and of no use: what it holds can still be told. Anything else is a broken input.
    if (!(thrown instanceof InputError) || thrown.code !== 'TM_INPUT_REFUSED') throw thrown
    error = { code: thrown.code, message: thrown.message, ...(thrown.hint === undefined ? {} : { hint: thrown.hint }) }
  }
  const plain = (map: Map<string, number>): Record<string, number> =>
    Object.fromEntries([...map].map(([name, value]) => [name, Number(value.toFixed(1))]))
  return {
    kind: 'series',
    file: source.name,
    format: series.meta.format,
    bytes: source.delivered,
    meta: series.meta,
    samples,
    segments,
    span_s: Number(span.toFixed(3)),
    ...series.report(),
    issues: series.issues,
    repaired: plain(totals),
    raw: plain(raw),
    ...(error === undefined ? {} : { error }),
  }
}
