/** How far a replay is from what was recorded. */

import type { Counters } from '../replay/records.js'
import type { DemandPlan } from './plan.js'
import { counts, type SeriesSamples } from './samples.js'

/** A counter of the recording beside that of the replay, over the whole recording. */
export interface Deviation {
  /** `pgscan` and `pgsteal` are those of kswapd and direct reclaim together. */
  name: string
  recorded: number
  replayed: number
  /** |ln((replayed + 256) / (recorded + 256))|: 0.1 is some 10 %, and a few pages do not count. */
  error: number
}

const FLOOR = 256
/** How much a counter says. How much of reclaim is direct differs by a factor from run to run of the kernel itself. */
const WEIGHTS: Record<string, number> = { pgscan_direct: 0.25 }

/**
 * Compares the counters that the recording has.
 * @param scale pages that each page of the replay, and of `samples`, stands for
 */
export function deviations(samples: SeriesSamples, plan: DemandPlan, counters: Counters, scale = 1): Deviation[] {
  const floor = FLOOR / scale
  const total = (values: Float64Array | undefined): number | undefined => values?.reduce((a, b) => a + b, 0)
  const kswapd = total(counts(samples, 'pgscan_kswapd'))
  const direct = total(counts(samples, 'pgscan_direct'))
  const steals = ['pgsteal', 'pgsteal_kswapd', 'pgsteal_direct'] as const
  const recorded: [string, number | undefined][] = [
    ['pgscan', kswapd === undefined ? direct : kswapd + (direct ?? 0)],
    ['pgsteal', steals.some((c) => counts(samples, c)) ? total(plan.stolen) : undefined],
    ['pgscan_direct', direct],
    ['pgmajfault', total(counts(samples, 'pgmajfault'))],
    ['pswpin', total(counts(samples, 'pswpin'))],
    ['pswpout', total(counts(samples, 'pswpout'))],
    ['pgpgin', total(counts(samples, 'pgpgin'))],
  ]
  const replayed: Counters = {
    ...counters,
    pgscan: counters.pgscan_kswapd + counters.pgscan_direct,
    pgsteal: counters.pgsteal_kswapd + counters.pgsteal_direct,
  }
  return recorded.flatMap(([name, value]) => {
    if (value === undefined) return []
    const error = Math.abs(Math.log((replayed[name] + floor) / (value + floor)))
    return [{ name, recorded: value, replayed: replayed[name], error }]
  })
}

/**
 * Weighted mean of the errors; 0 when there is nothing to compare.
 * @param without a counter that is left out
 */
export function meanError(all: readonly Deviation[], without = ''): number {
  let sum = 0
  let weights = 0
  for (const d of all) {
    if (d.name === without) continue
    const weight = WEIGHTS[d.name] ?? 1
    sum += weight * d.error
    weights += weight
  }
  return weights === 0 ? 0 : sum / weights
}
