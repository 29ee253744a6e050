/** What replays of a sample cost, against replays of all pages. How far they are off, `npm run sampling-error` measures. */

import { machineFromTrace } from '../../src/machine/from-trace.js'
import { resolveMachine } from '../../src/machine/resolve.js'
import { createReplay } from '../../src/replay/sampling/sampled-replay.js'
import { EventBatch } from '../../src/trace/events.js'
import { TmkFile } from '../../src/trace/tmk/file.js'
import { BLOCK_EVENTS } from '../../src/trace/tmk/layout.js'
import { NO_SINK } from '../inputs/no-sink.js'
import { type BenchContext, cpuSeconds, type Group, type Measured } from '../measure.js'
import { accessesOf, traceFiles, writeTrace } from '../traces/trace-files.js'
import { ZIPF_LARGE } from '../traces/zipf-loads.js'

/** From the file, as reading it costs the same for any sample. The unit is an access of the whole trace. */
function replay(every: number, context: BenchContext): Measured {
  const before = cpuSeconds()
  const file = TmkFile.open(traceFiles(ZIPF_LARGE, context).tmk)
  const { config } = resolveMachine({ trace: machineFromTrace(file.header.machine ?? {}, ZIPF_LARGE.name), set: {} })
  const replay = createReplay(
    {
      config,
      files: ZIPF_LARGE.files,
      sampleSeconds: 1,
      sink: NO_SINK,
    },
    { every, seed: 0 },
  )
  const batch = new EventBatch(BLOCK_EVENTS)
  while (file.nextBatch(batch)) replay.feed(batch)
  replay.finish()
  file.close()
  return { units: accessesOf(ZIPF_LARGE, context), cpu: cpuSeconds() - before }
}

const RATES = [4, 16, 64]

export const SAMPLING: readonly Group[] = [
  {
    suite: 'sampling',
    name: 'sampled-zipf-10-4m',
    about: ZIPF_LARGE.about,
    unit: 'page access',
    prepare: (context) => writeTrace(ZIPF_LARGE, context, false),
    cases: [
      { name: 'all', about: 'all pages, from the file to the totals', run: (c) => replay(1, c) },
      ...RATES.map((every) => ({
        name: `sample-${every}`,
        about: `one page in ${every}`,
        run: (c: BenchContext) => replay(every, c),
      })),
    ],
    ratios: RATES.map((every) => ({ of: `sample-${every}`, to: 'all', goal: every === 16 ? 0.5 : undefined })),
  },
]
