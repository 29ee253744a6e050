/** Allocation traces as NDJSON: the header, then one event a line. */

import type { EventBatch, TraceHeader } from '../../../trace/events.js'
import { EventReader } from './event-fields.js'
import type { TraceWriter } from './forms.js'

export class NdjsonWriter implements TraceWriter {
  private readonly events = new EventReader()
  private begun = false

  constructor(private readonly header: TraceHeader) {}

  *add(batch: EventBatch): Generator<string> {
    yield* this.begin()
    for (let i = 0; i < batch.length; i++) yield `${JSON.stringify(this.events.fields(batch, i))}\n`
  }

  *finish(): Generator<string> {
    yield* this.begin()
  }

  private *begin(): Generator<string> {
    if (this.begun) return
    this.begun = true
    yield `${JSON.stringify(this.header)}\n`
  }
}
