/** Does the kernel's choice follow from the report? */

import { isComplete, type OomReport, type OomTask } from '../report.js'
import type { Case, Opinion } from './case.js'
import { causesOf, consumersOf, zoneStates } from './causes.js'
import { explainAgreement, explainDisagreement } from './explain.js'
import { kernelRule } from './kernel-rule.js'
import { printedScore, type RankingTerms, rank, rate, rateAll, select } from './ranking.js'
import { savedBy } from './saved-by.js'
import { pageKb, totalPages } from './totalpages.js'
import type { OomVerdict } from './verdict.js'

/** Recomputes the badness of every task of a report and compares the result with what the kernel did. Never throws. */
export function judgeOomReport(report: OomReport): OomVerdict {
  const page = pageKb(report)
  const totalpages = totalPages(report, page)
  const tasks = report.table?.tasks ?? []
  const rule = kernelRule(report)
  let terms: RankingTerms = {
    rule,
    totalpages: totalpages.pages,
    pageKb: page,
    rootBonus: true,
    unprivileged: null,
    reaped: new Set(),
  }
  const { chosen, byThread } = findChosen(report)
  if (rule.badness.rootBonus !== 'none') terms.rootBonus = !disprovesRootBonus(report, chosen, terms)
  const c: Case = { report, tasks, terms, chosen, byThread, totalExact: totalpages.exact }
  const opinion = rule.unit === 'unknown' ? notRated() : opinionOf(c)
  terms = opinion.terms ?? terms
  const rated = tasks.length > 0 && rule.unit !== 'unknown'
  const listed = rateAll(tasks, terms)
  const zones = zoneStates(report, page)
  return {
    report,
    rule,
    page_kb: page,
    totalpages,
    root_bonus: rule.badness.rootBonus === 'none' ? null : terms.rootBonus,
    listed: rated ? listed : [],
    candidates: rated ? rank(listed, terms) : [],
    computed: rated ? select(tasks, terms) : null,
    chosen: chosen ? rate(chosen, terms) : null,
    agrees: opinion.agrees,
    explanation: opinion.explanation,
    complete: isComplete(report),
    saved_by: opinion.agrees === true && chosen && rated ? savedBy(tasks, terms, chosen) : null,
    zones,
    causes: causesOf(report, zones, page),
    consumers: consumersOf(listed),
  }
}

function opinionOf(c: Case): Opinion {
  const { report, tasks, terms, chosen } = c
  if (tasks.length === 0) {
    const why = 'no task table in the report (vm.oom_dump_tasks=0, or the log is cut), so the choice cannot be checked'
    return { agrees: null, explanation: why }
  }
  if (report.chosen === null && !report.no_victim) {
    return { agrees: null, explanation: 'the report ends before the kernel names a victim' }
  }
  const computed = select(tasks, terms)
  const follows = report.chosen === null ? computed === null : chosen !== null && computed?.pid === chosen.pid
  if (follows && !report.allocating_task) return { agrees: true, explanation: explainAgreement(c) }
  return explainDisagreement(c, computed)
}

function notRated(): Opinion {
  const why =
    'kernels before 2.6.36 rate tasks by total_vm, run time and nice level, which the report does not print, ' +
    'so the choice cannot be recomputed'
  return { agrees: null, explanation: why }
}

/** The row of the chosen task: by pid, as thread group, or by the process that died when a thread's id was printed. */
function findChosen(report: OomReport): { chosen: OomTask | null; byThread: boolean } {
  const tasks = report.table?.tasks ?? []
  const { chosen } = report
  if (!chosen) return { chosen: null, byThread: false }
  const row = tasks.find((t) => t.pid === chosen.pid)
  if (row) return { chosen: row, byThread: false }
  const group = tasks.find((t) => t.tgid === chosen.pid)
  if (group) return { chosen: group, byThread: true }
  const killed = report.killed[0]
  const dead = killed && tasks.find((t) => t.pid === killed.pid || t.tgid === killed.pid)
  // A whole table lists every process, so what it does not list is a thread; in a cut one the name must tell.
  const thread = dead !== undefined && (killed.name === chosen.name || isComplete(report))
  return { chosen: thread ? dead : null, byThread: thread }
}

/** The printed score comes out only without the bonus: root in a container has no CAP_SYS_ADMIN. */
function disprovesRootBonus(report: OomReport, chosen: OomTask | null, terms: RankingTerms): boolean {
  if (chosen?.uid !== 0 || report.score === null) return false
  const without = { ...terms, rootBonus: false }
  const score = (t: RankingTerms): number | null => printedScore(rate(chosen, t), t)
  return score(terms) !== report.score && score(without) === report.score
}
