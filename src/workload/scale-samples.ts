/** Recordings of a large host as a host of a fraction of its size would have made them. */

import type { SeriesColumn } from '../trace/series.js'
import type { Calibration } from './calibrate.js'
import type { SeriesSamples } from './samples.js'

/** Columns that count events of processes, not pages. */
const NOT_PAGES = new Set<SeriesColumn>(['allocstall', 'oom_kill'])

/** What a recording counted, divided by `every`: the demand behind it is then one page in `every`. */
export function scaleSamples(samples: SeriesSamples, every: number): SeriesSamples {
  if (every === 1) return samples
  const columns = [...samples.columns].map(([name, values]): [SeriesColumn, Float64Array] => [
    name,
    NOT_PAGES.has(name) ? values : values.map((v) => v / every),
  ])
  return { ...samples, columns: new Map(columns) }
}

/**
 * A calibration at 1/`every` of the size, with its counters in full size and its options for a demand at 1/`target` of it.
 */
export function scaleCalibration(calibration: Calibration, every: number, target: number): Calibration {
  const { options } = calibration
  const counters = calibration.counters.map((d) => ({
    ...d,
    recorded: d.recorded * every,
    replayed: d.replayed * every,
  }))
  const readCorrection = options.readCorrection?.map((pages) => (pages * every) / target)
  return { ...calibration, counters, options: { ...options, readCorrection } }
}
