/** For which totalpages does the kernel's choice follow? oom_score_adj weighs `totalpages / 1000` pages a point. */

import type { OomTask } from '../report.js'
import { type RankingTerms, rate, select } from './ranking.js'

/**
 * The smallest totalpages, at least `from`, with which the task is chosen. Points are linear in the weight of one point
 * of oom_score_adj, so every other task gives one bound.
 *
 * @returns pages, null when there is none
 */
export function totalpagesThatChoose(
  tasks: readonly OomTask[],
  terms: RankingTerms,
  chosen: OomTask,
  from = 0,
): number | null {
  if (terms.rule.unit !== 'pages') return null
  const used = (t: OomTask): number => {
    const r = rate(t, { ...terms, totalpages: 0 }, 0)
    return r.points ?? 0
  }
  const mine = used(chosen)
  let least = Math.ceil(from / 1000)
  for (const t of tasks) {
    const steeper = chosen.oom_score_adj - t.oom_score_adj
    if (t.pid === chosen.pid || t.oom_score_adj === -1000 || steeper <= 0) continue
    least = Math.max(least, Math.ceil((used(t) - mine) / steeper))
  }
  // Ties and the floor of one shift the bound by one at most.
  for (const weight of [least, least + 1]) {
    if (select(tasks, { ...terms, totalpages: weight * 1000 })?.pid === chosen.pid) return weight * 1000
  }
  return null
}
