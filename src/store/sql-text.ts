/** One piece of SQL that is neither blank, comment nor string: only parameters matter here. */
const TOKEN =
  /--[^\n]*|\/\*[\s\S]*?(?:\*\/|$)|'(?:[^']|'')*'?|"(?:[^"]|"")*"?|`[^`]*`?|\[[^\]]*\]?|[:@$]([A-Za-z_]\w*)|\?\d*/g

/**
 * Named parameters (`:run`, `@run`, `$run`) of a statement, each once, in order of appearance; those in comments and
 * strings are none. `?` stands for a parameter without a name.
 */
export function parametersOf(sql: string): string[] {
  const names = new Set<string>()
  for (const match of sql.matchAll(TOKEN)) {
    if (match[1] !== undefined) names.add(match[1])
    else if (match[0].startsWith('?')) names.add('?')
  }
  return [...names]
}
