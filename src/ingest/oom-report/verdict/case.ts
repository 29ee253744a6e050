/** One report on the table of the judge, and what comes out of it. */

import type { OomReport, OomTask } from '../report.js'
import type { RankingTerms } from './ranking.js'

/** What is known while a report is judged. */
export interface Case {
  report: OomReport
  tasks: OomTask[]
  terms: RankingTerms
  /** Row of the task that the kernel chose. */
  chosen: OomTask | null
  /** The kernel named a thread of that row's process. */
  byThread: boolean
  totalExact: boolean
}

export interface Opinion {
  agrees: boolean | null
  explanation: string
  /** The terms under which the choice follows, where they are others. */
  terms?: RankingTerms
}
