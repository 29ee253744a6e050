/** What the parts of a replay reach each other by. */

import type { Mm } from '../mm/context.js'
import type { AddressSpace } from '../mm/task.js'
import type { RefusedMmapRecord } from './records.js'

/** What all processes of a replay share. */
export interface ProcessWorld {
  mm: Mm
  /** Files by their serial in the trace. */
  files: (AddressSpace | undefined)[]
  /** Pages committed (Committed_AS). */
  committed: { pages: number }
  refused(r: Omit<RefusedMmapRecord, 't'> & { time: number }): void
  warn(message: string): void
  /** Events that have not been run, over all processes, and their page numbers. */
  backlog: { events: number; pages: number }
  /** Trace events carried out and page accesses among them. */
  done: { events: number; pageEvents: number }
  traceName: string
}
