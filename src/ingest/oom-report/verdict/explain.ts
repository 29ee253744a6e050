/** Puts into words why the kernel's choice follows from the table, and finds out why it does not. */

import type { OomTask } from '../report.js'
import type { Case, Opinion } from './case.js'
import { knownFault } from './kernel-rule.js'
import { printedScore, type RankedTask, type RankingTerms, rank, rate, rateAll, select } from './ranking.js'
import { called } from './verdict.js'
import { totalpagesThatChoose } from './weight.js'

/** Sizes go on changing while the table is printed; less than this (1 MiB of 4-kB pages) tells nothing. */
const NEAR_PAGES = 256

export function explainAgreement(c: Case): string {
  const { report, tasks, terms, chosen } = c
  if (!chosen) return 'no task of the table may be killed, so there is no victim'
  const [first, second] = rank(rateAll(tasks, terms), terms)
  const parts: string[] = []
  if (second?.eligible !== true) {
    const where = report.elided ? 'left in the table' : 'of the table'
    parts.push(`${called(first)} is the only task ${where} that may be killed`)
  } else if (second.points === first.points) {
    const points = `${first.points}${sum(first, terms)}`
    parts.push(
      `${called(first)} has ${points}, as much as ${called(second)}, and stands ${terms.rule.ties} in the list`,
    )
  } else {
    const points = `${first.points}${sum(first, terms)}`
    parts.push(`${called(first)} has the most points, ${points}; next is ${called(second)} with ${second.points}`)
  }
  parts.push(...remarks(c))
  if (report.constraint === 'MEMCG' && !c.totalExact && terms.totalpages !== null && hasAdj(tasks)) {
    parts.push('the swap that the cgroup may use is not printed, so the weight of oom_score_adj is a lower bound')
  }
  return parts.join('. ')
}

/** What else is worth saying, whether the choice follows or not. */
function remarks(c: Case): string[] {
  const { report, terms } = c
  const out: string[] = []
  const killed = report.killed[0]
  if (c.byThread && report.chosen) out.push(`${report.chosen.pid} is a thread of ${called(c.chosen!)}`)
  else if (killed && report.chosen && killed.pid !== report.chosen.pid) {
    const why = terms.rule.sacrificesChild
      ? 'killed in its place: before 5.1 a child of the chosen task dies first'
      : 'killed instead'
    out.push(`${called(killed)} was ${why}`)
  }
  if (report.group !== null) out.push(`memory.oom.group took the whole of ${report.group} with it`)
  if (report.already_exiting) out.push('it was exiting already and was not killed')
  if (report.panic !== null) out.push(`the kernel panicked: ${report.panic}`)
  return out
}

/** Why the table gives another task than the kernel. @param computed what the table gives */
export function explainDisagreement(c: Case, computed: RankedTask | null): Opinion {
  const opinion = withoutRow(c, computed) ?? byOtherTerms(c) ?? byTable(c, computed)
  const more = remarks(c)
  return more.length > 0 ? { ...opinion, explanation: [opinion.explanation, ...more].join('. ') } : opinion
}

/** Cases in which there is no row to compare, or no selection took place. */
function withoutRow(c: Case, computed: RankedTask | null): Opinion | null {
  const { report } = c
  if (report.allocating_task) {
    return {
      agrees: null,
      explanation: 'vm.oom_kill_allocating_task is set: the task that asked dies, no selection takes place',
    }
  }
  const fault = knownFault(report)
  if (report.chosen === null) {
    const said = `the kernel said that nothing can be killed, though ${called(computed!)} has ${computed!.points} points`
    if (fault) return { agrees: false, explanation: `${said}; ${fault}` }
    const skip = 'tasks that were reaped already (MMF_OOM_SKIP) are passed over, which the table does not show'
    return { agrees: false, explanation: `${said}: ${skip}` }
  }
  if (c.chosen !== null) return null
  const missing = `the table does not list ${called(report.chosen)}`
  if (report.elided) return { agrees: null, explanation: `${missing}; lines were cut out of it` }
  const broken = report.table?.broken ?? 0
  if (broken > 0) return { agrees: null, explanation: `${missing}; ${broken} of its rows are damaged` }
  const would = computed ? `; of those listed it would have been ${called(computed)}` : ''
  return { agrees: false, explanation: `${missing}${would}` }
}

/** Something that the report does not print, with which the choice follows. */
function byOtherTerms(c: Case): Opinion | null {
  const { report, tasks, terms } = c
  const chosen = c.chosen!
  const follows = (t: RankingTerms): boolean => select(tasks, t)?.pid === chosen.pid
  const reaped = new Set(tasks.filter((t) => t.pid !== chosen.pid && wasKilled(c, t)).map((t) => t.pid))
  const without = { ...terms, reaped }
  if (reaped.size > 0 && terms.rule.badness.skipsReaped && follows(without)) {
    const dead = tasks
      .filter((t) => reaped.has(t.pid))
      .slice(0, 3)
      .map(called)
      .join(', ')
    const why = `follows once tasks are left out that an earlier report of this log killed: ${dead}`
    return { agrees: true, explanation: `${called(chosen)} ${why}`, terms: without }
  }
  if (terms.rule.badness.rootBonus !== 'none') {
    const none = { ...terms, rootBonus: false }
    const others = { ...terms, unprivileged: chosen.pid }
    const why = 'follows if uid 0 does not always mean CAP_SYS_ADMIN (containers), which the table does not show'
    if (follows(none)) return { agrees: true, explanation: `${called(chosen)} ${why}`, terms: none }
    if (follows(others)) return { agrees: true, explanation: `${called(chosen)} ${why}`, terms: others }
  }
  if (c.totalExact || !hasAdj(tasks)) return null
  const least = totalpagesThatChoose(tasks, terms, chosen, terms.totalpages ?? 0)
  if (least === null) return null
  const unknown = report.constraint === 'MEMCG' ? 'the swap that the cgroup may use is' : 'the size of memory is'
  const why = `${unknown} not printed, so the weight of oom_score_adj is unknown; with ${least} pages or more the kernel’s choice follows`
  return { agrees: null, explanation: why }
}

/** What the table itself says about the difference. */
function byTable(c: Case, computed: RankedTask | null): Opinion {
  const { report, tasks, terms } = c
  const chosen = rate(c.chosen!, terms)
  const no = (explanation: string): Opinion => ({ agrees: false, explanation })
  if (!computed) return no(`no task of the table may be killed, and yet the kernel chose ${called(chosen)}`)
  const pair = `the table gives ${called(computed)} with ${computed.points} points, the kernel chose ${called(chosen)} with ${chosen.points ?? 'none'}`
  const fault = knownFault(report)
  if (fault) return no(`${pair}; ${fault}`)
  if (!chosen.eligible) return no(`${called(chosen)} may not be killed (${chosen.reason}), and yet it was chosen`)
  if (/^(?:swapoff|ksmd)/.test(chosen.name)) return no(`${pair}; a task that works for swapoff or KSM is taken first`)
  const score = printedScore(chosen, terms)
  const hidden = report.table!.columns.includes('swapents')
    ? ''
    : 'the table of this kernel has no columns for swap and page tables'
  if (hidden && report.score !== null && score !== null && report.score > score + 1) {
    return no(
      `${pair}; the printed score ${report.score} shows that ${called(chosen)} is bigger than its row: ${hidden}, so most of it is swapped out or in page tables`,
    )
  }
  if (terms.rule.unit === 'thousandths' && tiesByRounding(c, chosen, computed)) {
    const ties =
      terms.totalpages === null
        ? ''
        : ` (${rank(rateAll(tasks, terms), terms).filter((t) => t.points === computed.points).length} tasks)`
    const first = 'of equal scores the first of the list dies'
    return no(`${pair}; scores are whole thousandths and tie${ties}, ${first}; ${hidden || 'so rounding decides'}`)
  }
  if (terms.rule.unit === 'pages' && chosen.points === computed.points) {
    const other = { ...terms, rule: { ...terms.rule, ties: terms.rule.ties === 'last' ? 'first' : 'last' } } as const
    const why = `${pair}: a tie, which the order of the process list decides`
    return select(tasks, other)?.pid === chosen.pid ? { agrees: true, explanation: why, terms: other } : no(why)
  }
  if (report.elided) return no(`${pair}; lines were cut out of the report`)
  if (!report.table!.header) return no(`${pair}; the header of the table is lost, its columns are inferred`)
  if (computed.points! - chosen.points! <= Math.max(NEAR_PAGES, computed.points! / 100)) {
    return no(`${pair}: nearly equal, and sizes change between the choice and the printing of the table`)
  }
  const skips = terms.rule.badness.skipsReaped
    ? 'already reaped, between vfork and exec, or outside of the cpuset'
    : 'exiting or outside of the cpuset'
  return no(`${pair}; tasks that are ${skips} are passed over, which the table does not show`)
}

/** Scores of whole thousandths that the floor of 1 or the rounding makes equal. */
function tiesByRounding(c: Case, chosen: RankedTask, computed: RankedTask): boolean {
  return c.terms.totalpages === null ? (c.report.score ?? 9) <= 1 : chosen.points === computed.points
}

/** An earlier report of the log killed this very process. */
function wasKilled(c: Case, task: OomTask): boolean {
  return c.report.earlier.some((p) => p.pid === task.tgid && p.name === task.name)
}

function hasAdj(tasks: readonly OomTask[]): boolean {
  return tasks.some((t) => t.oom_score_adj !== 0 && t.oom_score_adj !== -1000)
}

/** ` = rss 45000 + swap 10 + …`, the parts that are not zero. */
function sum(t: RankedTask, terms: RankingTerms): string {
  if (terms.rule.unit !== 'pages' || terms.totalpages === null) return ''
  const parts = [`rss ${t.rss}`]
  if (t.swap) parts.push(`swap ${t.swap}`)
  if (t.pgtables) parts.push(`page tables ${t.pgtables}`)
  const adj = t.oom_score_adj * Math.floor(terms.totalpages / 1000)
  const root = t.points! - t.rss - (t.swap ?? 0) - (t.pgtables ?? 0) - adj
  let text = parts.join(' + ')
  if (adj) text += ` ${adj < 0 ? '-' : '+'} oom_score_adj ${Math.abs(adj)}`
  if (root < 0 && terms.rule.badness.rootBonus !== 'none') text += ` - root bonus ${-root}`
  return ` = ${text}`
}
