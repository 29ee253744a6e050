import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { UsageError } from '../base/errors.js'
import { storeError } from './errors.js'
import { parseQueryHeader, type QueryHeader, type QueryParam } from './query-header.js'
import type { QueryParams, Reader } from './reader.js'
import type { QueryResult, Value } from './result.js'

/** A query of the package's `queries` folder. */
export interface NamedQuery extends QueryHeader {
  /** The file's name without `.sql`. */
  name: string
  sql: string
}

/** The `queries` folder of the package this module belongs to, whether it runs from `src` or bundled from `dist`. */
function queriesFolder(): string {
  const start = dirname(fileURLToPath(import.meta.url))
  for (let folder = start; ; folder = dirname(folder)) {
    if (existsSync(join(folder, 'package.json'))) return join(folder, 'queries')
    if (dirname(folder) === folder) throw storeError(`the package that ${start} belongs to has no package.json`)
  }
}

/** Every named query, in order of name. */
export function namedQueries(folder = queriesFolder()): NamedQuery[] {
  if (!existsSync(folder))
    throw storeError(`the folder of named queries is missing: ${folder}`, 'install tidemark again')
  return readdirSync(folder)
    .filter((file) => file.endsWith('.sql'))
    .map((file) => file.slice(0, -'.sql'.length))
    .sort()
    .map((name) => {
      const sql = readFileSync(join(folder, `${name}.sql`), 'utf8')
      return { name, sql, ...parseQueryHeader(sql) }
    })
}

/**
 * The query of this name.
 * @throws TidemarkError `TM_USAGE` listing those that exist
 */
export function namedQuery(name: string, queries = namedQueries()): NamedQuery {
  const found = queries.find((query) => query.name === name)
  if (found) return found
  throw new UsageError(`there is no query ${name}`, `there are: ${queries.map((q) => q.name).join(', ')}`)
}

/**
 * Runs a named query.
 * @param given parameters as the user gave them; the header's defaults stand for the rest
 * @throws TidemarkError `TM_USAGE` for a parameter it does not have, one that is missing, or a value of the wrong type
 */
export function runNamedQuery(reader: Reader, query: NamedQuery, given: Record<string, string> = {}): QueryResult {
  const unknown = Object.keys(given).find((name) => !query.params.some((p) => p.name === name))
  if (unknown !== undefined) {
    throw new UsageError(`the query ${query.name} has no parameter ${unknown}`, parameterHint(query))
  }
  const params: QueryParams = {}
  for (const param of query.params) {
    const text = given[param.name] ?? param.default
    if (text === undefined) {
      throw new UsageError(`the query ${query.name} needs the parameter ${param.name}`, parameterHint(query))
    }
    params[param.name] = bindValue(reader, query, param, text)
  }
  return reader.runQuery(query.sql, params)
}

/** A value for an SQL statement's own parameter: a number where the text is one. */
export function adHocValue(text: string): Value {
  return /^[+-]?\d+$/.test(text)
    ? exact(text)
    : /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text)
      ? Number(text)
      : text
}

function parameterHint(query: NamedQuery): string {
  if (query.params.length === 0) return 'it has none'
  return `it has: ${query.params.map((p) => `${p.name} (${p.default === undefined ? 'required' : p.default})`).join(', ')}`
}

function exact(digits: string): Value {
  const value = Number(digits)
  // SQLite's integers have 64 bits; what does not fit is a real number there too.
  return Number.isSafeInteger(value) || Math.abs(value) >= 2 ** 63 ? value : BigInt(digits)
}

function bindValue(reader: Reader, query: NamedQuery, param: QueryParam, text: string): Value {
  const wrong = (expected: string) =>
    new UsageError(`${param.name} of the query ${query.name} is ${expected}, not ${JSON.stringify(text)}`)
  if (text === 'none' && param.default === 'none') return null
  switch (param.type) {
    case 'run':
      if (text === 'latest') return reader.latestRun()
      if (!/^\d+$/.test(text)) throw wrong("a run's id or latest")
      return exact(text)
    case 'integer':
      if (!/^[+-]?\d+$/.test(text)) throw wrong('a whole number')
      return exact(text)
    case 'number':
      if (text.trim() === '' || !Number.isFinite(Number(text))) throw wrong('a number')
      return Number(text)
    case 'text':
      return text
  }
}
