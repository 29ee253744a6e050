/**
 * Allocation traces as CSV: the header as JSON in a comment, the column names, then one event a row. An empty list of
 * pages, which no cell can hold, is written as the empty range 0, 0: it means the same.
 */

import type { EventBatch, TraceHeader } from '../../../trace/events.js'
import { CSV_COLUMNS } from '../event-fields.js'
import { type EventFields, EventReader } from './event-fields.js'
import type { TraceWriter } from './forms.js'

export class CsvWriter implements TraceWriter {
  private readonly events = new EventReader()
  private begun = false

  constructor(private readonly header: TraceHeader) {}

  *add(batch: EventBatch): Generator<string> {
    yield* this.begin()
    for (let i = 0; i < batch.length; i++) yield row(this.events.fields(batch, i))
  }

  *finish(): Generator<string> {
    yield* this.begin()
  }

  private *begin(): Generator<string> {
    if (this.begun) return
    this.begun = true
    yield `# ${JSON.stringify(this.header)}\n${CSV_COLUMNS.join(',')}\n`
  }
}

function row(fields: EventFields): string {
  if (Array.isArray(fields.pages) && fields.pages.length === 0) {
    delete fields.pages
    fields.start = 0
    fields.count = 0
  }
  return `${CSV_COLUMNS.map((name) => cell(fields[name])).join(',')}\n`
}

function cell(value: unknown): string {
  if (value === undefined) return ''
  if (Array.isArray(value)) return value.join(' ')
  const text = typeof value === 'object' ? JSON.stringify(value) : String(value)
  return /^[\w./:+-]+$/.test(text) ? text : `"${text.replaceAll('"', '""')}"`
}
