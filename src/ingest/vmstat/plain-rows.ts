/**
 * Rows read from the bytes: whole numbers, and behind them nothing or a time like that of the row before. Nearly all
 * rows of a long recording are such; every other line is left to the reader of text, which knows what it can be.
 */

import { RowBlock } from '../series/row-block.js'
import { twoDigits } from '../text/byte-rows.js'
import { clockText } from '../text/dates.js'

const TAB = 0x09
const LF = 0x0a
const CR = 0x0d
const BLANK = 0x20
const COLON = 0x3a
const ZERO = 0x30
/** More digits than these are left to the reader of text. */
const MAX_DIGITS = 15
/** Characters of the date and of the date with its time. */
const DAY = 11
const STAMP = 19

export class PlainRows {
  /** Rows read and not handed on yet; their `end` is the time as printed, seconds. */
  readonly block = new RowBlock()
  /** The date and what stands behind the time, as in the row that was read as text last. */
  private stamp = Buffer.alloc(0)
  private tail = Buffer.alloc(0)
  private midnight = 0

  /** Whether rows have times. */
  get stamped(): boolean {
    return this.stamp.length > 0
  }

  /**
   * Rows from here on have times like this one, or none.
   * @param midnight of its day, seconds since 1970
   */
  learn(stamp: string | undefined, midnight: number): void {
    this.stamp = Buffer.from(stamp?.slice(0, DAY) ?? '')
    this.tail = Buffer.from(stamp?.slice(STAMP) ?? '')
    this.midnight = midnight
  }

  /** A time of the day learned, seconds since 1970, as it is printed; undefined where rows have none. */
  printed(seconds: number): string | undefined {
    return this.stamp.length === 0 ? undefined : `${this.stamp}${clockText(seconds - this.midnight)}${this.tail}`
  }

  /**
   * Reads a row of `n` columns, behind those in the block.
   * @returns where the next line begins, or −1 for a line that is anything else
   */
  read(bytes: Buffer, start: number, n: number): number {
    const { values, stride, length } = this.block
    let i = start
    for (let k = length, behind = length + n * stride; k < behind; k += stride) {
      let c = bytes[i]
      while (c === BLANK) c = bytes[++i]
      const from = i
      let value = 0
      let digit = c - ZERO
      while (digit >= 0 && digit <= 9) {
        value = value * 10 + digit
        digit = bytes[++i] - ZERO
      }
      if (i === from || i - from > MAX_DIGITS || bytes[i] > BLANK) return -1
      values[k] = value
    }
    while (bytes[i] === BLANK || bytes[i] === TAB) i++
    if (this.stamped) {
      i = this.time(bytes, i)
      if (i < 0) return -1
      while (bytes[i] === BLANK) i++
    }
    if (bytes[i] === CR) i++
    return bytes[i] === LF ? i + 1 : -1
  }

  /** Reads a time of the day learned. @returns what stands behind it, or −1 */
  private time(bytes: Buffer, start: number): number {
    const { stamp, tail, block } = this
    for (let i = 0; i < DAY; i++) if (bytes[start + i] !== stamp[i]) return -1
    const at = start + DAY
    const hours = twoDigits(bytes, at)
    const minutes = twoDigits(bytes, at + 3)
    const seconds = twoDigits(bytes, at + 6)
    if (hours < 0 || hours > 23 || minutes < 0 || minutes > 59 || seconds < 0 || seconds > 59) return -1
    if (bytes[at + 2] !== COLON || bytes[at + 5] !== COLON) return -1
    const behind = start + STAMP
    for (let i = 0; i < tail.length; i++) if (bytes[behind + i] !== tail[i]) return -1
    block.end[block.length] = this.midnight + hours * 3600 + minutes * 60 + seconds
    return behind + tail.length
  }
}
