/** One trial replay of a reconstruction under the recorded settings: nothing of it is stored. */

import type { ResolvedMachine } from '../machine/resolve.js'
import { V } from '../mm/vmstat.js'
import type { Counters, ReplaySink } from '../replay/records.js'
import { Replay } from '../replay/replay.js'
import type { Reconstruction } from './reconstruct.js'

export interface Trial {
  /** Totals by /proc/vmstat name. */
  counters: Counters
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
/** Share of what was read too much that the next interval makes good: readahead reads some pages an interval early. */
const GAIN = 1
/** Most that reads are raised by where too little was read. */
const MOST_ADDED = 0.25

/**
 * Replays a reconstruction.
 * @param correction the `readCorrection` that the reconstruction was made with: it is filled in while the trial runs.
 * What was read too much so far is taken off the next interval's reads, so that the replay of the corrected trace reads
 * what was recorded.
 */
export function runTrial(demand: Reconstruction, machine: ResolvedMachine, correction: Float64Array): Trial {
  const replay = new Replay({ config: demand.configFor(machine), files: demand.files, sink: NOWHERE })
  const { read, readIn } = demand.plan
  let recorded = 0
  for (const { batch, interval } of demand.intervals()) {
    replay.feed(batch)
    if (interval < 0) continue
    recorded += readIn[interval]
    const next = interval + 1
    if (next === correction.length) break
    const excess = replay.mm.vm[V.pgpgin] / PAGE_KB - recorded
    // A reader that lags behind its disk has not read too little: it is not to be given more than it can take.
    correction[next] = Math.max(-MOST_ADDED * read[next], Math.min(read[next], GAIN * excess))
  }
  const { counters, pageEvents } = replay.finish()
  return { counters, pageEvents }
}
