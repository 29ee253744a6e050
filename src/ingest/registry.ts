/** The formats that tidemark reads, and the one way in: {@link openInput}. */

import { type ByteSource, openBytes } from '../base/byte-source.js'
import { InputError } from '../base/errors.js'
import type { CounterSeries } from '../trace/series.js'
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
import { refuse } from './refusals.js'
import { sadfCsv } from './sadf/csv.js'
import { sadfJson } from './sadf/json.js'
import { sadfPairs } from './sadf/pairs.js'
import { sadfXml } from './sadf/xml.js'
import { sarText } from './sar-text/format.js'
import { RecordedSeries } from './series/recorded-series.js'
import { cleanText } from './text/clean.js'
import { exawatcher, vmstatText } from './vmstat/format.js'

/** In the order in which they are asked: the more particular first. */
export const FORMATS: readonly InputFormat[] = [
  allocationJson,
  sadfJson,
  prometheusRange,
  vmstatNdjson,
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
