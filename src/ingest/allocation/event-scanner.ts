/** What the scanners of the written forms have in common: numbers and names read from bytes, and what an event needs. */

import { NameCache } from './name-cache.js'
import { MAX_PAGE, type RawEvent } from './raw-event.js'

const ZERO = 0x30

/** Exact powers of ten: a mantissa below 2^53 divided by one of them is rounded once, as JSON.parse rounds. */
const POWERS = Float64Array.from({ length: 16 }, (_, i) => 10 ** i)

/** Fields of an event that were there. */
export const HAS_T = 1
export const HAS_OP = 2
export const HAS_PID = 4
export const HAS_OBJECT = 8
export const HAS_START = 16
export const HAS_COUNT = 32
export const HAS_PAGES = 64
const COMMON = HAS_T | HAS_OP | HAS_PID | HAS_OBJECT

export abstract class EventScanner {
  /** Behind the value read last. */
  protected pos = 0
  /** The name read last. */
  protected text = ''
  protected readonly names = new NameCache()

  /** The time of an event. */
  protected seconds(bytes: Buffer, at: number, raw: RawEvent): boolean {
    let i = at
    let value = 0
    let c = bytes[i] - ZERO
    if (c === 0 && bytes[i + 1] >= ZERO && bytes[i + 1] <= 0x39) return false
    while (c >= 0 && c <= 9) {
      value = value * 10 + c
      c = bytes[++i] - ZERO
    }
    let digits = i - at
    if (digits === 0) return false
    if (bytes[i] === 0x2e) {
      const dot = ++i
      c = bytes[i] - ZERO
      while (c >= 0 && c <= 9) {
        value = value * 10 + c
        c = bytes[++i] - ZERO
      }
      const decimals = i - dot
      digits += decimals
      if (decimals === 0 || digits > 15) return false
      value /= POWERS[decimals]
    }
    // More digits than a double holds exactly, or an exponent (the next byte is then neither comma nor bracket).
    if (digits > 15) return false
    raw.t = value
    this.pos = i
    return true
  }

  /** A page number or count; −1 when there is anything else. */
  protected integer(bytes: Buffer, at: number): number {
    let i = at
    let value = 0
    let c = bytes[i] - ZERO
    while (c >= 0 && c <= 9) {
      value = value * 10 + c
      c = bytes[++i] - ZERO
    }
    if (i === at || i - at > 10 || (i - at > 1 && bytes[at] === ZERO)) return -1
    this.pos = i
    return value
  }
}

/** Forgets the event before. */
export function clear(raw: RawEvent): void {
  raw.listLength = -1
  raw.listMax = -1
  raw.write = false
  raw.readahead = false
  raw.region = undefined
  raw.file = undefined
}

/** Everything that the event needs is there and nothing contradicts: what is not so gets its message from the slow way. */
export function complete(raw: RawEvent, have: number): boolean {
  if ((have & COMMON) !== COMMON) return false
  if ((raw.op === 'touch' ? raw.region : raw.file) === undefined) return false
  const range = have & (HAS_START | HAS_COUNT | HAS_PAGES)
  if (range === HAS_PAGES) return raw.pid <= MAX_PAGE
  return (
    range === (HAS_START | HAS_COUNT) && raw.pid <= MAX_PAGE && raw.count < 2 ** 31 && raw.start + raw.count <= MAX_PAGE
  )
}

/** Up to four letters as one number, so that they are compared at once. */
export function code(word: string): number {
  return Buffer.from(word.padEnd(4, '\0')).readInt32LE(0)
}

/** Four bytes as one number. */
export function four(bytes: Buffer, at: number): number {
  return bytes[at] | (bytes[at + 1] << 8) | (bytes[at + 2] << 16) | (bytes[at + 3] << 24)
}
