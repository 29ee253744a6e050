/** Which change of the victim's oom_score_adj would have made another task die. */

import type { OomProcess, OomTask } from '../report.js'
import { type RankingTerms, select } from './ranking.js'

export interface SavedBy {
  pid: number
  name: string
  /** As it was. */
  was: number
  /** The highest value below that with which another task is chosen. */
  oom_score_adj: number
  then_victim: OomProcess
}

/**
 * The smallest change that saves the victim, found by bisection over its oom_score_adj (a lower one never gives more
 * points) and checked by choosing again with it.
 *
 * @returns null when nothing helps: no other task is eligible, or the weight of oom_score_adj is unknown
 */
export function savedBy(tasks: readonly OomTask[], terms: RankingTerms, victim: OomTask): SavedBy | null {
  if (terms.totalpages === null || victim.oom_score_adj <= -1000) return null
  const with_ = (oom_score_adj: number) => select(tasks, terms, { pid: victim.pid, oom_score_adj })
  const saves = (adj: number): boolean => with_(adj)?.pid !== victim.pid
  let helps = -1000
  let fails = victim.oom_score_adj
  if (saves(fails) || !saves(helps)) return null
  while (fails - helps > 1) {
    const middle = Math.floor((helps + fails) / 2)
    if (saves(middle)) helps = middle
    else fails = middle
  }
  const then = with_(helps)
  if (!then) return null
  return {
    pid: victim.pid,
    name: victim.name,
    was: victim.oom_score_adj,
    oom_score_adj: helps,
    then_victim: { pid: then.pid, name: then.name },
  }
}
