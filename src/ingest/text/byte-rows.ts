/**
 * Rows of plain numbers, read from the bytes: nearly all lines of a long recording are such rows, and making strings of
 * them would cost most of the time. Anything unusual is left to the readers of text, which know how to say what it is.
 */

import type { DecimalMark } from './numbers.js'

const ZERO = 0x30
const LF = 0x0a
const CR = 0x0d
const BLANK = 0x20
/** No character less the code of zero: while the file's decimal mark is not known, numbers with one go the careful way. */
const NONE = -1000
/** Whole part up to which a number with two decimals is rounded once, as a parser would. */
const MAX_MANTISSA = 2 ** 46

/**
 * Reads exactly `n` numbers, whole or with two decimals, separated by `separator` (blanks also repeated), up to the line feed, into
 * `values` at `to` and each `stride` further on.
 * @returns where the next line begins, or −1 for a line that is anything else
 */
export function readNumbers(
  bytes: Buffer,
  start: number,
  n: number,
  values: Float64Array,
  mark: DecimalMark,
  separator: number,
  to = 0,
  stride = 1,
): number {
  let i = start
  const blanks = separator === BLANK
  const decimal = mark.code === 0 ? NONE : mark.code - ZERO
  for (let k = 0; k < n; k++) {
    let c = bytes[i]
    if (blanks) while (c === BLANK) c = bytes[++i]
    c -= ZERO
    if (c < 0 || c > 9) return -1
    let value = c
    c = bytes[++i] - ZERO
    while (c >= 0 && c <= 9) {
      value = value * 10 + c
      c = bytes[++i] - ZERO
    }
    if (value > MAX_MANTISSA) return -1
    if (c === decimal) {
      // Two decimals are what all releases print unless told otherwise.
      const first = bytes[i + 1] - ZERO
      const second = bytes[i + 2] - ZERO
      if (first < 0 || first > 9 || second < 0 || second > 9) return -1
      value = (value * 100 + first * 10 + second) / 100
      i += 3
    }
    values[to + k * stride] = value
    if (k < n - 1 && bytes[i++] !== separator) return -1
  }
  while (bytes[i] === BLANK) i++
  if (bytes[i] === CR) i++
  return bytes[i] === LF ? i + 1 : -1
}

/** Two digits; −1 for anything else. */
export function twoDigits(bytes: Buffer, at: number): number {
  const a = bytes[at] - ZERO
  const b = bytes[at + 1] - ZERO
  return a >= 0 && a <= 9 && b >= 0 && b <= 9 ? a * 10 + b : -1
}
