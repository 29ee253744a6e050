/** A value as SQLite gives it. Integers beyond 2^53 come as bigint, so that none is ever wrong. */
export type Value = string | number | bigint | null | Uint8Array

/** Rows of a query, in the order of its columns. */
export interface QueryResult {
  /** Names, each once: a second `t` is called `t_2`. */
  columns: string[]
  /** To be read once, before the reader closes. */
  rows: Iterable<Value[]>
}

/** Makes column names unique, so that rows can become objects without losing a column. */
export function uniqueNames(names: readonly string[]): string[] {
  const taken = new Set(names)
  const seen = new Set<string>()
  return names.map((name) => {
    let unique = name
    for (let n = 2; seen.has(unique) || (unique !== name && taken.has(unique)); n++) unique = `${name}_${n}`
    seen.add(unique)
    return unique
  })
}

/** Rows as objects, all of them in memory. */
export function rowObjects(result: QueryResult): Record<string, Value>[] {
  const rows: Record<string, Value>[] = []
  for (const row of result.rows) rows.push(Object.fromEntries(result.columns.map((name, i) => [name, row[i]])))
  return rows
}
