/**
 * The time at the start of a line of sar, which is printed with the `%X` of the locale of whoever ran sar
 * (sysstat common.c, set_record_timestamp_string). Seconds of the day; the date stands in the banner only.
 */

import { isItemTable } from '../sysstat/tables.js'

export interface Clock {
  /** Seconds of the day. On an ambiguous 12-hour clock: since noon or midnight. */
  seconds: number
  /** First character after the time, its AM/PM mark and its zone. */
  end: number
  /** The locale prints no seconds, so intervals cannot be known. */
  minutesOnly: boolean
  /** A zone name but no AM/PM, as en_IN of glibc 2.17 prints a 12-hour clock. */
  ambiguous: boolean
}

const ZERO = 0x30

/** `18時25分10秒` and `07시 39분 34초`. */
const EAST_ASIAN = /^(\d{1,2})[時时時시]\s*(\d{1,2})[分분]\s*(\d{1,2})[秒초]/
/** `09.13.47` of Finland. */
const DOTTED = /^(\d{2})\.(\d{2})\.(\d{2})(?=\s)/
/** `kl. 09.13 +0000` of Norway. */
const NO_SECONDS = /^kl\. (\d{2})\.(\d{2})(?: [+-]\d{4})?(?=\s)/
const ZONE = /^\s{1,4}([A-Z]{3,5}|[+-]\d{2,4})(?=\s)/

/**
 * Reads the time that `line` begins with into `clock`.
 * @returns false when the line begins with no time
 */
export function readClock(line: string, clock: Clock): boolean {
  const c = line.charCodeAt(0)
  clock.minutesOnly = false
  clock.ambiguous = false
  if (c < 0x30 || c > 0x39) {
    if (c !== 0x6b /* k */) return false
    const m = NO_SECONDS.exec(line)
    if (m === null) return false
    clock.minutesOnly = true
    return take(clock, Number(m[1]), Number(m[2]), 0, m[0].length)
  }
  if (line.charCodeAt(2) === 0x3a && line.charCodeAt(5) === 0x3a) {
    const hours = two(line, 0)
    const minutes = two(line, 3)
    const seconds = two(line, 6)
    if (hours < 0 || minutes < 0 || seconds < 0 || !take(clock, hours, minutes, seconds, 8)) return false
    return suffix(line, clock)
  }
  const m = EAST_ASIAN.exec(line) ?? DOTTED.exec(line)
  return m !== null && take(clock, Number(m[1]), Number(m[2]), Number(m[3]), m[0].length)
}

/** AM/PM and the zone name behind a time. */
function suffix(line: string, clock: Clock): boolean {
  let i = 8
  while (line.charCodeAt(i) === 0x20) i++
  // Most lines go on with blanks and a value or a name in small letters: nothing to look for.
  const c = line.charCodeAt(i)
  if (i > 12 || (c >= 0x30 && c <= 0x39) || c >= 0x61) return i > 8 || line.length === 8 || c === 0x09
  const half = /^([AP])M(?=\s|$)/i.exec(line.slice(i, i + 3))
  if (half !== null) {
    const hours = Math.floor(clock.seconds / 3600)
    if (hours > 12) return false
    clock.seconds += ((half[1].toUpperCase() === 'P' ? 12 : 0) + (hours === 12 ? -12 : 0)) * 3600
    clock.end = i + 2
  }
  const zone = ZONE.exec(line.slice(clock.end, clock.end + 10))
  if (zone !== null && !isItemTable(zone[1]) && !/^\d/.test(zone[1]) && zone[1] !== 'COM' && zone[1] !== 'LINUX') {
    clock.end += zone[0].length
    clock.ambiguous = half === null && clock.seconds < 13 * 3600
  }
  return true
}

function two(line: string, at: number): number {
  const a = line.charCodeAt(at) - ZERO
  const b = line.charCodeAt(at + 1) - ZERO
  return a >= 0 && a <= 9 && b >= 0 && b <= 9 ? a * 10 + b : -1
}

function take(clock: Clock, hours: number, minutes: number, seconds: number, end: number): boolean {
  if (hours > 24 || minutes > 59 || seconds > 60) return false
  clock.seconds = hours * 3600 + minutes * 60 + seconds
  clock.end = end
  return true
}
