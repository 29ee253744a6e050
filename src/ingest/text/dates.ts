/** Dates as `date` and shell scripts print them, in whatever form. The zone is a name, so local time counts as UTC. */

const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec']

/**
 * Seconds since 1970 of a line that is a date and time: `Wed Aug 28 16:02:01 IST 2019`, `Wed 28 Aug 2019 04:02:01 PM
 * IST`, `2019-08-28T16:02:01.5Z`, `zzz ***Thu Mar 30 09:00:01 EDT 2017`, `1566993721.5`.
 * @returns NaN for a line that is none
 */
export function dateSeconds(line: string): number {
  const text = line.trim().replace(/^zzz \*\*\*/, '')
  if (/^@?\d{9,11}(\.\d+)?$/.test(text)) return Number(text.replace('@', ''))
  const clock = /(?:^|[\sT])(\d{1,2}):(\d{2}):(\d{2})(\.\d+)?(?=\s|$|Z|[+-])/.exec(text)
  if (clock === null || text.length > 60) return Number.NaN
  const day = isoDay(text) ?? namedDay(text)
  if (day === undefined) return Number.NaN
  let hours = Number(clock[1])
  const half = /\b([AP])M\b/.exec(text)?.[1]
  if (half !== undefined) hours = (hours % 12) + (half === 'P' ? 12 : 0)
  return day + hours * 3600 + Number(clock[2]) * 60 + Number(clock[3]) + Number(clock[4] ?? 0)
}

function isoDay(text: string): number | undefined {
  const m = /(?:^|\s)(\d{4})[-/](\d{2})[-/](\d{2})(?=[\sT])/.exec(text)
  return m === null ? undefined : Date.UTC(+m[1], +m[2] - 1, +m[3]) / 1000
}

function namedDay(text: string): number | undefined {
  const words = text.split(/[\s,]+/)
  const month = words
    .map((w) => MONTHS.indexOf(w.toLowerCase().slice(0, 3)))
    .find((m, i) => m >= 0 && /^[A-Za-z]/.test(words[i]))
  const year = words.find((w) => /^(19|20)\d{2}$/.test(w))
  const day = words.find((w) => /^\d{1,2}\.?$/.test(w))
  if (month === undefined || year === undefined || day === undefined) return undefined
  return Date.UTC(Number(year), month, Number.parseInt(day, 10)) / 1000
}

/** `HH:MM:SS` of the 24-hour clock. */
export function clockText(seconds: number): string {
  const s = ((seconds % 86400) + 86400) % 86400
  const pad = (n: number): string => String(Math.floor(n)).padStart(2, '0')
  return `${pad(s / 3600)}:${pad((s % 3600) / 60)}:${pad(s % 60)}`
}
