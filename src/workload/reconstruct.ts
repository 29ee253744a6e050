/**
 * Demand reconstruction: from what `sar` or `vmstat` counted to a trace of page events that explains it.
 *
 * A recording of counters says how much reclaim did, not what made it necessary. The reconstruction lets a few synthetic
 * processes do what the counters show: replayed under the recorded settings they lead to the recorded counters again,
 * replayed under others they answer what those would have done.
 *
 * **What each counter determines**
 *
 * | counter | taken as |
 * |---|---|
 * | minor faults (`pgfault − pgmajfault`) | first touches of anonymous memory; as large a share of them as the balance of pages allows |
 * | `pgfree − pgsteal` | memory that processes gave back, youngest first; again as far as the balance allows |
 * | `pgpgin` | swap-ins, a page for each other major fault (mapped files), and file reads for the rest |
 * | `pgpgout` | swap-outs, and file writes for the rest, made up to 5 s before they reached the disk |
 * | `pswpin`, `pswpout` | swap-ins and swap-outs; where missing, major faults are swap-ins as far as there were writes to the disks while reclaim ran |
 * | `pgscan_*`, `pgsteal` | when memory was full: the balance must be near the marks then; what is missing was in use before the recording, or was taken without being counted (huge pages, slab) |
 * | free, anonymous, cached levels | the balance itself, where the recording has them (`sar -r`, `vmstat`); `vmstat` has no faults, so there anonymous memory is what left free memory without entering the cache |
 *
 * Memory that is given back within a minute belongs to the process `burst` and is touched once; the rest is `heap`.
 * `reader` reads one file from its beginning on with readahead, `writer` appends to another, `journal` commits it,
 * `loader` faults in pages of a mapped program, `cache` reads again what was read before.
 *
 * **What stays open**, and is assumed ({@link DEFAULT_DEMAND}) or calibrated (`calibrate.ts`):
 * how often memory is touched again and how unevenly (Zipf; half of the heap within a minute), how often files are read
 * again (as many pages as are read from disk, half of them the latest, half the most popular), how bursty demand is
 * within an interval (128 pages at a time, spread evenly), whether reads are sequential (they are).
 *
 * **Not reconstructed:** shared memory, huge pages, cgroups, memory of the kernel, faults that take no page; file caches
 * from before the recording are there but nobody reads them again; a restart ends all processes, but the page cache of
 * the life before stays until it is reclaimed.
 *
 * The trace is made while it is replayed, in memory that does not depend on the length of the recording beyond its
 * columns. It is the same for the same recording, machine and options.
 */

import type { ResolvedMachine } from '../machine/resolve.js'
import type { MmConfig } from '../mm/config.js'
import type { AllocationTrace, EventBatch } from '../trace/events.js'
import { capacityOf } from './capacity.js'
import { DemandEmitter } from './emit.js'
import type { FileSizes } from './life.js'
import { occupy } from './occupy.js'
import { DEFAULT_DEMAND, type DemandOptions } from './options.js'
import { type DemandPlan, planDemand } from './plan.js'
import { contentSeed, type SeriesSamples } from './samples.js'

export { DEFAULT_DEMAND, type DemandOptions } from './options.js'
export { collect, type SeriesSamples } from './samples.js'

export interface Reconstruction {
  /** The demand; `batches()` can be asked for again and again. */
  readonly trace: AllocationTrace
  /** Files of the trace, by name: pages. For `ReplayOptions.files`. */
  readonly files: Record<string, number>
  /** Seconds between samples that suit the recording: its median interval. */
  readonly sampleSeconds: number
  /** What was worked out of the counters, by interval. */
  readonly plan: DemandPlan
  readonly options: DemandOptions
  /** What was assumed or repaired on the way, for people. */
  readonly notes: string[]
  /** What to replay on: a machine's model, with the memory taken that was in use before the recording. */
  configFor(machine: ResolvedMachine): MmConfig
  /**
   * The same events, cut at the ends of the intervals: yields the number of the interval that ends with this batch, −1
   * for a batch within an interval.
   */
  intervals(): Iterable<{ batch: EventBatch; interval: number }>
}

/** Beyond twice the machine's memory nothing of a stream is remembered: its file starts over. */
const FILE_PER_MEMORY = 2
/** Readahead of the reader past the last page, pages. */
const READ_AHEAD_MARGIN = 64

/**
 * Works out the demand behind a recording.
 * @param machine as it was recorded: its settings say where the marks were
 * @param options for what the counters leave open; {@link DEFAULT_DEMAND} for those not given
 */
export function reconstruct(
  samples: SeriesSamples,
  machine: ResolvedMachine,
  options: Partial<DemandOptions> = {},
): Reconstruction {
  const open = { ...DEFAULT_DEMAND, ...options }
  const { managed } = capacityOf(machine.config)
  const plan = planDemand(samples, machine.config)
  const seed = (contentSeed(samples) + (open.seed ?? 0)) >>> 0
  const most = Math.ceil(managed * FILE_PER_MEMORY)
  const size = (pages: Float64Array): number =>
    Math.min(most, Math.ceil(pages.reduce((a, b) => a + b, 0)) + READ_AHEAD_MARGIN)
  const sizes: FileSizes = { data: size(plan.read), log: size(plan.write), program: size(plan.mapped) }
  const scale = machine.config.pageScale ?? 1
  const emitter = () => new DemandEmitter(samples, plan, { ...open, chunkPages: open.chunkPages / scale }, sizes, seed)
  return {
    trace: traceOf(samples, emitter),
    files: { data: sizes.data, log: sizes.log, program: sizes.program },
    sampleSeconds: medianOf(samples.dt),
    plan,
    options: open,
    notes: plan.notes,
    // What others write in the background is part of the recorded counters already.
    configFor: (m) => ({ ...occupy(m.config, plan.before, plan.anonBefore), backgroundWriteKbps: 0 }),
    *intervals() {
      const e = emitter()
      for (const interval of e.run()) yield { batch: e.batch, interval }
    },
  }
}

function traceOf(samples: SeriesSamples, emitter: () => DemandEmitter): AllocationTrace {
  const { file, format } = samples.meta
  return {
    kind: 'allocation',
    header: { trace: 'allocation/1', page_size: 4096, note: `demand reconstructed from ${format} ${file}` },
    async *batches() {
      const e = emitter()
      for (const _ of e.run()) if (e.batch.length > 0) yield e.batch
    },
  }
}

/** Median of the known lengths; 1 for a recording without intervals. */
function medianOf(values: Float64Array): number {
  if (values.length === 0) return 1
  const sorted = Float64Array.from(values).sort()
  return sorted[sorted.length >> 1]
}
