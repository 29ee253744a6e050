/**
 * The records of a CSV file, gathered from its lines: a quoted cell may go on over several of them. What is not valid is
 * handed to csv-parse, which knows what to call it.
 */

import { CsvError } from 'csv-parse'
import { parse } from 'csv-parse/sync'
import { InputError } from '../../base/errors.js'
import { MAX_LINE_BYTES } from '../../base/line-reader.js'

export class CsvRecords {
  /** Lines of a record that is not at its end. */
  private lines: string[] = []
  private length = 0
  private firstLine = 0

  constructor(private readonly file: string) {}

  /** A record goes on in the next line. */
  get unfinished(): boolean {
    return this.lines.length > 0
  }

  /**
   * Takes a line.
   * @returns the cells of the record that it ends; undefined where it is blank, a comment, or ends none
   * @throws InputError for quotes where they cannot be
   */
  line(text: string, line: number): string[] | undefined {
    if (this.unfinished) return this.further(text, line)
    this.firstLine = line
    const start = text.trimStart()
    if (start === '' || start.startsWith('#')) return undefined
    const cells = cellsOf(text)
    if (cells === 'wrong') return this.wrong(text)
    if (cells !== 'open') return cells
    this.lines = [text]
    this.length = text.length
    return undefined
  }

  /** A line with a quoted cell that began before it, and ends where the quotes, doubled or not, are even again. */
  private further(text: string, line: number): string[] | undefined {
    this.lines.push(text)
    this.length += text.length + 1
    if (this.length > MAX_LINE_BYTES) {
      throw new InputError(`row is longer than ${MAX_LINE_BYTES} bytes`, { file: this.file, line })
    }
    if (!oddQuotes(text)) return undefined
    const record = this.lines.join('\n')
    this.lines = []
    const cells = cellsOf(record)
    return typeof cells === 'string' ? this.wrong(record) : cells
  }

  /** The file has ended. @throws InputError where a record has not */
  end(): void {
    if (this.unfinished) this.wrong(this.lines.join('\n'))
  }

  private wrong(record: string): string[] {
    try {
      return parse(record, { relax_column_count: true, trim: true })[0]
    } catch (error) {
      if (!(error instanceof CsvError)) throw error
      const line = this.firstLine + ((error as { lines?: number }).lines ?? 1) - 1
      const message = error.message.replace(/at line \d+/, `at line ${line}`)
      throw new InputError(`not valid CSV: ${message}`, { file: this.file, line })
    }
  }
}

function oddQuotes(text: string): boolean {
  let odd = false
  for (let at = text.indexOf('"'); at >= 0; at = text.indexOf('"', at + 1)) odd = !odd
  return odd
}

/** The cells of a record; `open` where it ends within quotes. */
function cellsOf(record: string): string[] | 'open' | 'wrong' {
  if (!record.includes('"')) return record.split(',').map((cell) => cell.trim())
  const cells: string[] = []
  let at = 0
  while (at <= record.length) {
    const start = at
    while (BLANKS.includes(record[at])) at++
    if (record[at] !== '"') {
      const end = cellEnd(record, start)
      const cell = record.slice(start, end)
      if (cell.includes('"')) return 'wrong'
      cells.push(cell.trim())
      at = end + 1
      continue
    }
    const close = closingQuote(record, at + 1)
    if (close < 0) return 'open'
    const end = cellEnd(record, close)
    if (record.slice(close + 1, end).trim() !== '') return 'wrong'
    cells.push(record.slice(at + 1, close).replaceAll('""', '"'))
    at = end + 1
  }
  return cells
}

const BLANKS = [' ', '\t', '\r', '\f']

function cellEnd(record: string, from: number): number {
  const comma = record.indexOf(',', from)
  return comma < 0 ? record.length : comma
}

/** The next quote that is not doubled, or −1. */
function closingQuote(record: string, from: number): number {
  let at = record.indexOf('"', from)
  while (at >= 0 && record[at + 1] === '"') at = record.indexOf('"', at + 2)
  return at
}
