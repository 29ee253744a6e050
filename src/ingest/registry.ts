/** The formats that tidemark reads, and the one way in: {@link openInput}. */

import { type ByteSource, openBytes } from '../base/byte-source.js'
import { InputError } from '../base/errors.js'
import type { CounterSeries, SeriesMeta } from '../trace/series.js'
import { allocationCsv } from './allocation/csv.js'
import { allocationJson } from './allocation/json-document.js'
import { allocationNdjson } from './allocation/ndjson.js'
import { atopParseable } from './atop/format.js'
import { collectlPlot } from './collectl/format.js'
import { dstatCsv } from './dstat/format.js'
import { cacheTrace, damon, ftrace, perfScript } from './event-traces.js'
import type { Head, IngestOptions, InputFormat, WrittenTrace } from './format.js'
import { nmonFile } from './nmon/format.js'
import { procVmstat } from './proc-vmstat/format.js'
import { vmstatNdjson } from './proc-vmstat/ndjson.js'
import { prometheusRange } from './prometheus/range.js'
import { prometheusText } from './prometheus/text.js'
import { recording } from './recording/format.js'
import { refuse } from './refusals.js'
import { sadfCsv } from './sadf/csv.js'
import { sadfJson } from './sadf/json.js'
import { sadfPairs } from './sadf/pairs.js'
import { sadfXml } from './sadf/xml.js'
import { sarText } from './sar-text/format.js'
import { JoinedSeries } from './series/join.js'
import { RecordedSeries } from './series/recorded-series.js'
import { seriesCsv, seriesNdjson } from './series-canonical.js'
import { cleanText } from './text/clean.js'
import { allocationTmk } from './tmk.js'
import { exawatcher, vmstatText } from './vmstat/format.js'

/** In the order in which they are asked: the more particular first. */
export const FORMATS: readonly InputFormat[] = [
  allocationTmk,
  recording,
  allocationJson,
  sadfJson,
  prometheusRange,
  vmstatNdjson,
  seriesNdjson,
  seriesCsv,
  allocationNdjson,
  allocationCsv,
  sadfXml,
  sadfCsv,
  sadfPairs,
  sarText,
  exawatcher,
  vmstatText,
  procVmstat,
  prometheusText,
  atopParseable,
  nmonFile,
  dstatCsv,
  collectlPlot,
  damon,
  ftrace,
  perfScript,
  cacheTrace,
]

/** An input that was opened and recognised. The name of a series' format stands in its `meta`. */
export type OpenedInput = WrittenTrace | CounterSeries

/**
 * Opens a file, or standard input for `-`, and recognises what it holds by its content. Events and samples are read
 * only when they are asked for.
 * @throws InputError for what cannot be read, is not known, or is known and cannot be used
 */
export async function openInput(path: string, options: IngestOptions = {}): Promise<OpenedInput> {
  return openSource(await openBytes(path), options)
}

/** The same for bytes from anywhere. */
export async function openSource(source: ByteSource, options: IngestOptions = {}): Promise<OpenedInput> {
  try {
    const format = recognise(headOf(source))
    if (format.kind === 'allocation') return await format.open(source)
    return new RecordedSeries(format.reader(source, options))
  } catch (error) {
    await source.close()
    throw error
  }
}

/** The format of this content. @throws InputError (TM_INPUT_UNKNOWN_FORMAT, TM_INPUT_REFUSED) */
export function recognise(head: Head): InputFormat {
  // The one binary format that is read.
  if (allocationTmk.detect(head)) return allocationTmk
  refuse(head)
  const format = FORMATS.find((f) => f.detect(head))
  if (format !== undefined) return format
  throw new InputError('of no known format', {
    file: head.file,
    code: 'TM_INPUT_UNKNOWN_FORMAT',
    expected: FORMATS.map((f) => f.name).join(', '),
    found: head.lines.find((line) => line.trim() !== '') ?? '',
  })
}

/** What a format looks at. */
export function headOf(source: ByteSource): Head {
  const text = cleanText(source.head.toString('utf8'))
  return { file: source.name, bytes: source.head, text, lines: text.split('\n') }
}

/**
 * Opens several recordings of one host as one series, ordered by their dates where all of them have dates, else as
 * given. One file is opened as {@link openInput} does.
 * @throws InputError also where a file is an allocation trace, since those cannot be joined
 */
export async function openInputs(paths: readonly string[], options: IngestOptions = {}): Promise<OpenedInput> {
  if (paths.length === 1) return openInput(paths[0], options)
  const starts: { path: string; start: number | undefined; meta: SeriesMeta }[] = []
  for (const path of paths) starts.push({ path, ...(await startOf(path, options)) })
  if (starts.every(({ start }) => start !== undefined)) starts.sort((a, b) => (a.start as number) - (b.start as number))
  const parts = starts.map(({ path }) => ({ file: path, open: () => openPart(path, options) }))
  return new JoinedSeries({ ...starts[0].meta, file: starts.map(({ path }) => path).join(' ') }, parts)
}

async function openPart(path: string, options: IngestOptions): Promise<RecordedSeries> {
  const opened = await openInput(path, options)
  if (opened.kind === 'series') return opened as RecordedSeries
  throw new InputError('an allocation trace cannot be joined with other files', { file: path, code: 'TM_INPUT_VALUE' })
}

/** When a recording begins, found by reading as little of it as possible. */
async function startOf(path: string, options: IngestOptions): Promise<{ start: number | undefined; meta: SeriesMeta }> {
  if (path === '-')
    throw new InputError('standard input cannot be joined with files', { file: path, code: 'TM_INPUT_VALUE' })
  const series = await openPart(path, { ...options, strict: false })
  for await (const _ of series.beginning()) break
  return { start: series.meta.startEpoch, meta: series.meta }
}
