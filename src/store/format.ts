import type { QueryResult, Value } from './result.js'

export const FORMATS = ['table', 'json', 'ndjson', 'csv', 'markdown'] as const
export type Format = (typeof FORMATS)[number]

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex')

/** JSON text of one value: integers in full whatever their size, blobs as hex digits, what JSON cannot say as null. */
function jsonValue(value: Value): string {
  if (typeof value === 'bigint') return value.toString()
  if (value instanceof Uint8Array) return `"${hex(value)}"`
  return JSON.stringify(value)
}

const NAMED: Record<string, string> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' }
const visible = (c: string) => NAMED[c] ?? `\\x${c.charCodeAt(0).toString(16).padStart(2, '0')}`

/** Text of one value for people: NULL as `nothing`, control characters visible. */
function plainText(value: Value, nothing: string): string {
  if (value === null) return nothing
  if (value instanceof Uint8Array) return hex(value)
  // A process may call itself anything; what it writes must not steer the terminal.
  return String(value).replace(/[\u0000-\u001f\u007f-\u009f]/g, visible)
}

function csvField(value: Value): string {
  if (value === null) return ''
  const text = value instanceof Uint8Array ? hex(value) : String(value)
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}

function* json({ columns, rows }: QueryResult): Generator<string> {
  const keys = columns.map((name) => JSON.stringify(name))
  let open = '['
  for (const row of rows) {
    yield `${open}\n  {${row.map((value, i) => `${keys[i]}: ${jsonValue(value)}`).join(', ')}}`
    open = ','
  }
  yield open === '[' ? '[]\n' : '\n]\n'
}

function* ndjson({ columns, rows }: QueryResult): Generator<string> {
  const keys = columns.map((name) => JSON.stringify(name))
  for (const row of rows) yield `{${row.map((value, i) => `${keys[i]}:${jsonValue(value)}`).join(',')}}\n`
}

function* csv({ columns, rows }: QueryResult): Generator<string> {
  yield `${columns.map(csvField).join(',')}\n`
  for (const row of rows) yield `${row.map(csvField).join(',')}\n`
}

/** Rows that decide how wide a column is; longer values further down stand out rather than being held back. */
const ROWS_MEASURED = 1000

interface Grid {
  widths: number[]
  /** Columns whose values are all numbers stand to the right. */
  right: boolean[]
  /** The header, then the rows, as texts padded to their columns. */
  lines: Iterable<string[]>
}

const length = (text: string) => [...text].length

function pad(text: string, width: number, right: boolean): string {
  const blanks = ' '.repeat(Math.max(0, width - length(text)))
  return right ? blanks + text : text + blanks
}

function grid({ columns, rows }: QueryResult, least: number, toText: (value: Value) => string): Grid {
  const iterator = rows[Symbol.iterator]()
  const head: string[][] = [columns.map(toText)]
  const right = columns.map(() => true)
  for (let next = iterator.next(); !next.done; next = iterator.next()) {
    head.push(next.value.map(toText))
    next.value.forEach((value, i) => {
      if (typeof value === 'string' || value instanceof Uint8Array) right[i] = false
    })
    if (head.length > ROWS_MEASURED) break
  }
  const widths = columns.map((_, i) => head.reduce((max, line) => Math.max(max, length(line[i])), least))
  const padded = (line: string[]) => line.map((text, i) => pad(text, widths[i], right[i]))
  function* lines(): Generator<string[]> {
    for (const line of head) yield padded(line)
    for (let next = iterator.next(); !next.done; next = iterator.next()) yield padded(next.value.map(toText))
  }
  return { widths, right, lines: lines() }
}

function* table(result: QueryResult): Generator<string> {
  const { widths, lines } = grid(result, 1, (value) => plainText(value, '-'))
  let count = 0
  for (const line of lines) {
    yield `${line.join('  ').trimEnd()}\n`
    if (count++ === 0) yield `${widths.map((width) => '-'.repeat(width)).join('  ')}\n`
  }
  if (count === 1) yield '(no rows)\n'
}

function* markdown(result: QueryResult): Generator<string> {
  const { widths, right, lines } = grid(result, 3, (value) => plainText(value, '').replaceAll('|', '\\|'))
  let count = 0
  for (const line of lines) {
    yield `| ${line.join(' | ')} |\n`
    const rule = () => widths.map((width, i) => (right[i] ? `${'-'.repeat(width - 1)}:` : '-'.repeat(width)))
    if (count++ === 0) yield `| ${rule().join(' | ')} |\n`
  }
}

const WRITERS: Record<Format, (result: QueryResult) => Iterable<string>> = { table, json, ndjson, csv, markdown }

/**
 * The rows as text, piece by piece, read as they are written. `json` is an array of objects (`[]` for no rows), `ndjson`
 * one object a line, `csv` has a header line and leaves NULL empty; `table` and `markdown` align their columns.
 */
export function formatResult(result: QueryResult, format: Format): Iterable<string> {
  return WRITERS[format](result)
}
