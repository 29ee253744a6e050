/** What released versions of sadf -j write that is not JSON, put right line by line. */

export type JsonDefect = 'missing-comma' | 'decimal-comma'

export interface RepairedLine {
  text: string
  defect?: JsonDefect
  /** 1-based character where a parser stumbles first. */
  column: number
}

/** `}` and then `"fchosts"`: sysstat 11.1.5 to 11.2.0 leave out the comma between. */
const FCHOSTS = /\}(\s*)"fchosts"/
/** `"pgpgin": 0,00`: before 11.5.2 numbers follow the locale. No JSON has a number, a comma and a number in an object. */
const DECIMAL = /(:\s*-?\d+),(\d+)(?=\s*[,}\]]|\s*$)/g

export function repairJsonLine(text: string): RepairedLine {
  const comma = text.includes('"fchosts"') ? FCHOSTS.exec(text) : null
  if (comma !== null) {
    return {
      text: text.replace(FCHOSTS, '},$1"fchosts"'),
      defect: 'missing-comma',
      column: comma.index + comma[1].length + 2,
    }
  }
  DECIMAL.lastIndex = 0
  const decimal = DECIMAL.exec(text)
  if (decimal === null) return { text, column: 0 }
  return {
    text: text.replace(DECIMAL, '$1.$2'),
    defect: 'decimal-comma',
    column: decimal.index + decimal[1].length + 1,
  }
}
