/** The date in the banner of sar, which is printed with the `%x` of the locale. */

const MONTHS = [
  ['jan'],
  ['feb', 'fév', 'fev'],
  ['mar', 'mär'],
  ['apr', 'avr'],
  ['may', 'mai', 'maj', 'mei'],
  ['jun', 'juin'],
  ['jul', 'juil'],
  ['aug', 'aoû', 'aou', 'ago'],
  ['sep'],
  ['oct', 'okt', 'out'],
  ['nov'],
  ['dec', 'dez', 'des', 'déc', 'dic'],
]

/**
 * Midnight of the day, seconds since 1970 as if local time were UTC; undefined where day and month cannot be told apart
 * (`03/04/24`), and for what is no date. Nothing depends on it but the names that days are called by.
 */
export function bannerDay(date: string | undefined): number | undefined {
  if (date === undefined) return undefined
  const iso = /(\d{4})[-/.年년]\s?(\d{1,2})[-/.月월]\s?(\d{1,2})/.exec(date)
  if (iso !== null) return day(Number(iso[1]), Number(iso[2]), Number(iso[3]))
  const m = /^(\d{1,2})([-/.])\s?(\d{1,2})\2\s?(\d{2}|\d{4})\.?$/.exec(date.trim())
  if (m !== null) {
    const [a, b] = [Number(m[1]), Number(m[3])]
    const year = m[4].length === 2 ? 2000 + Number(m[4]) : Number(m[4])
    // Dots and dashes stand in locales that write the day first; with slashes only a number above 12 tells.
    if (m[2] !== '/' || a > 12 || a === b) return day(year, b, a)
    return b > 12 ? day(year, a, b) : undefined
  }
  return named(date)
}

/** `Monday 09 September 2024`, `30. juni 2019`. */
function named(date: string): number | undefined {
  const m = /(\d{1,2})\.? (\p{L}+)\.? (\d{4})/u.exec(date)
  if (m === null) return undefined
  const word = m[2].toLowerCase()
  const month = MONTHS.findIndex((names) => names.some((name) => word.startsWith(name)))
  return month < 0 ? undefined : day(Number(m[3]), month + 1, Number(m[1]))
}

function day(year: number, month: number, of: number): number | undefined {
  // Beyond that it is a year of another calendar (th_TH counts from the Buddha's death).
  if (year > 2400 || month < 1 || month > 12 || of < 1 || of > 31) return undefined
  return Date.UTC(year, month - 1, of) / 1000
}
