/** One trial replay of a reconstruction under the recorded settings: nothing of it is stored. */

import type { ResolvedMachine } from '../machine/resolve.js'
import { V } from '../mm/vmstat.js'
import type { Counters, ReplaySink } from '../replay/records.js'
import { Replay } from '../replay/replay.js'
import type { Reconstruction } from './reconstruct.js'

export interface Trial {
  /** Totals by /proc/vmstat name. */
  counters: Counters
  /** Pages read from the disks in each interval. */
  readIn: Float64Array
  /** Page accesses replayed: what the trial cost. */
  pageEvents: number
}

const NOWHERE: ReplaySink = {
  interval() {},
  zoneInterval() {},
  oom() {},
  stall() {},
  kswapdCycle() {},
  refusedMmap() {},
}
/** KiB in a page. */
const PAGE_KB = 4

export function runTrial(demand: Reconstruction, machine: ResolvedMachine): Trial {
  const replay = new Replay({ config: demand.configFor(machine), files: demand.files, sink: NOWHERE })
  const readIn = new Float64Array(demand.plan.length)
  let before = 0
  for (const { batch, interval } of demand.intervals()) {
    replay.feed(batch)
    if (interval < 0) continue
    const pages = replay.mm.vm[V.pgpgin] / PAGE_KB
    readIn[interval] = pages - before
    before = pages
  }
  const { counters, pageEvents } = replay.finish()
  return { counters, readIn, pageEvents }
}
