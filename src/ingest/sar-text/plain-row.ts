/**
 * A time and numbers, as nearly all lines of a recording have them. sar prints the time in eleven characters, and after
 * it cells of ten; whatever is laid out otherwise is read byte by byte. What row-kernel.ts reads, it reads as is done here.
 */

import { readNumbers, twoDigits } from '../text/byte-rows.js'
import type { DecimalMark } from '../text/numbers.js'
import { BLANKS, CELL, MARK, PLACES, wholeCell, wideCell } from './cells.js'

const LF = 0x0a
const CR = 0x0d
const BLANK = 0x20
const NINE = 0x39
const COLON = 0x3a
const A = 0x41
const P = 0x50
const M = 0x4d

/** A line that cannot be a plain row, however it is laid out. */
const NO_ROW = -2

/** Where cells begin in the lines of sar; copies of them may have moved. */
const FIRST_CELL = 11
/** Further from the beginning of the line than this no row has its first decimal mark. */
const FIRST_MARK = 32
export class PlainRow {
  /** Seconds of the day. */
  clock = 0
  private bytes: Buffer = Buffer.alloc(0)
  private view: DataView = new DataView(new ArrayBuffer(0))
  /** Where the cells of the last rows began. */
  lead = FIRST_CELL

  /** The bytes that rows are read from next. */
  open(bytes: Buffer): void {
    this.bytes = bytes
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  }

  /**
   * Reads `HH:MM:SS`, an AM or PM, and exactly `n` numbers, which go into `values` at `to` and each `stride` further on.
   * @returns where the next line begins, or −1 for a line that is anything else
   */
  read(at: number, n: number, values: Float64Array, mark: DecimalMark, to = 0, stride = 1): number {
    const next = mark.code === 0 ? -1 : this.row(at, this.lead, n, values, mark.code, to, stride)
    return next === -1 ? this.otherwise(at, n, values, mark, to, stride) : Math.max(next, -1)
  }

  /**
   * Reads a row whose cells begin `lead` bytes behind its beginning. All in one function, which an optimizing compiler
   * meets early and compiles once.
   * @returns where the next line begins, −1 where a row may be laid out otherwise, or {@link NO_ROW}
   */
  private row(
    at: number,
    lead: number,
    n: number,
    values: Float64Array,
    mark: number,
    to: number,
    stride: number,
  ): number {
    const { bytes, view } = this
    // No cell reaches over the end of the bytes but in the last line of all.
    const last = bytes.length - CELL
    let i = at + lead
    if (i > last) return -1
    // Relative to its place in `00:00:00` a digit is itself, a colon 0. Adding 6 carries what is above nine into the
    // upper half of its byte.
    const a = view.getInt32(at, true) ^ 0x303a3030
    const b = view.getInt32(at + 4, true) ^ 0x30303a30
    if ((((a | (a + 0x06000606)) & 0xf0fff0f0) | ((b | (b + 0x06060006)) & 0xf0f0fff0)) !== 0) return NO_ROW
    // A letter where a number ends, as the names in a header have it.
    if (bytes[i + CELL - 1] > NINE) return NO_ROW
    let hours = (a & 15) * 10 + ((a >>> 8) & 15)
    const minutes = (a >>> 24) * 10 + (b & 15)
    const seconds = ((b >>> 16) & 15) * 10 + (b >>> 24)
    if (hours > 23 || minutes > 59 || seconds > 60 || bytes[at + 8] !== BLANK) return NO_ROW
    let gap = at + 8
    const half = bytes[at + 9]
    if (half === A || half === P) {
      if (bytes[at + 10] !== M || hours > 12) return NO_ROW
      hours = (hours % 12) + (half === P ? 12 : 0)
      gap = at + 11
    }
    this.clock = hours * 3600 + minutes * 60 + seconds
    while (gap < i && bytes[gap] === BLANK) gap++
    if (gap !== i) return -1
    const nought = (mark << 24) | 0x302020
    const places = PLACES
    const behind = to + n * stride
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

  /** Whether there is nothing in the line that begins at `at`. */
  isEmpty(at: number): boolean {
    return this.bytes[at] === LF
  }

  /** Whether the last of some whole lines, `[start, end)`, is empty. */
  emptyBefore(start: number, end: number): boolean {
    return end - 1 === start || this.bytes[end - 2] === LF
  }

  /** A row that is not laid out as sar does it, or of another kind than those before. */
  private otherwise(
    at: number,
    n: number,
    values: Float64Array,
    mark: DecimalMark,
    to: number,
    stride: number,
  ): number {
    const { bytes } = this
    const seconds = plainClock(bytes, at)
    if (seconds < 0) return -1
    this.clock = seconds
    let i = at + 8
    while (bytes[i] === BLANK) i++
    const half = bytes[i]
    if ((half === A || half === P) && bytes[i + 1] === M && bytes[i + 2] === BLANK) {
      const hours = Math.floor(seconds / 3600)
      if (hours > 12) return -1
      this.clock += ((half === P ? 12 : 0) - (hours === 12 ? 12 : 0)) * 3600
      i += 2
      while (bytes[i] === BLANK) i++
    }
    const next = mark.code === 0 ? -1 : this.laidOut(at, i, n, values, mark.code, to, stride)
    return next > 0 ? next : readNumbers(bytes, i, n, values, mark, BLANK, to, stride)
  }

  /** Reads the cells of a row whose first digit is at `digit`, wherever the first cell begins. */
  private laidOut(
    at: number,
    digit: number,
    n: number,
    values: Float64Array,
    mark: number,
    to: number,
    stride: number,
  ): number {
    const { bytes } = this
    const lead = at + this.lead
    let i = digit
    while (i < at + FIRST_MARK && bytes[i] !== mark) i++
    const other = i - MARK
    if (i === at + FIRST_MARK || other === lead || other >= digit || other < at + 8) return -1
    const next = this.row(at, other - at, n, values, mark, to, stride)
    if (next > 0) this.lead = other - at
    return next
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

/** The same, with AM or PM behind it or without; what follows is for the caller to look at. */
export function headerClock(bytes: Buffer, at: number): number {
  const clock = plainClock(bytes, at)
  const half = bytes[at + 9]
  if ((half !== A && half !== P) || bytes[at + 10] !== M || bytes[at + 11] !== BLANK) return clock
  if (clock < 0 || clock >= 13 * 3600) return -1
  return (clock % (12 * 3600)) + (half === P ? 12 * 3600 : 0)
}
