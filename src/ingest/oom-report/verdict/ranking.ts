/** The candidates of a report under a release's rule: points of each task and who is taken. */

import { type BadnessTask, oomBadness } from '../../../mm/oom-badness.js'
import type { OomTask } from '../report.js'
import type { KernelRule } from './kernel-rule.js'

export interface RankedTask {
  pid: number
  name: string
  uid: number
  /** Pages. */
  rss: number
  /** Swap entries; null where the table has no such column. */
  swap: number | null
  /** Page-table pages; null where the table has no such column. */
  pgtables: number | null
  oom_score_adj: number
  /** By the rule's unit; null when not eligible. */
  points: number | null
  eligible: boolean
  /** Why not eligible, or ''. */
  reason: string
}

/** What the points of a table depend on. */
export interface RankingTerms {
  rule: KernelRule
  /** Pages; null when unknown: oom_score_adj then has no weight. */
  totalpages: number | null
  /** Page size, kB. */
  pageKb: number
  /** Whether tasks of uid 0 are taken to hold CAP_SYS_ADMIN. */
  rootBonus: boolean
  /** A task of uid 0 that does not. */
  unprivileged: number | null
  /** Tasks whose memory has been reaped already. */
  reaped: ReadonlySet<number>
}

/** Rates one task. @param adj overrides its oom_score_adj */
export function rate(task: OomTask, terms: RankingTerms, adj = task.oom_score_adj): RankedTask {
  const fromBytes = task.pgtable_bytes === null ? null : Math.floor(task.pgtable_bytes / (terms.pageKb * 1024))
  const pgtables = task.pgtable_pages ?? fromBytes
  const input: BadnessTask = {
    rss: task.rss,
    swap: task.swapents ?? 0,
    // Page-table pages are counted here, since only the report knows its page size.
    nrPtes: pgtables ?? 0,
    oomScoreAdj: adj,
    privileged: task.uid === 0 && terms.rootBonus && task.pid !== terms.unprivileged,
    init: task.tgid === 1,
    reaped: terms.reaped.has(task.pid),
  }
  const b = oomBadness(input, terms.totalpages ?? 0, terms.rule.badness)
  const thousandths = terms.rule.unit === 'thousandths' && terms.totalpages !== null
  const used = b.breakdown.rss + b.breakdown.swap + b.breakdown.pageTables
  const points = thousandths ? shareOf(used, input, terms.totalpages!) : b.points
  return {
    pid: task.pid,
    name: task.name,
    uid: task.uid,
    rss: task.rss,
    swap: task.swapents,
    pgtables,
    oom_score_adj: adj,
    points: b.eligible ? points : null,
    eligible: b.eligible,
    reason: b.reason,
  }
}

/** `oom_badness` of 2.6.36 to 3.4: thousandths of totalpages, 30 less for root, at least 1 and at most 1000. */
function shareOf(used: number, task: BadnessTask, totalpages: number): number {
  const share = Math.floor((used * 1000) / Math.max(1, totalpages)) - (task.privileged ? 30 : 0) + task.oomScoreAdj
  return Math.min(1000, Math.max(1, share))
}

/** Rates a table, in its order. */
export function rateAll(tasks: readonly OomTask[], terms: RankingTerms): RankedTask[] {
  return tasks.map((t) => rate(t, terms))
}

/** The order in which rated tasks would be taken: eligible ones by points, then the rest as listed. */
export function rank(listed: readonly RankedTask[], terms: RankingTerms): RankedTask[] {
  const eligible = listed.filter((t) => t.eligible)
  if (terms.rule.ties === 'last') eligible.reverse()
  eligible.sort((a, b) => b.points! - a.points!)
  return eligible.concat(listed.filter((t) => !t.eligible))
}

/**
 * The task that `select_bad_process` takes, null when none is eligible.
 *
 * @param change another oom_score_adj for one task
 */
export function select(
  tasks: readonly OomTask[],
  terms: RankingTerms,
  change?: { pid: number; oom_score_adj: number },
): RankedTask | null {
  let best: RankedTask | null = null
  for (const task of tasks) {
    const t = rate(task, terms, task.pid === change?.pid ? change.oom_score_adj : task.oom_score_adj)
    if (!t.eligible) continue
    const wins = best === null || t.points! > best.points! || (t.points === best.points && terms.rule.ties === 'last')
    if (wins) best = t
  }
  return best
}

/** The printed score of these points (`points·1000/totalpages`). */
export function printedScore(task: RankedTask, terms: RankingTerms): number | null {
  if (task.points === null || !terms.totalpages) return null
  return terms.rule.unit === 'thousandths' ? task.points : Math.floor((task.points * 1000) / terms.totalpages)
}
