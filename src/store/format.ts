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

interface Grid {
  /** Header and rows as text. */
  lines: string[][]
  widths: number[]
  /** Columns whose values are all numbers stand to the right. */
  right: boolean[]
}

const length = (text: string) => [...text].length

function grid({ columns, rows }: QueryResult, nothing: string, quote = (text: string) => text): Grid {
  const lines = [columns.map((name) => quote(plainText(name, nothing)))]
  const right = columns.map(() => true)
  for (const row of rows) {
    row.forEach((value, i) => {
      if (typeof value === 'string' || value instanceof Uint8Array) right[i] = false
    })
    lines.push(row.map((value) => quote(plainText(value, nothing))))
  }
  const widths = columns.map((_, i) => lines.reduce((max, line) => Math.max(max, length(line[i])), 0))
  return { lines, widths, right }
}

function pad(text: string, width: number, right: boolean): string {
  const blanks = ' '.repeat(width - length(text))
  return right ? blanks + text : text + blanks
}

function* table(result: QueryResult): Generator<string> {
  const { lines, widths, right } = grid(result, '-')
  const rule = widths.map((width) => '-'.repeat(width))
  for (const line of [lines[0], rule, ...lines.slice(1)]) {
    yield `${line
      .map((text, i) => pad(text, widths[i], right[i]))
      .join('  ')
      .trimEnd()}\n`
  }
  if (lines.length === 1) yield '(no rows)\n'
}

function* markdown(result: QueryResult): Generator<string> {
  const { lines, widths, right } = grid(result, '', (text) => text.replaceAll('|', '\\|'))
  const wide = widths.map((width) => Math.max(width, 3))
  const rule = wide.map((width, i) => (right[i] ? `${'-'.repeat(width - 1)}:` : '-'.repeat(width)))
  for (const line of [lines[0], rule, ...lines.slice(1)]) {
    yield `| ${line.map((text, i) => pad(text, wide[i], right[i])).join(' | ')} |\n`
  }
}

const WRITERS: Record<Format, (result: QueryResult) => Iterable<string>> = { table, json, ndjson, csv, markdown }

/**
 * The rows as text, piece by piece. `json` is an array of objects (`[]` for no rows), `ndjson` one object a line, `csv`
 * has a header line and leaves NULL empty. Those three read the rows as they go; `table` and `markdown` need them all
 * to align the columns.
 */
export function formatResult(result: QueryResult, format: Format): Iterable<string> {
  return WRITERS[format](result)
}
