/**
 * The two header lines of vmstat, in all their variants: wide, with active and inactive, with and without `st` and
 * `gu`, translated, with the zone of the timestamps at the end (procps vmstat.c, new_header).
 */

/** Column order of procps; a translated header keeps it. */
const ORDER = 'r b swpd free buff cache si so bi bo in cs us sy id wa st gu'.split(' ')
const ENGLISH = new Set([...ORDER, 'inact', 'active'])
const LAST = new Set(['id', 'wa', 'st', 'gu'])

export interface VmstatHeader {
  columns: readonly string[]
  /** Zone name that stands above the timestamps; an abbreviation, not an offset. */
  zone?: string
}

/** The names line, or undefined for any other line. */
export function readNames(line: string): VmstatHeader | undefined {
  const words = line.trim().split(/\s+/)
  if (words.length < 15 || words.length > 20 || words[0] !== 'r' || words[1] !== 'b') return undefined
  const last = words.at(-1) as string
  let zone: string | undefined
  if (!LAST.has(last.toLowerCase()) && /^([A-Z]{2,6}|[+-]\d{2,4})$/.test(last)) {
    zone = last
    words.pop()
  }
  if (words.slice(2).some((word) => /^-?\d/.test(word))) return undefined
  const known = words.every((word) => ENGLISH.has(word))
  if (!known && (words[2] !== 'swpd' || words.length > ORDER.length)) return undefined
  const columns = known ? words : ORDER.slice(0, words.length)
  return zone === undefined ? { columns } : { columns, zone }
}

/** `procs -----------memory---------- ---swap-- …`, also translated and with a time column before it. */
export function isGroupLine(line: string): boolean {
  return /procs/.test(line) && (line.match(/-{2,}/g)?.length ?? 0) >= 4 && !/\d/.test(line)
}
