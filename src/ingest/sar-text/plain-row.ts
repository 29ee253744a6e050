/**
 * A time and numbers, as nearly all lines of a recording have them. sar prints the time in eleven characters, and after
 * it cells of ten; whatever is laid out otherwise is read byte by byte.
 */

import { readNumbers, twoDigits } from '../text/byte-rows.js'
import type { DecimalMark } from '../text/numbers.js'
import { MARK, readCells } from './cells.js'

const BLANK = 0x20
const COLON = 0x3a
const A = 0x41
const P = 0x50
const M = 0x4d

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
  private lead = FIRST_CELL

  /** The bytes that rows are read from next. */
  open(bytes: Buffer): void {
    this.bytes = bytes
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  }

  /**
   * Reads `HH:MM:SS`, an AM or PM, and exactly `n` numbers, which go into `values` at `to` and each
   * `stride` further on.
   * @returns where the next line begins, or −1 for a line that is anything else
   */
  read(at: number, n: number, values: Float64Array, mark: DecimalMark, to = 0, stride = 1): number {
    const { bytes, view } = this
    if (at + FIRST_CELL > view.byteLength) return this.otherwise(at, n, values, mark, to, stride)
    // Relative to its place in `00:00:00` a digit is itself, a colon 0. Adding 6 carries what is above nine into the
    // upper half of its byte.
    const a = view.getInt32(at, true) ^ 0x303a3030
    const b = view.getInt32(at + 4, true) ^ 0x30303a30
    if ((((a | (a + 0x06000606)) & 0xf0fff0f0) | ((b | (b + 0x06060006)) & 0xf0f0fff0)) !== 0) return -1
    let hours = (a & 15) * 10 + ((a >>> 8) & 15)
    const minutes = (a >>> 24) * 10 + (b & 15)
    const seconds = ((b >>> 16) & 15) * 10 + (b >>> 24)
    if (hours > 23 || minutes > 59 || seconds > 60) return -1
    if (bytes[at + 8] !== BLANK) return -1
    let i = at + 9
    const half = bytes[i]
    if (half === A || half === P) {
      if (bytes[i + 1] !== M || hours > 12) return -1
      hours = (hours % 12) + (half === P ? 12 : 0)
      i += 2
    }
    this.clock = hours * 3600 + minutes * 60 + seconds
    const lead = at + this.lead
    while (i < lead && bytes[i] === BLANK) i++
    if (i === lead && mark.code !== 0) {
      const next = readCells(bytes, view, i, n, values, mark.code, to, stride)
      if (next > 0) return next
    }
    return this.otherwise(at, n, values, mark, to, stride)
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
    const { bytes, view } = this
    const lead = at + this.lead
    // In front of the first digit there are blanks only, and a cell begins with one.
    if (lead < digit) {
      const next = readCells(bytes, view, lead, n, values, mark, to, stride)
      if (next > 0) return next
    }
    let i = digit
    while (i < at + FIRST_MARK && bytes[i] !== mark) i++
    const other = i - MARK
    if (i === at + FIRST_MARK || other === lead || other >= digit || other < at + 8) return -1
    const next = readCells(bytes, view, other, n, values, mark, to, stride)
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
