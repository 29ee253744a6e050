/** Spans of time as options take them. */

import { InvalidArgumentError } from 'commander'

const UNITS: Record<string, number> = { ms: 0.001, s: 1, m: 60, h: 3600, d: 86_400 }

/**
 * Reads `500ms`, `1s`, `10m`, `2h`, `1d` or a number of seconds.
 * @param least shortest span that is taken, seconds
 * @returns seconds
 * @throws InvalidArgumentError for anything else
 */
export function parseDuration(text: string, least: number, most = Number.POSITIVE_INFINITY): number {
  const m = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)?$/.exec(text.trim())
  const value = m === null ? Number.NaN : Number(m[1]) * UNITS[m[2] ?? 's']
  if (value >= least && value <= most) return value
  const range = most === Number.POSITIVE_INFINITY ? `${least} s or more` : `${least} s to ${most / 86_400} d`
  throw new InvalidArgumentError(`expected a time such as 500ms, 1s, 10m, 2h or 1d, ${range}.`)
}
