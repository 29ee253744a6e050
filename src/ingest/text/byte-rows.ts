/**
 * Rows of plain numbers, read from the bytes: nearly all lines of a long recording are such rows, and making strings of
 * them would cost most of the time. Anything unusual is left to the readers of text, which know how to say what it is.
 */

import type { DecimalMark } from './numbers.js'

const ZERO = 0x30
const LF = 0x0a
const CR = 0x0d

/** Exact powers of ten, so that a mantissa below 2^53 divided by one is rounded once. */
const POWERS = Float64Array.from({ length: 16 }, (_, i) => 10 ** i)

/**
 * Reads exactly `n` numbers, separated by `separator` (blanks also repeated), up to the line feed.
 * @returns where the next line begins, or −1 for a line that is anything else
 */
export function readNumbers(
  bytes: Buffer,
  start: number,
  n: number,
  values: Float64Array,
  mark: DecimalMark,
  separator: number,
): number {
  let i = start
  const blanks = separator === 0x20
  const decimal = mark.code
  for (let k = 0; k < n; k++) {
    if (blanks) while (bytes[i] === 0x20) i++
    let value = 0
    let c = bytes[i] - ZERO
    const from = i
    while (c >= 0 && c <= 9) {
      value = value * 10 + c
      c = bytes[++i] - ZERO
    }
    let digits = i - from
    if (digits === 0) return -1
    const after = bytes[i]
    if (after === 0x2e || after === 0x2c) {
      // The first decimal mark of a file is for the careful way, which remembers it.
      if (after !== decimal) return -1
      const point = ++i
      c = bytes[i] - ZERO
      while (c >= 0 && c <= 9) {
        value = value * 10 + c
        c = bytes[++i] - ZERO
      }
      const decimals = i - point
      digits += decimals
      if (decimals === 0 || digits > 15) return -1
      value /= POWERS[decimals]
    } else if (digits > 15) return -1
    values[k] = value
    const next = bytes[i]
    if (k < n - 1) {
      if (next !== separator) return -1
      i++
    }
  }
  while (bytes[i] === 0x20) i++
  if (bytes[i] === CR) i++
  return bytes[i] === LF ? i + 1 : -1
}

/** Two digits; −1 for anything else. */
export function twoDigits(bytes: Buffer, at: number): number {
  const a = bytes[at] - ZERO
  const b = bytes[at + 1] - ZERO
  return a >= 0 && a <= 9 && b >= 0 && b <= 9 ? a * 10 + b : -1
}
