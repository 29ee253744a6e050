/** Replays an interval recording (`sar`, `vmstat`, …) into the store. */

import { InputError } from '../base/errors.js'
import type { CounterSeries } from '../trace/series.js'
import type { ReplayJob } from './replay-job.js'
import type { ReplayResult } from './replay-result.js'

/** @throws InputError */
export async function replaySeries(series: CounterSeries, job: ReplayJob): Promise<ReplayResult> {
  throw new InputError(`a recording of counters (${series.meta.format}), which cannot be replayed`, {
    file: job.path,
    code: 'TM_INPUT_REFUSED',
    expected: 'an allocation trace',
  })
}
