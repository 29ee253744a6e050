/**
 * Allocation traces as CSV: one column a field, one event a row.
 *
 *     # {"trace":"allocation/1","page_size":4096}
 *     t,op,pid,region,file,start,count,pages,write,...
 *     0.2,touch,1,heap,,0,128,,true,...
 *     0.3,touch,1,heap,,,,5 9 1,false,...
 *
 * The header stands as JSON in a comment on the first line; without one it is a plain `allocation/1` header. Columns
 * may stand in any order and may be left out where no event needs them. An empty cell is a field that is not there. A
 * list of pages is separated by blanks, `set` is JSON (quoted, its quotes doubled).
 */

import type { ByteSource } from '../../base/byte-source.js'
import { InputError } from '../../base/errors.js'
import { type LineBlock, LineReader } from '../../base/line-reader.js'
import { EventBatch, OP, type OpName, type TraceHeader } from '../../trace/events.js'
import type { AllocationFormat, WrittenTrace } from '../format.js'
import { CsvRecords } from './csv-records.js'
import { CsvScanner } from './csv-scanner.js'
import { CSV_COLUMNS, fieldType } from './event-fields.js'
import { readHeader } from './header.js'
import { type EventPlace, eventError, RawEvent, readEvent } from './raw-event.js'
import { Resolver } from './resolver.js'

export const allocationCsv: AllocationFormat = {
  name: 'allocation-csv',
  kind: 'allocation',
  describe: 'allocation trace as CSV, columns t,op,pid,…',
  detect: ({ lines }) => {
    const names =
      columnLine(lines)
        ?.split(/[,;\t]/)
        .map(unquote) ?? []
    return names.includes('t') && names.includes('op')
  },
  open: async (source) => new CsvTrace(source),
}

/** The line with the column names: the first that is no comment. */
function columnLine(lines: readonly string[]): string | undefined {
  return lines.find((line) => line.trim() !== '' && !line.startsWith('#'))
}

function unquote(cell: string): string {
  return cell.trim().replace(/^"(.*)"$/, '$1')
}

const LF = 0x0a

class CsvTrace implements WrittenTrace {
  readonly kind = 'allocation'
  readonly format = 'allocation-csv'
  readonly header: TraceHeader
  private columns: string[] = []
  /** Once the columns are known. */
  private scanner: CsvScanner | undefined
  private readonly records: CsvRecords
  private readonly batch = new EventBatch()
  private readonly raw = new RawEvent()
  private readonly resolver = new Resolver()
  private readonly place: EventPlace

  constructor(private readonly source: ByteSource) {
    this.records = new CsvRecords(source.name)
    this.place = { file: source.name }
    this.header = headerComment(source)
    const names = columnLine(source.head.toString('utf8').split('\n'))?.trim() ?? ''
    if (!names.includes(',')) {
      throw new InputError('the columns are not separated by commas', {
        file: source.name,
        expected: 't,op,pid,…',
        found: names,
      })
    }
  }

  async *batches(): AsyncGenerator<EventBatch> {
    const { batch } = this
    const reader = new LineReader(this.source)
    batch.clear()
    try {
      for await (const block of reader.blocks()) {
        let at = block.start
        while (at < block.end) {
          at = this.events(reader, block, at)
          if (batch.full) {
            yield batch
            batch.clear()
          }
        }
      }
      this.records.end()
      if (batch.length > 0) yield batch
    } finally {
      await this.source.close()
    }
  }

  /** Events until the block ends or the batch is full; returns where it stopped. */
  private events(reader: LineReader, { bytes, end }: LineBlock, start: number): number {
    const { batch, raw, resolver, place } = this
    let at = start
    while (at < end && !batch.full) {
      const line = ++reader.line
      place.line = line
      const next = this.scanner === undefined || this.records.unfinished ? -1 : this.scanner.scan(bytes, at, raw)
      if (next > 0) at = next
      else {
        const lf = bytes.indexOf(LF, at)
        const record = this.records.line(bytes.toString('utf8', at, lf), line)
        at = lf + 1
        if (record === undefined) continue
        if (this.scanner === undefined) {
          this.readColumns(record)
          continue
        }
        readEvent(this.fields(record), raw, place)
      }
      resolver.add(raw, batch, line, place)
    }
    return at
  }

  private readColumns(record: string[]): void {
    for (const name of ['t', 'op', 'pid']) {
      if (record.includes(name)) continue
      throw new InputError(`column "${name}" is missing`, {
        file: this.source.name,
        line: this.place.line,
        expected: CSV_COLUMNS.join(','),
        found: record.join(','),
      })
    }
    this.columns = record
    this.scanner = new CsvScanner(record)
  }

  private fields(record: string[]): Record<string, unknown> {
    if (record.length !== this.columns.length) {
      throw new InputError(`row has ${record.length} cells but there are ${this.columns.length} columns`, {
        file: this.source.name,
        line: this.place.line,
        expected: this.columns.join(','),
        found: record.join(','),
        hint: 'Numbers need a decimal point: a decimal comma splits a cell in two.',
      })
    }
    const fields: Record<string, unknown> = {}
    const op = record[this.columns.indexOf('op')]
    for (let i = 0; i < record.length; i++) {
      if (record[i] === '') continue
      const name = this.columns[i]
      fields[name] = Object.hasOwn(OP, op) ? this.cell(op as OpName, name, record[i]) : record[i]
    }
    return fields
  }

  private cell(op: OpName, name: string, text: string): unknown {
    switch (fieldType(op, name)) {
      case 'name':
        return text
      case 'boolean':
        return text === 'true' || text === '1' ? true : text === 'false' || text === '0' ? false : text
      case 'pages':
        return text.split(' ').map(number)
      case 'settings':
        try {
          return JSON.parse(text)
        } catch {
          throw eventError(this.place, `${op}: "${name}" is not JSON`, { expected: '{"name":value,…}', found: text })
        }
      default: {
        const value = number(text)
        if (typeof value === 'string' && /^-?\d+,\d+$/.test(text)) {
          throw eventError(this.place, `${op}: "${name}" has a decimal comma`, {
            expected: 'a decimal point',
            found: text,
          })
        }
        return value
      }
    }
  }
}

/** A number where the text is one, else the text itself, which the event's checks then name in their message. */
function number(text: string): number | string {
  return /^-?\d+(\.\d+)?([eE][-+]?\d+)?$/.test(text) ? Number(text) : text
}

function headerComment(source: ByteSource): TraceHeader {
  const text = source.head.toString('utf8')
  const first = text.slice(0, text.includes('\n') ? text.indexOf('\n') : text.length)
  const json = /^#\s*(\{.*)$/.exec(first.trimEnd())?.[1]
  if (json === undefined) return { trace: 'allocation/1', page_size: 4096 }
  let value: unknown
  try {
    value = JSON.parse(json)
  } catch {
    throw new InputError('the comment with the header is not valid JSON', {
      file: source.name,
      line: 1,
      expected: '# {"trace":"allocation/1",…}',
      found: json,
    })
  }
  return readHeader(value, source.name, 1)
}
