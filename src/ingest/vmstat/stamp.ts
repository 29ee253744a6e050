/** Times in vmstat output: `-t` prints them behind the row, recorders put them before it or between the runs. */

/** Seconds since 1970 of a written date and time, as if it were UTC: the zone is an abbreviation or missing. */
export function stampSeconds(text: string): number {
  const m = /^(\d{4})-(\d{2})-(\d{2})[ T](\d{2}):(\d{2}):(\d{2})/.exec(text)
  if (m === null) return Number.NaN
  return Date.UTC(+m[1], +m[2] - 1, +m[3], +m[4], +m[5], +m[6]) / 1000
}

const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec']

/** `Wed Aug 28 16:02:01 IST 2019`, as `date` prints it, also behind the `zzz ***` of OSWatcher. NaN for other text. */
export function dateLineSeconds(line: string): number {
  const m = /^(?:zzz \*\*\*)?\w{3} (\w{3}) +(\d{1,2}) (\d{2}):(\d{2}):(\d{2})(?: [AP]M)? (?:\S+ )?(\d{4})\s*$/.exec(
    line.trim(),
  )
  if (m === null) return stampSeconds(line.trim())
  const month = MONTHS.indexOf(m[1].toLowerCase())
  return month < 0 ? Number.NaN : Date.UTC(+m[6], month, +m[2], +m[3], +m[4], +m[5]) / 1000
}
