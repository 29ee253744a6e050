/** Verdicts on OOM reports as text for a terminal. */

import { called, type OomVerdict, size } from '../ingest/oom-report/index.js'
import type { OomResult } from './oom.js'

const WIDTH = 110
const LABEL = 11

/** One verdict, ending in a newline. */
export function formatOomVerdict(v: OomVerdict): string {
  const { report } = v
  const [first, last] = report.lines
  const when = report.clock ?? (report.uptime === null ? null : `${report.uptime.toFixed(1)} s after boot`)
  const rules = v.candidates.length > 0 ? ` (rules of ${v.rule.name})` : ''
  const kernel = report.kernel === null ? `kernel not named${rules}` : `Linux ${report.kernel}`
  const lines = [[`${report.file}:${first}-${last}`, when, report.host, kernel].filter((x) => x !== null).join('  ')]
  const add = (label: string, text: string): number => lines.push(...wrap(label, text))
  add('asked', asked(v))
  add('killed', killed(v))
  add(v.agrees === true ? 'follows' : v.agrees === false ? 'differs' : 'unclear', v.explanation)
  if (v.causes.length > 0) add('because', v.causes.map((c) => c.text).join('; '))
  if (v.consumers.length > 0) add('holding', v.consumers.map((c) => holder(c, v.page_kb)).join(', '))
  if (v.saved_by) {
    const { oom_score_adj, was, then_victim, name } = v.saved_by
    add(
      'saved by',
      `oom_score_adj ${oom_score_adj} (it was ${was}) for ${name}; ${called(then_victim)} would have died`,
    )
  }
  return `${lines.join('\n')}\n`
}

/** The last line, where there is more than one report. */
export function formatOomSummary(r: OomResult): string {
  if (r.reports < 2) return ''
  const parts = [`${r.follow} follow${r.follow === 1 ? 's' : ''}`]
  if (r.differ > 0) parts.push(`${r.differ} differ${r.differ === 1 ? 's' : ''}`)
  if (r.open > 0) parts.push(`${r.open} cannot be told`)
  return `\n${r.reports} reports: ${parts.join(', ')}\n`
}

function asked(v: OomVerdict): string {
  const { report } = v
  const who = report.invoker
  const name = who === null ? 'unknown task' : who.pid === null ? who.name : called({ pid: who.pid, name: who.name })
  const order = report.order
  const what = order !== null && order >= 0 && order < 20 ? ` for ${size(v.page_kb * 2 ** order)} (order ${order})` : ''
  const gfp = report.gfp === null ? '' : `, gfp_mask ${report.gfp}`
  const constraint = report.constraint === null ? '' : `, CONSTRAINT_${report.constraint}`
  const cgroup = report.constraint === 'MEMCG' && report.memcg?.path ? ` of ${report.memcg.path}` : ''
  return `${name}${what}${gfp}${constraint}${cgroup}`
}

function killed(v: OomVerdict): string {
  const { report } = v
  if (report.killed.length === 0) {
    if (report.chosen === null) return 'nobody'
    return `${called(report.chosen)} was chosen${report.already_exiting ? ' and is exiting' : '; no line says that it was killed'}`
  }
  const shown = report.killed.slice(0, 8).map(called).join(', ')
  const more = report.killed.length > 8 ? ` and ${report.killed.length - 8} more` : ''
  const row = v.candidates.find((c) => c.pid === report.killed[0].pid)
  return `${shown}${more}${report.killed.length === 1 ? points(v, row?.points ?? null) : ''}`
}

function points(v: OomVerdict, value: number | null): string {
  if (value === null || v.totalpages.pages === null) return ''
  return v.rule.unit === 'pages' ? `: ${value} points of ${v.totalpages.pages}` : `: score ${value} of 1000`
}

function holder(c: { name: string; tasks: number; pages: number }, page: number): string {
  return `${c.name}${c.tasks > 1 ? ` ×${c.tasks}` : ''} ${size(c.pages * page)}`
}

/** A label and its text, broken at blanks under it. */
function wrap(label: string, text: string): string[] {
  const out: string[] = []
  let line = ''
  for (const word of text.split(' ')) {
    if (line && line.length + 1 + word.length > WIDTH - LABEL - 2) {
      out.push(line)
      line = word
    } else line = line ? `${line} ${word}` : word
  }
  out.push(line)
  return out.map((l, i) => `  ${(i === 0 ? label : '').padEnd(LABEL)}${l}`)
}
