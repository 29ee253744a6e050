/** Numbers as the tools print them, read without making a string of each. */

const ZERO = 0x30

/** A file's decimal mark, found at the first number that has one (formats: one locale a file). */
export interface DecimalMark {
  /** Character code of `.` or `,`; 0 while no number had one. */
  code: number
}

/** Powers of ten that a mantissa can be divided by with one rounding. */
const POWERS = Float64Array.from({ length: 23 }, (_, i) => 10 ** i)

/** Factors of the unit letters of `--human`, relative to k: 1 k is 1024 bytes, and the plain columns are in kB. */
const UNITS: Record<string, number> = { B: 1 / 1024, k: 1, K: 1, M: 1024, G: 1024 ** 2, T: 1024 ** 3, P: 1024 ** 4 }

/**
 * The value of `text[start, end)`: a sign, digits, one decimal mark, and where `human` allows it a unit or `%` sign.
 * Thousands separators do not exist in these formats, so two marks, or another mark than the file's, are no number.
 * @returns NaN for what is not a number (also for the `nan` that some releases print)
 */
export function parseNumber(text: string, start: number, end: number, mark: DecimalMark, human = false): number {
  let i = start
  const negative = text.charCodeAt(i) === 0x2d
  if (negative) i++
  let value = 0
  let digits = 0
  let decimals = -1
  let c = 0
  for (; i < end; i++) {
    c = text.charCodeAt(i)
    const digit = c - ZERO
    if (digit >= 0 && digit <= 9) {
      value = value * 10 + digit
      digits++
      if (decimals >= 0) decimals++
    } else if ((c === 0x2e || c === 0x2c) && decimals < 0) {
      if (mark.code !== 0 && mark.code !== c) return Number.NaN
      decimals = 0
    } else break
  }
  if (digits === 0 || decimals === 0) return Number.NaN
  if (i < end) {
    if (!human || i !== end - 1) return Number.NaN
    if (text[i] !== '%') {
      const unit = UNITS[text[i]]
      if (unit === undefined) return Number.NaN
      if (decimals > 0) value /= POWERS[Math.min(decimals, 22)]
      return (negative ? -value : value) * unit
    }
  }
  if (decimals > 0) {
    if (mark.code === 0) mark.code = text.includes(',', start) && text.indexOf(',', start) < end ? 0x2c : 0x2e
    if (digits > 15 || decimals > 22) value = Number(text.slice(start, i).replace(',', '.').replace('-', ''))
    else value /= POWERS[decimals]
  } else if (digits > 15) value = Number(text.slice(negative ? start + 1 : start, i))
  return negative ? -value : value
}
