/**
 * The cells of a row: a blank and nine places, in which sar prints a rate with two decimals or a whole number, blanks in
 * front. They are read four bytes at a time rather than in loops over their blanks and digits, whose lengths no
 * processor can foresee.
 */

import { twoDigits } from '../text/byte-rows.js'

const BLANK = 0x20
const ZERO = 0x30
/** Four blanks. */
export const BLANKS = 0x20202020

export const CELL = 10
/** Where the decimal mark stands in a cell that has one. */
export const MARK = 7
/** Whole part up to which a number with two decimals is rounded once, as a parser would. */
const MOST = 1e13

/**
 * The value of three characters, digits with nothing but blanks before, by the lower five bits of each; −1 for others.
 * The upper three bits are the same in blanks and digits, and are looked at apart.
 */
export const PLACES = places()

function places(): Int16Array {
  const table = new Int16Array(1 << 15).fill(-1)
  for (let value = 0; value < 1000; value++) {
    const [a, b, c] = [Math.floor(value / 100), Math.floor(value / 10) % 10, value % 10]
    // The lower five bits of a digit are 16 and the digit, those of a blank 0.
    const ones = (16 | c) << 10
    table[16 | a | ((16 | b) << 5) | ones] = value
    if (value < 100) table[((16 | b) << 5) | ones] = value
    if (value < 10) table[ones] = value
  }
  return table
}

/** The whole number in the nine places of a cell, as sar prints sizes and lengths of queues; −1 for anything else. */
export function wholeCell(high: number, low: number, end: number): number {
  const last = low >>> 24
  if ((high & 0xff) !== BLANK || (last & 0xe0) !== BLANK || (end & 0xe0e0) !== (BLANKS & 0xffff)) return -1
  const ones = PLACES[(last & 31) | ((end & 31) << 5) | ((end & 0x1f00) << 2)]
  if (ones < 0 || (high === BLANKS && (low & 0xffffff) === BLANKS >>> 8)) return ones
  // What follows a digit are digits.
  if ((low & 0xf0e0e0e0) !== 0x30202020 || (end & 0x1010) !== 0x1010) return -1
  const thousands = PLACES[(low & 31) | ((low >>> 3) & 0x3e0) | ((low >>> 6) & 0x7c00)]
  if (thousands < 0) return -1
  if (high === BLANKS) return thousands * 1000 + ones
  if ((high & 0xe0e0e000) !== (BLANKS & ~0xff) || (low & 0x101010) !== 0x101010) return -1
  const millions = PLACES[((high >>> 8) & 31) | ((high >>> 11) & 0x3e0) | ((high >>> 14) & 0x7c00)]
  return millions < 0 ? -1 : (millions * 1000 + thousands) * 1000 + ones
}

/** A number that is wider than its cell, behind one blank. @returns its end, or −1 */
export function wideCell(bytes: Buffer, start: number, k: number, values: Float64Array, mark: number): number {
  if (bytes[start] !== BLANK) return -1
  let i = start + 1
  let value = 0
  let c = bytes[i] - ZERO
  while (c >= 0 && c <= 9) {
    value = value * 10 + c
    c = bytes[++i] - ZERO
  }
  if (i === start + 1 || value > MOST) return -1
  if (bytes[i] !== mark) {
    values[k] = value
    return i
  }
  const decimals = twoDigits(bytes, i + 1)
  if (decimals < 0) return -1
  values[k] = (value * 100 + decimals) / 100
  return i + 3
}
