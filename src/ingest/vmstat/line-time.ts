/** Times that `ts`, awk or a loop around `date` put before every line of a running vmstat. */

import { clockText, dateSeconds } from '../text/dates.js'

/** A time, in brackets or not, and what may set it apart from the line. */
const before = (time: string): RegExp => new RegExp(`^\\[?(${time})\\]?\\s*[:,|]?\\s+(?=\\S)`)

const CLOCK = String.raw`\d{1,2}:\d{2}:\d{2}(?:[.,]\d+)?`
const FORMS = [
  // 2024-05-20 10:00:01, 2024-05-20T10:00:01+0200
  before(String.raw`\d{4}[-/]\d{2}[-/]\d{2}[ T]${CLOCK}(?: ?(?:Z|[+-]\d{2}:?\d{2}))?`),
  // Mon May 20 10:00:01 CEST 2024, May 20 10:00:01, Mon 20 May 2024 10:00:01 AM CEST
  before(
    String.raw`(?:[A-Z][a-z]{2},? +)?(?:[A-Z][a-z]{2,8} +\d{1,2}|\d{1,2} +[A-Z][a-z]{2,8})(?: +\d{4})?,? +${CLOCK}(?: [AP]M)?(?: [A-Z]{2,5})?(?: \d{4})?`,
  ),
  // 1716192001, 1716192001.25
  before(String.raw`\d{10}(?:\.\d+)?`),
  // 10:00:01
  before(CLOCK),
]

export interface TimedLine {
  /** The line without its time. */
  rest: string
  /** `2024-05-20 10:00:01`, where the time has a date with its year; */
  stamp?: string
  /** else the time of day. */
  clock?: string
}

/** What a line is without the time before it; undefined for a line that begins with none. */
export function timedLine(text: string): TimedLine | undefined {
  // Most lines begin with a blank.
  if (text.charCodeAt(0) <= 0x20) return undefined
  for (const form of FORMS) {
    const match = form.exec(text)
    if (match === null) continue
    const rest = text.slice(match[0].length)
    const seconds = dateSeconds(match[1].replace(',', '.'))
    if (!Number.isNaN(seconds)) return { rest, stamp: stampText(seconds) }
    const clock = /\d{1,2}:\d{2}:\d{2}/.exec(match[1])?.[0]
    return clock === undefined ? undefined : { rest, clock: clock.padStart(8, '0') }
  }
  return undefined
}

function stampText(seconds: number): string {
  return `${new Date(Math.floor(seconds) * 1000).toISOString().slice(0, 10)} ${clockText(seconds)}`
}
