import { openForReading } from './connection.js'
import { guarded } from './errors.js'
import type { Value } from './result.js'

/** Tables that say when and where, not what: the same input gives other rows every time. */
const LEFT_OUT = new Set(['run_clock', 'sqlite_sequence'])

interface Column {
  name: string
  /** Position in the primary key, 0 outside it. */
  pk: number
}

/**
 * The content of a database as lines of text, one a row, in order of table and key: equal for equal input, whatever the
 * clock, the process and the order in which several writers came.
 * @throws TidemarkError `TM_STORE`
 */
export function* dumpStore(path: string): Generator<string> {
  const db = openForReading(path)
  try {
    const tables = guarded(path, () =>
      db.prepare("select name from sqlite_master where type = 'table' order by name").pluck().all(),
    ) as string[]
    for (const table of tables.filter((name) => !LEFT_OUT.has(name))) {
      const columns = db.pragma(`table_info(${table})`) as Column[]
      const key = columns.filter((c) => c.pk > 0).sort((a, b) => a.pk - b.pk)
      const names = columns.map((c) => `"${c.name}"`).join(', ')
      const rows = db.prepare(`select ${names} from ${table} order by ${key.map((c) => `"${c.name}"`).join(', ')}`)
      for (const row of rows.raw(true).safeIntegers(true).iterate() as IterableIterator<Value[]>) {
        yield `${table} ${JSON.stringify(row, (_, value) => (typeof value === 'bigint' ? `${value}` : value))}`
      }
    }
  } finally {
    db.close()
  }
}
