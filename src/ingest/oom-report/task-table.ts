/**
 * The task table of a report: `dump_tasks` and `dump_task` of mm/oom_kill.c, in the columns of every release.
 * https://github.com/torvalds/linux/blob/v6.6/mm/oom_kill.c
 */

import type { OomTask, OomTaskTable } from './report.js'

/** Rows kept of one table. Bounds the memory that a damaged log can take; the largest real tables have a few thousand. */
export const MAX_TASKS = 50_000
/** Columns whose values are whole numbers; a vendor's column of another name may hold anything without blanks. */
const NUMERIC = new Set([
  'uid',
  'tgid',
  'ppid',
  'total_vm',
  'rss',
  'rss_anon',
  'rss_file',
  'rss_shmem',
  'nr_ptes',
  'nr_pmds',
  'nr_puds',
  'pgtables_bytes',
  'swapents',
  'cpu',
  'oom_adj',
  'oom_score_adj',
])
/** The widest table has 11 columns after the pid. */
const MAX_COLUMNS = 32
const HEADER = /^\[ *pid *\] +(.*)$/
const ROW_START = /^\[ *\d{1,10}\] +\d+ +\d/

/** Columns of a table header, or null when the line is none (or is cut before its end). */
export function tableHeader(text: string): string[] | null {
  const m = HEADER.exec(text)
  if (!m) return null
  const columns = m[1].trim().split(/ +/)
  const adj = columns.includes('oom_score_adj') || columns.includes('oom_adj')
  return adj && columns.at(-1) === 'name' && columns.length <= MAX_COLUMNS ? columns : null
}

/** How many columns have names that no kernel prints: vendors add one or two, a word broken in two adds more. */
export function strangeColumns(columns: readonly string[]): number {
  return columns.slice(0, -1).filter((c) => !NUMERIC.has(c)).length
}

export function startsTable(text: string): boolean {
  return HEADER.test(text) || ROW_START.test(text) || text.startsWith('Tasks state')
}

export function isTableHeader(text: string): boolean {
  return HEADER.test(text)
}

export function isRow(text: string): boolean {
  return ROW_START.test(text)
}

const patterns = new Map<string, RegExp>()

/** The regular expression of a row: the numbers may be wider than their columns, so positions say nothing. */
function rowPattern(columns: readonly string[]): RegExp {
  const key = columns.join(' ')
  let re = patterns.get(key)
  if (!re) {
    const fields = columns.slice(0, -1).map((c) => (NUMERIC.has(c) ? '(-?\\d{1,15})' : '(\\S{1,40})'))
    re = new RegExp(`^\\[ *(\\d{1,10})\\] +${fields.join(' +')} +(\\S.*)$`)
    if (patterns.size < 64) patterns.set(key, re)
  }
  return re
}

/** Reads a row. @returns null when it is cut or damaged */
export function tableRow(text: string, columns: readonly string[], line: number): OomTask | null {
  const m = rowPattern(columns).exec(text)
  if (!m) return null
  const at = (name: string): number | null => {
    const i = columns.indexOf(name)
    return i < 0 ? null : Number(m[i + 2])
  }
  const pid = Number(m[1])
  const ptes = at('nr_ptes')
  return {
    pid,
    tgid: at('tgid') ?? pid,
    uid: at('uid') ?? 0,
    name: m[m.length - 1].slice(0, 64).trim(),
    total_vm: at('total_vm') ?? 0,
    rss: at('rss') ?? 0,
    pgtable_pages: ptes === null ? null : ptes + (at('nr_pmds') ?? 0) + (at('nr_puds') ?? 0),
    pgtable_bytes: at('pgtables_bytes'),
    swapents: at('swapents'),
    oom_score_adj: at('oom_score_adj') ?? fromOomAdj(at('oom_adj') ?? 0),
    line,
  }
}

/** oom_adj −17…15 → oom_score_adj, as `proc_oom_adj_write` scales it: the end points exactly. */
export function fromOomAdj(adj: number): number {
  if (adj === 15) return 1000
  return Math.trunc((adj * 1000) / 17)
}

/**
 * Columns of a table whose header is lost, by the number of values and what page-table bytes look like.
 * The layouts of 3.7 and of RHEL 6 have as many columns; the newer is taken.
 */
export function guessColumns(rows: readonly string[]): string[] | null {
  const values = rows.map((r) => [...r.replace(/^\[[^\]]*\]/, '').matchAll(/ (-?\d+)(?= )/g)].map((x) => Number(x[1])))
  const count = Math.min(...values.map((v) => v.length))
  const head = ['uid', 'tgid', 'total_vm', 'rss']
  const tail = ['swapents', 'oom_score_adj', 'name']
  if (count === 10) return [...head, 'rss_anon', 'rss_file', 'rss_shmem', 'pgtables_bytes', ...tail]
  if (count === 9) return [...head, 'nr_ptes', 'nr_pmds', 'nr_puds', ...tail]
  if (count === 8) return [...head, 'nr_ptes', 'nr_pmds', ...tail]
  if (count !== 7) return null
  const bytes = values.every((v) => v[4] % 1024 === 0) && values.some((v) => v[4] > 0)
  return [...head, bytes ? 'pgtables_bytes' : 'nr_ptes', ...tail]
}

export function emptyTable(columns: string[], header: boolean): OomTaskTable {
  return { columns, header, tasks: [], broken: 0 }
}
