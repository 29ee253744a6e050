/** Stamps of `sadf -d` read from the bytes: `2020-05-31 09:13:52 UTC` or epoch seconds, up to the semicolon. */

import { twoDigits } from '../text/byte-rows.js'

const ZERO = 0x30
const DASH = 0x2d
const COLON = 0x3a
const SEMICOLON = 0x3b

export class ByteStamp {
  /** Behind the semicolon that ended the stamp read last. */
  end = 0
  /** The day of the stamp before, as a number, and its midnight: a day has many rows. */
  private day = -1
  private midnight = 0

  /** Seconds since 1970; −1 for what is no stamp. */
  read(bytes: Buffer, at: number): number {
    return bytes[at + 4] === DASH ? this.date(bytes, at) : this.epoch(bytes, at)
  }

  private date(bytes: Buffer, at: number): number {
    const year = twoDigits(bytes, at) * 100 + twoDigits(bytes, at + 2)
    const month = twoDigits(bytes, at + 5)
    const date = twoDigits(bytes, at + 8)
    const hours = twoDigits(bytes, at + 11)
    const minutes = twoDigits(bytes, at + 14)
    const seconds = twoDigits(bytes, at + 17)
    if (year < 1970 || month < 1 || date < 1 || hours < 0 || minutes < 0 || seconds < 0) return -1
    if (bytes[at + 7] !== DASH || bytes[at + 13] !== COLON || bytes[at + 16] !== COLON) return -1
    let i = at + 19
    while (i < at + 40 && bytes[i] !== SEMICOLON) i++
    if (bytes[i] !== SEMICOLON) return -1
    this.end = i + 1
    const day = (year * 100 + month) * 100 + date
    if (day !== this.day) {
      this.day = day
      this.midnight = Date.UTC(year, month - 1, date) / 1000
    }
    return this.midnight + hours * 3600 + minutes * 60 + seconds
  }

  private epoch(bytes: Buffer, at: number): number {
    let i = at
    let value = 0
    let c = bytes[i] - ZERO
    while (c >= 0 && c <= 9) {
      value = value * 10 + c
      c = bytes[++i] - ZERO
    }
    if (bytes[i] !== SEMICOLON || i - at < 9 || i - at > 11) return -1
    this.end = i + 1
    return value
  }
}
