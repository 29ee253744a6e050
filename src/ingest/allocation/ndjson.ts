/** Allocation traces as NDJSON: the header on the first line, then one event a line. */

import { InputError } from '../../base/errors.js'
import { type LineBlock, LineReader } from '../../base/line-reader.js'
import { EventBatch, type TraceHeader } from '../../trace/events.js'
import type { AllocationFormat, WrittenTrace } from '../format.js'
import { readHeader } from './header.js'
import { NdjsonScanner } from './ndjson-scanner.js'
import { type EventPlace, RawEvent, readEvent } from './raw-event.js'
import { Resolver } from './resolver.js'

const LF = 10

export const allocationNdjson: AllocationFormat = {
  name: 'allocation-ndjson',
  kind: 'allocation',
  describe: 'allocation trace, one JSON object a line',
  detect: ({ lines }) => {
    const first = lines.find((line) => line.trim() !== '') ?? ''
    return /^\s*\{.*"trace"\s*:\s*"allocation\//.test(first) || /^\s*\{(?=.*"t"\s*:).*"op"\s*:/.test(first)
  },
  open: async (source) => {
    const lines = new LineReader(source)
    const blocks = lines.blocks()
    const first = await firstLine(lines, blocks)
    return new NdjsonTrace(first.header, lines, blocks, first.rest)
  },
}

/** Takes the header; the rest of its block is still to be read. */
async function firstLine(
  lines: LineReader,
  blocks: AsyncGenerator<LineBlock>,
): Promise<{ header: TraceHeader; rest: LineBlock }> {
  for await (const block of keepOpen(blocks)) {
    let start = block.start
    while (start < block.end) {
      const lf = block.bytes.indexOf(LF, start)
      lines.line++
      const text = block.bytes.toString('utf8', start, lf).trim()
      start = lf + 1
      if (text === '') continue
      const value = parseLine(text, lines.source.name, lines.line)
      return { header: readHeader(value, lines.source.name, lines.line), rest: { ...block, start } }
    }
  }
  throw new InputError('no header', { file: lines.source.name, expected: 'a first line with {"trace":"allocation/1"}' })
}

/** `for await` closes what it leaves early; here the iteration goes on later. */
function keepOpen<T>(generator: AsyncGenerator<T>): AsyncIterable<T> {
  return { [Symbol.asyncIterator]: () => ({ next: () => generator.next() }) }
}

class NdjsonTrace implements WrittenTrace {
  readonly kind = 'allocation'
  readonly format = 'allocation-ndjson'
  private readonly batch = new EventBatch()
  private readonly raw = new RawEvent()
  private readonly scanner = new NdjsonScanner()
  private readonly resolver = new Resolver()
  private readonly place: EventPlace

  constructor(
    readonly header: TraceHeader,
    private readonly lines: LineReader,
    private readonly blocks: AsyncGenerator<LineBlock>,
    private readonly first: LineBlock,
  ) {
    this.place = { file: lines.source.name }
  }

  async *batches(): AsyncGenerator<EventBatch> {
    const batch = this.batch
    batch.clear()
    try {
      for (let block: LineBlock | undefined = this.first; block !== undefined; block = await this.next()) {
        let at = block.start
        while (at < block.end) {
          at = this.events(block.bytes, at, block.end)
          if (batch.full) {
            yield batch
            batch.clear()
          }
        }
      }
      if (batch.length > 0) yield batch
    } finally {
      await this.lines.source.close()
    }
  }

  private async next(): Promise<LineBlock | undefined> {
    const next = await this.blocks.next()
    return next.done ? undefined : next.value
  }

  /** Events until the block ends or the batch is full; returns where it stopped. */
  private events(bytes: Buffer, start: number, end: number): number {
    const { batch, raw, scanner, resolver, place, lines } = this
    let at = start
    while (at < end && !batch.full) {
      const line = ++lines.line
      place.line = line
      const next = scanner.scan(bytes, at, raw) ? lineEnd(bytes, scanner.end) : -1
      if (next < 0) {
        const text = bytes.toString('utf8', at, bytes.indexOf(LF, at)).trim()
        at = bytes.indexOf(LF, at) + 1
        if (text === '') continue
        readEvent(asEvent(parseLine(text, place.file, line), place), raw, place)
      } else at = next
      resolver.add(raw, batch, line, place)
    }
    return at
  }
}

/** Where the next line begins, if nothing else stands on this one; else −1. */
function lineEnd(bytes: Buffer, at: number): number {
  let i = at
  while (bytes[i] === 0x20 || bytes[i] === 0x09) i++
  if (bytes[i] === 0x0d) i++
  return bytes[i] === LF ? i + 1 : -1
}

function parseLine(text: string, file: string, line: number): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    throw new InputError(
      `not valid JSON: ${(error as Error).message.replace(/ in JSON at position (\d+).*/s, ' at character $1')}`,
      {
        file,
        line,
        expected: 'one JSON object a line',
        found: text,
      },
    )
  }
}

function asEvent(value: unknown, place: EventPlace): Record<string, unknown> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>
  throw new InputError('not an event', {
    file: place.file,
    line: place.line,
    expected: '{"t":…,"op":…}',
    found: JSON.stringify(value),
  })
}
