/** Dates and times as sadf writes them: epoch seconds, or a date and a time with or without a zone name. */

/**
 * Seconds since 1970. A zone name is not an offset, so a local time counts as if it were UTC: differences are right.
 * @returns NaN for what is no date
 */
export function stampSeconds(text: string): number {
  if (/^\d{9,11}$/.test(text)) return Number(text)
  const m = /^(\d{4})-(\d{2})-(\d{2})[ T](\d{2})[:-](\d{2})[:-](\d{2})/.exec(text)
  if (m === null) return Number.NaN
  return Date.UTC(+m[1], +m[2] - 1, +m[3], +m[4], +m[5], +m[6]) / 1000
}

/** Longest interval that is one, seconds: an unrecorded restart shows as 184467440737078912. */
export const MAX_INTERVAL = 1e9

/** Keeps the times of one table in order. */
export class StampLine {
  private last = Number.NEGATIVE_INFINITY

  /**
   * The time of the next row. Local time goes back by an hour when summer time ends.
   * @returns NaN when time goes backwards otherwise
   */
  next(seconds: number): number {
    let end = seconds
    if (seconds < this.last && this.last - seconds <= 3700) end = Math.max(seconds + 3600, this.last)
    if (end < this.last) return Number.NaN
    this.last = end
    return end
  }

  get latest(): number {
    return this.last
  }
}
