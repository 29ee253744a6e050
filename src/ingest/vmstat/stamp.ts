/** Times in vmstat output: `-t` prints them behind the row, recorders put them before it or between the runs. */

/** Seconds since 1970 of a written date and time, as if it were UTC: the zone is an abbreviation or missing. */
export function stampSeconds(text: string): number {
  const m = /^(\d{4})-(\d{2})-(\d{2})[ T](\d{2}):(\d{2}):(\d{2})/.exec(text)
  if (m === null) return Number.NaN
  return Date.UTC(+m[1], +m[2] - 1, +m[3], +m[4], +m[5], +m[6]) / 1000
}

/** Seconds since 1970 of the midnight before a time. */
export function midnightOf(seconds: number): number {
  return Math.floor(seconds / 86_400) * 86_400
}
