/** Allocation traces as one JSON document, `{"header": {...}, "events": [...]}`, taken apart while it streams by. */

import type { ByteSource } from '../../base/byte-source.js'
import { InputError } from '../../base/errors.js'
import { type JsonKind, type JsonPath, type JsonVisitor, JsonWalker } from '../../base/json-walker.js'
import { linePieces, textChunks } from '../../base/text-chunks.js'
import { EventBatch, type TraceHeader } from '../../trace/events.js'
import type { AllocationFormat, WrittenTrace } from '../format.js'
import { readHeader } from './header.js'
import { type EventPlace, eventError, RawEvent, readEvent } from './raw-event.js'
import { Resolver } from './resolver.js'

export const allocationJson: AllocationFormat = {
  name: 'allocation-json',
  kind: 'allocation',
  describe: 'allocation trace, one JSON document with "header" and "events"',
  detect: ({ text }) =>
    /^\s*\{\s*"(header|events)"\s*:/.test(text) ||
    /^\s*\{[\s\S]{0,4096}?"header"\s*:\s*\{[^{]*"trace"\s*:\s*"allocation\//.test(text),
  open: async (source) => {
    const trace = new JsonDocumentTrace(source)
    await trace.readToHeader()
    return trace
  },
}

class JsonDocumentTrace implements WrittenTrace, JsonVisitor {
  readonly kind = 'allocation'
  readonly format = 'allocation-json'
  private found: TraceHeader | undefined
  private sawEvents = false
  private line = 1
  private readonly walker = new JsonWalker(this)
  private readonly pieces: AsyncGenerator<string>
  private readonly raw = new RawEvent()
  private readonly resolver = new Resolver()
  private readonly batch = new EventBatch()
  /** Events of the piece being read that did not fit into the batch any more. */
  private waiting: Record<string, unknown>[] = []
  private readonly place: EventPlace

  constructor(private readonly source: ByteSource) {
    this.place = { file: source.name, ordinal: 0 }
    this.pieces = this.readPieces()
  }

  get header(): TraceHeader {
    return this.found as TraceHeader
  }

  take(path: JsonPath, kind: JsonKind): boolean {
    if (path.length === 0 && kind !== 'object') throw this.shape('an object with "header" and "events"', kind)
    if (path.length === 1 && path[0] === 'header') return true
    if (path.length === 1 && path[0] === 'events') {
      if (kind !== 'array') throw this.shape('"events" to be an array', kind)
      if (this.found === undefined) throw this.shape('"header" before "events"', 'events first')
      this.sawEvents = true
    }
    return path.length === 2 && path[0] === 'events'
  }

  item(path: JsonPath, value: unknown): void {
    if (path.length === 1) this.found = readHeader(value, this.source.name, this.line)
    else this.waiting.push(value as Record<string, unknown>)
  }

  async readToHeader(): Promise<void> {
    while (this.found === undefined) {
      const next = await this.pieces.next()
      if (next.done) throw this.shape('"header" with {"trace":"allocation/1"}', 'none')
    }
  }

  async *batches(): AsyncGenerator<EventBatch> {
    try {
      do {
        for (const event of this.waiting) {
          this.event(event)
          if (this.batch.full) {
            yield this.batch
            this.batch.clear()
          }
        }
        this.waiting = []
      } while (!(await this.pieces.next()).done)
      if (!this.sawEvents) throw this.shape('"events" with an array', 'none')
      if (this.batch.length > 0) yield this.batch
    } finally {
      await this.source.close()
    }
  }

  private event(fields: unknown): void {
    const ordinal = (this.place.ordinal as number) + 1
    this.place.ordinal = ordinal
    if (typeof fields !== 'object' || fields === null || Array.isArray(fields)) {
      throw eventError(this.place, 'not an event', { expected: 'an object with "t" and "op"', found: fields })
    }
    readEvent(fields as Record<string, unknown>, this.raw, this.place)
    this.resolver.add(this.raw, this.batch, ordinal, this.place)
  }

  /** Feeds the document piece by piece, and stops after each so that what it held can be used. */
  private async *readPieces(): AsyncGenerator<string> {
    for await (const text of textChunks(this.source)) {
      for (const piece of linePieces(text)) {
        this.walker.pushFrom(this.source.name, this.line, piece)
        if (piece.endsWith('\n')) this.line++
        if (this.waiting.length > 0 || this.found !== undefined) yield piece
      }
    }
    if (!this.walker.done) {
      throw new InputError('the JSON document ends early: the file is cut off', {
        file: this.source.name,
        line: this.line,
        expected: 'the closing brackets',
      })
    }
  }

  private shape(expected: string, found: string): InputError {
    return new InputError('not an allocation trace', { file: this.source.name, line: this.line, expected, found })
  }
}
