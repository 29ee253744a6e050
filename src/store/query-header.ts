/**
 * The comment that a named query begins with, in this form:
 *
 *     -- question: What does it answer?
 *     -- param run (run) = latest: the run to look at
 *     -- column total_ms [ms]: what stands in this column
 *     -- note: what to know before believing it
 *     --   a line indented by three blanks continues the one above
 *
 * Parameter types: `run` (an id, or `latest`), `integer`, `number`, `text`. One without `= default` must be given; a
 * default of `none` is NULL. The header ends with the first line that is not a comment.
 */

export const PARAM_TYPES = ['run', 'integer', 'number', 'text'] as const
export type ParamType = (typeof PARAM_TYPES)[number]

export interface QueryParam {
  name: string
  type: ParamType
  /** As written; undefined when the parameter must be given. */
  default?: string
  about: string
}

export interface QueryColumn {
  name: string
  /** '' for text, counts and ids. */
  unit: string
  about: string
}

export interface QueryHeader {
  question: string
  notes: string[]
  params: QueryParam[]
  columns: QueryColumn[]
}

const PARAM = /^param (\w+) \((\w+)\)(?: = ([^:]+))?: (.+)$/
const COLUMN = /^column (\w+)(?: \[([^\]]+)\])?: (.+)$/
const TEXT = /^(question|note): (.+)$/

/** Header lines with their continuations joined. */
function entries(sql: string): string[] {
  const found: string[] = []
  for (const line of sql.split('\n')) {
    if (!line.startsWith('-- ')) break
    const text = line.slice(3)
    if (text.startsWith('  ')) found[found.length - 1] += ` ${text.trim()}`
    else found.push(text.trimEnd())
  }
  return found
}

/** @throws Error when the header is not of the form above: a defect of the file, not of its use. */
export function parseQueryHeader(sql: string): QueryHeader {
  const header: QueryHeader = { question: '', notes: [], params: [], columns: [] }
  for (const entry of entries(sql)) {
    const text = TEXT.exec(entry)
    const param = PARAM.exec(entry)
    const column = COLUMN.exec(entry)
    if (text) {
      if (text[1] === 'question') header.question = text[2]
      else header.notes.push(text[2])
    } else if (param && (PARAM_TYPES as readonly string[]).includes(param[2])) {
      header.params.push({ name: param[1], type: param[2] as ParamType, default: param[3]?.trim(), about: param[4] })
    } else if (column) {
      header.columns.push({ name: column[1], unit: column[2] ?? '', about: column[3] })
    } else {
      throw new Error(`not a line of a query header: ${entry}`)
    }
  }
  if (header.question === '') throw new Error('the query header has no question')
  return header
}
