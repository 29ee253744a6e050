/** Lines told apart by a glance at their bytes or letters. */

import { readNumbers, twoDigits } from '../text/byte-rows.js'
import type { DecimalMark } from '../text/numbers.js'

const BLANK = 0x20
const COLON = 0x3a

/** Whether the last word begins as a number does: rows do, headers do not (`ldavg-15` begins with a letter). */
export function endsInNumber(text: string, start: number): boolean {
  if (text.startsWith('COM ', start + 2)) return false
  let i = text.length - 1
  while (i >= 0 && text.charCodeAt(i) <= 0x20) i--
  while (i >= 0 && text.charCodeAt(i) > 0x20) i--
  return digitOrSign(text.charCodeAt(i + 1))
}

export function startsWithNumber(text: string, start: number): boolean {
  let i = start
  while (i < text.length && text.charCodeAt(i) <= 0x20) i++
  return digitOrSign(text.charCodeAt(i))
}

function digitOrSign(c: number): boolean {
  return (c >= 0x30 && c <= 0x39) || c === 0x2d
}

/** Whether a line of bytes ends in a number and begins with a digit as a time does: a row of a table with an item a row. */
export function isItemRow(bytes: Buffer, start: number, end: number): boolean {
  if (bytes[start] < 0x30 || bytes[start] > 0x39 || bytes[start + 2] !== COLON) return false
  if (isComment(bytes, start + 10) || isComment(bytes, start + 13)) return false
  let i = end - 1
  while (i > start && bytes[i] <= BLANK) i--
  while (i > start && bytes[i] > BLANK) i--
  return digitOrSign(bytes[i + 1])
}

/** A time and numbers, as nearly all lines have them: where the next line begins, and the time. */
export class PlainRow {
  /** Seconds of the day. */
  clock = 0

  /**
   * Reads `HH:MM:SS`, an AM or PM, and exactly `n` numbers.
   * @returns where the next line begins, or −1 for a line that is anything else
   */
  read(bytes: Buffer, at: number, n: number, values: Float64Array, mark: DecimalMark): number {
    const seconds = plainClock(bytes, at)
    if (seconds < 0) return -1
    this.clock = seconds
    let i = at + 8
    while (bytes[i] === BLANK) i++
    const half = bytes[i]
    if ((half === 0x41 || half === 0x50) && bytes[i + 1] === 0x4d && bytes[i + 2] === BLANK) {
      const hours = Math.floor(seconds / 3600)
      if (hours > 12) return -1
      this.clock += ((half === 0x50 ? 12 : 0) - (hours === 12 ? 12 : 0)) * 3600
      i += 3
    }
    return readNumbers(bytes, i, n, values, mark, BLANK)
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

/** `COM `, two blanks behind the time or its AM/PM. */
function isComment(bytes: Buffer, at: number): boolean {
  return bytes[at] === 0x43 && bytes[at + 1] === 0x4f && bytes[at + 2] === 0x4d && bytes[at + 3] === BLANK
}
