/**
 * Allocation traces as one JSON document, `{"header": {...}, "events": [...]}`, taken apart while it streams by. The
 * events are cut out of their array by their bytes and read as those of NDJSON are; everything around them goes through
 * a parser.
 */

import { StringDecoder } from 'node:string_decoder'
import type { ByteSource } from '../../base/byte-source.js'
import { ByteWindow } from '../../base/byte-window.js'
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
  private readonly window = new ByteWindow()
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
    else if (this.window.length > 0) this.around()
    else return false
    return true
  }

  /** Reads on. @returns false at the end of the document. @throws InputError where that comes too early */
  private async fill(): Promise<boolean> {
    const { window } = this
    const held = window.length
    // An event that is not at its end is looked at again once there is twice as much of it, lest that cost its square.
    do {
      if (window.length > MAX_VALUE_CHARS) {
        throw this.invalid(`a value is longer than ${MAX_VALUE_CHARS} characters`)
      }
      const chunk = await this.chunks.next()
      if (!chunk.done) window.append(chunk.value)
      else if (window.length > held) return true
      else {
        this.ended()
        return false
      }
    } while (window.length < 2 * held)
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
    const { window } = this
    const begin = this.finder.find(window.bytes, window.at, window.limit)
    const end = begin < 0 ? window.limit : begin
    this.feed(this.decoder.write(window.bytes.subarray(window.at, end)))
    window.at = end
    this.inEvents = begin > 0
    this.next = 'first'
  }

  /** Events until the bytes end or the batch is full. @returns whether there is more to be had of the bytes */
  private events(): boolean {
    const { window, batch, scanner, raw, resolver, place } = this
    const { bytes, limit } = window
    while (this.skipBlanks() < limit) {
      const c = bytes[window.at]
      if (c === CLOSE_ARRAY && this.next !== 'value') {
        this.inEvents = false
        return true
      }
      if (this.next === 'comma') {
        if (c !== COMMA) this.wrong()
        this.next = 'value'
        window.at++
        continue
      }
      if (scanner.scan(bytes, window.at, raw)) {
        window.at = scanner.end
        resolver.add(raw, batch, ++(place.ordinal as number), place)
      } else if (!this.other()) return false
      this.next = 'comma'
      if (batch.full) return true
    }
    return false
  }

  private skipBlanks(): number {
    const { bytes, at } = this.window
    let i = at
    // The zero behind the bytes is none of them.
    for (let c = bytes[i]; c === BLANK || c === LF || c === CR || c === TAB; c = bytes[++i]) if (c === LF) this.line++
    this.window.at = i
    return i
  }

  /** Reads an event that the scanner leaves. @returns false when it does not end in the bytes that are there */
  private other(): boolean {
    const { window } = this
    const end = valueEnd(window.bytes, window.at, window.limit)
    if (end < 0) return false
    const text = window.bytes.toString('utf8', window.at, end)
    let value: unknown
    try {
      value = JSON.parse(text)
    } catch {
      this.wrong()
    }
    this.event(value)
    window.at = end
    for (let lf = text.indexOf('\n'); lf >= 0; lf = text.indexOf('\n', lf + 1)) this.line++
    return true
  }

  /** Has the parser say what is wrong at the place that was come to. */
  private wrong(): never {
    const { bytes, at, limit } = this.window
    const found = bytes.toString('utf8', at, Math.min(at + 80, limit))
    this.parseRest()
    throw this.invalid('unexpected characters', found)
  }

  /** Feeds the parser the bytes that are there. It has seen none of the events: something stands in for them. */
  private parseRest(): void {
    const { window } = this
    this.walker.push({ first: '', comma: '0', value: '0,' }[this.next])
    this.feed(window.bytes.toString('utf8', window.at, window.limit), window.lineBefore())
    window.at = window.limit
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

  private invalid(what: string, found?: string): InputError {
    return new InputError(`not valid JSON: ${what}`, { file: this.source.name, line: this.line, found })
  }

  private shape(expected: string, found: string): InputError {
    return new InputError('not an allocation trace', { file: this.source.name, line: this.line, expected, found })
  }
}
