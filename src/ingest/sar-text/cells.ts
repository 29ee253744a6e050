/**
 * The cells of a row: a blank and nine places, in which sar prints a rate with two decimals or a whole number, blanks in
 * front. They are read four bytes at a time rather than in loops over their blanks and digits, whose lengths no
 * processor can foresee.
 */

import { twoDigits } from '../text/byte-rows.js'

const LF = 0x0a
const CR = 0x0d
const BLANK = 0x20
const ZERO = 0x30
const BLANKS = 0x20202020

const CELL = 10
/** Where the decimal mark stands in a cell that has one. */
export const MARK = 7
/** Whole part up to which a number with two decimals is rounded once, as a parser would. */
const MOST = 1e13

/**
 * The value of three characters, digits with nothing but blanks before, by the lower five bits of each; −1 for others.
 * The upper three bits are the same in blanks and digits, and are looked at apart.
 */
const PLACES = new Int16Array(1 << 15).fill(-1)
for (let value = 0; value < 1000; value++) {
  for (const text of [String(value).padStart(3, '0'), String(value).padStart(3)]) {
    const [a, b, c] = [0, 1, 2].map((i) => text.charCodeAt(i) & 31)
    PLACES[a | (b << 5) | (c << 10)] = value
  }
}

/**
 * Reads `n` cells, each as wide as sar prints it unless the number is wider, into `values` at `to` and each `stride` further on.
 * @param view of the same bytes
 * @returns where the next line begins, or −1 where a cell is anything else
 */
export function readCells(
  bytes: Buffer,
  view: DataView,
  start: number,
  n: number,
  values: Float64Array,
  mark: number,
  to: number,
  stride: number,
): number {
  // No cell reaches over the end of the bytes but in the last line of all.
  const last = bytes.length - CELL
  const nought = (mark << 24) | 0x302020
  const places = PLACES
  const behind = to + n * stride
  let i = start
  for (let k = to; k < behind; k += stride) {
    if (i > last) return -1
    // The first of four characters is in the lowest byte.
    const high = view.getInt32(i, true)
    const low = view.getInt32(i + 4, true)
    const decimals = view.getUint16(i + 8, true)
    if (low === nought && high === BLANKS && decimals === 0x3030) {
      values[k] = 0
      i += CELL
      continue
    }
    if (low >>> 24 !== mark) {
      const value = wholeCell(high, low, decimals)
      if (value >= 0) {
        values[k] = value
        i += CELL
        continue
      }
      i = wideCell(bytes, i, k, values, mark)
      if (i < 0) return -1
      continue
    }
    // What 6 carries out of its lower half is above nine.
    const d = decimals ^ 0x3030
    if (((d | (d + 0x0606)) & 0xf0f0) !== 0 || (low & 0xe0e0e0) !== BLANKS >>> 8) return -1
    let value = places[(low & 31) | ((low >>> 3) & 0x3e0) | ((low >>> 6) & 0x7c00)]
    if (value < 0) return -1
    if (high !== BLANKS) {
      // A blank between the cells and up to three digits; what follows them are digits.
      if ((high & 0xe0e0e0ff) !== BLANKS || (low & 0x101010) !== 0x101010) return -1
      const thousands = places[((high >>> 8) & 31) | ((high >>> 11) & 0x3e0) | ((high >>> 14) & 0x7c00)]
      if (thousands < 0) return -1
      value += thousands * 1000
    }
    values[k] = (value * 100 + (d & 15) * 10 + (d >>> 8)) / 100
    i += CELL
  }
  while (bytes[i] === BLANK) i++
  if (bytes[i] === CR) i++
  return bytes[i] === LF ? i + 1 : -1
}

/** The whole number in the nine places of a cell, as sar prints sizes and lengths of queues; −1 for anything else. */
function wholeCell(high: number, low: number, end: number): number {
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
function wideCell(bytes: Buffer, start: number, k: number, values: Float64Array, mark: number): number {
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
