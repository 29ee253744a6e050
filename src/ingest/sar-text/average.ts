/**
 * Averages, which end a table: a label that is translated into every language, of one word or two, and no time. So they
 * are known by what follows the label: as many numbers as the table has columns, or the names of a table again.
 */

import { looksLikeHeader } from '../sysstat/tables.js'
import { type DecimalMark, parseNumber } from '../text/numbers.js'

export interface Average {
  readonly values: Float64Array
  /** A smallest or largest value instead (`sar -x`, since 12.7.3). */
  readonly extreme: boolean
}

/** The average of a table with `columns` columns, or undefined for any other line. */
export function readAverage(text: string, columns: number, mark: DecimalMark): Average | undefined {
  const words = text.split(/\s+/)
  const numbers = words.slice(-columns)
  const label = words.length - numbers.length
  if (label < 1 || label > 2 || numbers.length < columns) return undefined
  const values = Float64Array.from(numbers, (word) => parseNumber(word, 0, word.length, mark, true))
  if (values.some(Number.isNaN)) return undefined
  return { values, extreme: /^(Summary|Minimum|Maximum):$/.test(words[0]) }
}

/** The names in a header of averages, `Average:  pgpgin/s pgpgout/s …`. */
export function averageNames(text: string): string[] | undefined {
  const words = text.split(/\s+/)
  if (/^\d/.test(words.at(-1) as string)) return undefined
  for (let label = 1; label <= 2; label++) {
    const names = words.slice(label)
    if (looksLikeHeader(names)) return names
  }
  return undefined
}
