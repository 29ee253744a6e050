/** What `tidemark record` writes; the format is described in `src/trace/recording-format.ts`. */

import { RECORDING_START } from '../../trace/recording-format.js'
import type { SeriesFormat } from '../format.js'
import { RecordingSamples } from './samples.js'

export const recording: SeriesFormat = {
  name: 'recording',
  kind: 'series',
  describe: 'what tidemark record writes: /proc/vmstat, meminfo, pressure and cgroups over time, with the machine',
  detect: ({ text }) => RECORDING_START.test(text),
  reader: (source, options) => new RecordingSamples(source, options),
}
