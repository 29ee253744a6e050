/**
 * Allocation traces as one JSON document, `{"header": {...}, "events": [...]}`, taken apart while it streams by. The
 * events are cut out of their array by their bytes and read as those of NDJSON are; everything around them goes through
 * a parser.
 */

import { StringDecoder } from 'node:string_decoder'
import type { ByteSource } from '../../base/byte-source.js'
import { InputError } from '../../base/errors.js'
import { ArrayFinder, valueEnd } from '../../base/json-extent.js'
import { type JsonKind, type JsonPath, type JsonVisitor, JsonWalker, MAX_VALUE_CHARS } from '../../base/json-walker.js'
import { linePieces } from '../../base/text-chunks.js'
import { EventBatch, type TraceHeader } from '../../trace/events.js'
import type { AllocationFormat, WrittenTrace } from '../format.js'
import { readHeader } from './header.js'
import { NdjsonScanner } from './ndjson-scanner.js'
import { type EventPlace, eventError, RawEvent, readEvent } from './raw-event.js'
import { Resolver } from './resolver.js'

const TAB = 0x09
const LF = 0x0a
const CR = 0x0d
const BLANK = 0x20
const COMMA = 0x2c
const CLOSE_ARRAY = 0x5d

/** What the array of events goes on with. */
type Next = 'first' | 'comma' | 'value'

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
  private readonly chunks: AsyncIterator<Buffer>
  private readonly decoder = new StringDecoder('utf8')
  private readonly finder = new ArrayFinder('events')
  /** Bytes read: those from `at` up to `limit` are to be worked on. Behind them stands a zero, which ends all values. */
  private bytes: Buffer = Buffer.alloc(1)
  private at = 0
  private limit = 0
  private inEvents = false
  private next: Next = 'first'
  private readonly scanner = new NdjsonScanner()
  private readonly raw = new RawEvent()
  private readonly resolver = new Resolver()
  private readonly batch = new EventBatch()
  /** Events that the parser around the array has met: those of an array whose name is written with escapes. */
  private waiting: unknown[] = []
  private readonly place: EventPlace

  constructor(private readonly source: ByteSource) {
    this.place = { file: source.name, ordinal: 0 }
    this.chunks = source.chunks()[Symbol.asyncIterator]()
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
    else this.waiting.push(value)
  }

  async readToHeader(): Promise<void> {
    while (this.found === undefined && (await this.fill())) this.around()
    if (this.found === undefined) throw this.shape('"header" with {"trace":"allocation/1"}', 'none')
  }

  async *batches(): AsyncGenerator<EventBatch> {
    const { batch } = this
    try {
      do {
        while (this.work()) {
          if (!batch.full) continue
          yield batch
          batch.clear()
        }
      } while (await this.fill())
      if (!this.sawEvents) throw this.shape('"events" with an array', 'none')
      if (batch.length > 0) yield batch
    } finally {
      await this.source.close()
    }
  }

  /** Works on the bytes that are there. @returns false when there is nothing more to be had of them */
  private work(): boolean {
    const event = this.waiting.shift()
    if (event !== undefined) this.event(event)
    else if (this.inEvents) return this.events()
    else if (this.at < this.limit) this.around()
    else return false
    return true
  }

  /** Reads on. @returns false at the end of the document. @throws InputError where that comes too early */
  private async fill(): Promise<boolean> {
    const held = this.limit - this.at
    if (held > MAX_VALUE_CHARS) throw this.invalid(`a value is longer than ${MAX_VALUE_CHARS} characters`, '')
    const chunk = await this.chunks.next()
    if (chunk.done) {
      this.ended()
      return false
    }
    const length = held + chunk.value.length
    const bytes = length < this.bytes.length ? this.bytes : Buffer.allocUnsafe(length * 2)
    this.bytes.copy(bytes, 0, this.at, this.limit)
    chunk.value.copy(bytes, held)
    bytes[length] = 0
    this.bytes = bytes
    this.at = 0
    this.limit = length
    return true
  }

  private ended(): void {
    if (this.inEvents) this.parseRest()
    if (this.walker.done) return
    throw new InputError('the JSON document ends early: the file is cut off', {
      file: this.source.name,
      line: this.line,
      expected: 'the closing brackets',
    })
  }

  /** What stands around the events. */
  private around(): void {
    const begin = this.finder.find(this.bytes, this.at, this.limit)
    const end = begin < 0 ? this.limit : begin
    this.feed(this.decoder.write(this.bytes.subarray(this.at, end)))
    this.at = end
    this.inEvents = begin > 0
    this.next = 'first'
  }

  /** Events until the bytes end or the batch is full. @returns whether there is more to be had of the bytes */
  private events(): boolean {
    const { bytes, limit, batch, scanner, raw, resolver, place } = this
    while (this.skipBlanks() < limit) {
      const c = bytes[this.at]
      if (c === CLOSE_ARRAY && this.next !== 'value') {
        this.inEvents = false
        return true
      }
      if (this.next === 'comma') {
        if (c !== COMMA) this.wrong()
        this.next = 'value'
        this.at++
        continue
      }
      if (scanner.scan(bytes, this.at, raw)) {
        this.at = scanner.end
        resolver.add(raw, batch, ++(place.ordinal as number), place)
      } else if (!this.other()) return false
      this.next = 'comma'
      if (batch.full) return true
    }
    return false
  }

  private skipBlanks(): number {
    const { bytes } = this
    let i = this.at
    // The zero behind the bytes is none of them.
    for (let c = bytes[i]; c === BLANK || c === LF || c === CR || c === TAB; c = bytes[++i]) if (c === LF) this.line++
    this.at = i
    return i
  }

  /** Reads an event that the scanner leaves. @returns false when it does not end in the bytes that are there */
  private other(): boolean {
    const end = valueEnd(this.bytes, this.at, this.limit)
    if (end < 0) return false
    const text = this.bytes.toString('utf8', this.at, end)
    let value: unknown
    try {
      value = JSON.parse(text)
    } catch {
      this.wrong()
    }
    this.event(value)
    this.at = end
    for (let lf = text.indexOf('\n'); lf >= 0; lf = text.indexOf('\n', lf + 1)) this.line++
    return true
  }

  /** Has the parser say what is wrong at the place that was come to. */
  private wrong(): never {
    const found = this.bytes.toString('utf8', this.at, Math.min(this.at + 80, this.limit))
    this.parseRest()
    throw this.invalid('unexpected characters', found)
  }

  /** Feeds the parser the bytes that are there. It has seen none of the events: something stands in for them. */
  private parseRest(): void {
    const { bytes, at, limit } = this
    const lineStart = at === 0 ? 0 : bytes.lastIndexOf(LF, at - 1) + 1
    this.walker.push({ first: '', comma: '0', value: '0,' }[this.next])
    this.feed(bytes.toString('utf8', at, limit), bytes.toString('utf8', lineStart, at))
    this.at = limit
  }

  /** @param head what stands before the text on its line */
  private feed(text: string, head = ''): void {
    let written = head
    for (const piece of linePieces(text)) {
      this.walker.pushFrom(this.source.name, this.line, piece, written + piece)
      if (piece.endsWith('\n')) this.line++
      written = ''
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

  private invalid(what: string, found: string): InputError {
    return new InputError(`not valid JSON: ${what}`, { file: this.source.name, line: this.line, found })
  }

  private shape(expected: string, found: string): InputError {
    return new InputError('not an allocation trace', { file: this.source.name, line: this.line, expected, found })
  }
}
