import Database from 'better-sqlite3'
import { asStoreError, queryError } from './errors.js'

/** Words of SQL that are also names of columns here: unquoted they are syntax errors. */
const KEYWORD_COLUMNS: Record<string, string> = {
  constraint: 'constraint is a keyword of SQL: write "constraint", or take the column scope (global, memcg, cpuset …)',
}

/**
 * Turns what better-sqlite3 throws for a statement it cannot prepare into a `TM_QUERY` that helps; errors of the file
 * become `TM_STORE`.
 * @param tables lists what exists
 */
export function explainSqlError(error: unknown, sql: string, path: string, tables: () => string[]): unknown {
  if (error instanceof RangeError && error.message.includes('more than one statement')) {
    return queryError('only one statement at a time', 'leave out everything after the first semicolon')
  }
  if (error instanceof RangeError && error.message.includes('no statements')) {
    return queryError('the query is empty', 'tidemark query --list shows the named ones')
  }
  if (!(error instanceof Database.SqliteError) || !/^SQLITE_(ERROR|AUTH|TOOBIG)/.test(error.code)) {
    return asStoreError(error, path)
  }
  const { message } = error
  if (message.startsWith('no such table')) return queryError(message, `tables: ${tables().join(', ')}`)
  const near = /^near "(\w+)"/.exec(message)?.[1].toLowerCase()
  if (near !== undefined && near in KEYWORD_COLUMNS) return queryError(message, KEYWORD_COLUMNS[near])
  const column = /^no such column: "?(?:(\w+)\.)?(\w+)/.exec(message)
  if (column) {
    const used = tables().filter((name) => new RegExp(`\\b${name}\\b`, 'i').test(sql))
    const hint = used.length > 0 ? `columns of ${used[0]}: tidemark query "pragma table_xinfo(${used[0]})"` : undefined
    return queryError(message, hint)
  }
  return queryError(message)
}
