/** Replays whatever a job names: an allocation trace, or the recordings of one host. */

import { openInputs } from '../ingest/registry.js'
import { replayAllocation } from './replay-allocation.js'
import type { ReplayJob } from './replay-job.js'
import type { ReplayResult } from './replay-result.js'
import { replaySeries } from './replay-series.js'

/** @throws InputError where the input is broken; nothing of the run is left then */
export async function replayOne(job: ReplayJob): Promise<ReplayResult> {
  const input = await job.interrupt.wait(openInputs(job.files, job.input))
  return input.kind === 'allocation' ? replayAllocation(input, job) : replaySeries(input, job)
}
