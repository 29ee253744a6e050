/** What tidemark says about one OOM report. */

import type { OomProcess, OomReport } from '../report.js'
import type { Cause, Consumer, ZoneState } from './causes.js'
import type { KernelRule } from './kernel-rule.js'
import type { RankedTask } from './ranking.js'
import type { SavedBy } from './saved-by.js'
import type { TotalPages } from './totalpages.js'

export interface OomVerdict {
  report: OomReport
  rule: KernelRule
  /** Page size, kB. */
  page_kb: number
  totalpages: TotalPages
  /** False when root tasks were found to have no bonus (containers), null where the rule has none. */
  root_bonus: boolean | null
  /** Every task of the table as listed, rated; empty where the rule is not known. */
  listed: RankedTask[]
  /** The same in the order in which they would be taken, those that cannot be taken last. */
  candidates: RankedTask[]
  /** The task that the rule takes; null without a table or when no task is eligible. */
  computed: RankedTask | null
  /** Row of the task that the kernel chose, where the table lists it. */
  chosen: RankedTask | null
  /** Whether the kernel's choice follows from the table; null when the report does not allow to tell. */
  agrees: boolean | null
  /** Why it follows, why not, or why it cannot be told. One sentence or a few. */
  explanation: string
  /** Whole table and verdict are there. */
  complete: boolean
  saved_by: SavedBy | null
  zones: ZoneState[]
  causes: Cause[]
  /** Biggest users of memory, tasks of one name together. */
  consumers: Consumer[]
}

/** `name (pid)`. */
export function called(p: OomProcess): string {
  return `${p.name} (${p.pid})`
}
