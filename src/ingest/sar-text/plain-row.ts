/**
 * A time and numbers, as nearly all lines of a recording have them. sar prints the time in eleven characters and each
 * rate in a cell of ten, so a cell is read four bytes at a time rather than in loops over its blanks and digits, whose
 * lengths no processor can foresee. Whatever is laid out otherwise goes on byte by byte.
 */

import { readNumbers, twoDigits } from '../text/byte-rows.js'
import type { DecimalMark } from '../text/numbers.js'

const LF = 0x0a
const CR = 0x0d
const BLANK = 0x20
const COLON = 0x3a
const ZERO = 0x30
const BLANKS = 0x20202020

/** Bytes of a cell: a blank, six places of the whole part, the decimal mark, two decimals. */
const CELL = 10
/** Where the mark stands in it. */
const MARK = 7
/** Where cells begin in the lines of sar; copies of them may have moved. */
const TIME = 11
/** Further from the beginning of the line than this no row has its first decimal mark. */
const FIRST_MARK = 32
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

export class PlainRow {
  /** Seconds of the day. */
  clock = 0
  private bytes: Buffer = Buffer.alloc(0)
  private view: DataView = new DataView(new ArrayBuffer(0))
  /** Where the cells of the last rows began. */
  private lead = TIME

  /** The bytes that rows are read from next. */
  open(bytes: Buffer): void {
    this.bytes = bytes
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  }

  /**
   * Reads `HH:MM:SS`, an AM or PM, and exactly `n` numbers, which go into `values` from `to` on.
   * @returns where the next line begins, or −1 for a line that is anything else
   */
  read(at: number, n: number, values: Float64Array, mark: DecimalMark, to = 0): number {
    const { bytes, lead } = this
    const seconds = this.time(at)
    if (seconds < 0) return -1
    this.clock = seconds
    let i = at + 9
    while (i < at + lead && bytes[i] === BLANK) i++
    if (i === at + lead && mark.code !== 0) {
      const next = this.cells(i, n, values, mark.code, to)
      if (next > 0) return next
    }
    return this.otherwise(at, n, values, mark, to)
  }

  /** Goes on behind the time of a row that is not laid out as those before. */
  private otherwise(at: number, n: number, values: Float64Array, mark: DecimalMark, to: number): number {
    const { bytes } = this
    const seconds = this.clock
    let i = at + 8
    while (bytes[i] === BLANK) i++
    const half = bytes[i]
    if ((half === 0x41 || half === 0x50) && bytes[i + 1] === 0x4d && bytes[i + 2] === BLANK) {
      const hours = Math.floor(seconds / 3600)
      if (hours > 12) return -1
      this.clock += ((half === 0x50 ? 12 : 0) - (hours === 12 ? 12 : 0)) * 3600
      i += 2
      while (bytes[i] === BLANK) i++
    }
    const next = mark.code === 0 ? -1 : this.laidOut(at, i, n, values, mark.code, to)
    return next > 0 ? next : readNumbers(bytes, i, n, values, mark, BLANK, to)
  }

  /** Reads the cells of a row whose first digit is at `digit`, wherever the first cell begins. */
  private laidOut(at: number, digit: number, n: number, values: Float64Array, mark: number, to: number): number {
    const lead = at + this.lead
    // In front of the first digit there are blanks only, and a cell begins with one.
    if (lead < digit) {
      const next = this.cells(lead, n, values, mark, to)
      if (next > 0) return next
    }
    const { bytes } = this
    let i = digit
    while (i < at + FIRST_MARK && bytes[i] !== mark) i++
    const other = i - MARK
    if (i === at + FIRST_MARK || other === lead || other >= digit || other < at + 8) return -1
    const next = this.cells(other, n, values, mark, to)
    if (next > 0) this.lead = other - at
    return next
  }

  /**
   * Reads `n` cells, each as wide as sar prints it unless the number is wider.
   * @returns where the next line begins, or −1 where a cell is anything else
   */
  private cells(start: number, n: number, values: Float64Array, mark: number, to: number): number {
    const { bytes, view } = this
    // No cell reaches over the end of the bytes but in the last line of all.
    const last = bytes.length - CELL
    const nought = (mark << 24) | 0x302020
    const places = PLACES
    let i = start
    for (let k = to; k < to + n; k++) {
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
        i = this.wideCell(i, k, values, mark)
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

  /** A number that is wider than its cell: one blank and seven digits or more. @returns its end, or −1 */
  private wideCell(start: number, k: number, values: Float64Array, mark: number): number {
    const { bytes } = this
    if (bytes[start] !== BLANK) return -1
    let i = start + 1
    let value = 0
    let c = bytes[i] - ZERO
    while (c >= 0 && c <= 9) {
      value = value * 10 + c
      c = bytes[++i] - ZERO
    }
    if (i === start + 1 || bytes[i] !== mark || value > MOST) return -1
    const decimals = twoDigits(bytes, i + 1)
    if (decimals < 0) return -1
    values[k] = (value * 100 + decimals) / 100
    return i + 3
  }

  /** As {@link plainClock}, four bytes at a time: relative to its place in `00:00:00` a digit is itself, a colon 0. */
  private time(at: number): number {
    if (at + 9 > this.bytes.length) return -1
    const a = this.view.getInt32(at, true) ^ 0x303a3030
    const b = this.view.getInt32(at + 4, true) ^ 0x30303a30
    // Adding 6 carries what is above nine into the upper half of its byte.
    const wrong = ((a | (a + 0x06000606)) & 0xf0fff0f0) | ((b | (b + 0x06060006)) & 0xf0f0fff0)
    if (wrong !== 0 || this.bytes[at + 8] !== BLANK) return -1
    const hours = (a & 15) * 10 + ((a >>> 8) & 15)
    const minutes = (a >>> 24) * 10 + (b & 15)
    const seconds = ((b >>> 16) & 15) * 10 + (b >>> 24)
    return hours > 23 || minutes > 59 || seconds > 60 ? -1 : hours * 3600 + minutes * 60 + seconds
  }
}

/** The seconds of `HH:MM:SS` with a blank behind it; −1 for anything else. */
export function plainClock(bytes: Buffer, at: number): number {
  if (bytes[at + 2] !== COLON || bytes[at + 5] !== COLON || bytes[at + 8] !== BLANK) return -1
  const hours = twoDigits(bytes, at)
  const minutes = twoDigits(bytes, at + 3)
  const seconds = twoDigits(bytes, at + 6)
  if (hours < 0 || hours > 23 || minutes < 0 || minutes > 59 || seconds < 0 || seconds > 60) return -1
  return hours * 3600 + minutes * 60 + seconds
}
