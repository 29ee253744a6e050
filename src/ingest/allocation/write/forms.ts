/** The forms that an allocation trace can be written in. */

import type { EventBatch, TraceHeader } from '../../../trace/events.js'
import { TmkWriter } from '../../../trace/tmk/writer.js'
import { CsvWriter } from './csv.js'
import { JsonDocumentWriter } from './json-document.js'
import { NdjsonWriter } from './ndjson.js'

/** Gives a written trace part by part, in bounded memory. The parts of a file are not whole before `finish`. */
export interface TraceWriter {
  /** @returns what can be written now */
  add(batch: EventBatch): Iterable<string | Uint8Array>
  /** @returns the rest */
  finish(): Iterable<string | Uint8Array>
}

export const TRACE_FORMS = ['tmk', 'ndjson', 'json', 'csv'] as const
export type TraceForm = (typeof TRACE_FORMS)[number]

export function createTraceWriter(form: TraceForm, header: TraceHeader): TraceWriter {
  switch (form) {
    case 'tmk':
      return new TmkWriter(header)
    case 'ndjson':
      return new NdjsonWriter(header)
    case 'json':
      return new JsonDocumentWriter(header)
    case 'csv':
      return new CsvWriter(header)
  }
}
