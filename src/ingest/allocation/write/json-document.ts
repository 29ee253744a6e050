/** Allocation traces as one JSON document, an event a line so that people and line tools can read it too. */

import type { EventBatch, TraceHeader } from '../../../trace/events.js'
import { EventReader } from './event-fields.js'
import type { TraceWriter } from './forms.js'

export class JsonDocumentWriter implements TraceWriter {
  private readonly events = new EventReader()
  private begun = false
  private separator = '\n'

  constructor(private readonly header: TraceHeader) {}

  *add(batch: EventBatch): Generator<string> {
    yield* this.begin()
    for (let i = 0; i < batch.length; i++) {
      yield `${this.separator}${JSON.stringify(this.events.fields(batch, i))}`
      this.separator = ',\n'
    }
  }

  *finish(): Generator<string> {
    yield* this.begin()
    yield '\n]}\n'
  }

  private *begin(): Generator<string> {
    if (this.begun) return
    this.begun = true
    yield `{"header":${JSON.stringify(this.header)},\n"events":[`
  }
}
