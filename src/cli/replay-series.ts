/**
 * Replays an interval recording (`sar`, `vmstat`, …) into the store: the demand that explains its counters is
 * reconstructed and calibrated under the recorded settings, and replayed under those asked for. What was recorded is stored beside it.
 */

import { UsageError } from '../base/errors.js'
import { cutSeries } from '../ingest/series/cut.js'
import type { RecordedBatch } from '../ingest/series/recorded-series.js'
import { machineFromJson } from '../machine/from-json.js'
import type { MachineDescription } from '../machine/machine.js'
import { statesMemory } from '../machine/overlay.js'
import { type ResolvedMachine, resolveMachine } from '../machine/resolve.js'
import { Replay } from '../replay/replay.js'
import { autoEvery, machinePages } from '../replay/sampling/rate.js'
import type { Sampling } from '../replay/sampling/sampled-replay.js'
import { scaleMachine } from '../replay/sampling/scale-machine.js'
import { scaledSink, scaledSummary } from '../replay/sampling/scaled-sink.js'
import type { RunWriter } from '../store/run-writer.js'
import type { CounterSeries, SeriesBatch, SeriesColumn } from '../trace/series.js'
import { type Calibration, calibrate } from '../workload/calibrate.js'
import { collect, type Reconstruction, reconstruct, type SeriesSamples } from '../workload/reconstruct.js'
import { scaleCalibration, scaleSamples } from '../workload/scale-samples.js'
import { digestFiles } from './digest.js'
import type { ReplayJob } from './replay-job.js'
import type { ReplayResult } from './replay-result.js'
import { type RunContext, storeRun } from './stored-run.js'

const KB_PER_PAGE = 4
/**
 * Trial replays of a sample: pages of their machine, fewer only where the recording is too long, and page accesses over
 * all of them.
 */
const TRIAL_PAGES = 2 ** 16
const LEAST_TRIAL_PAGES = 2 ** 14
const TRIAL_ACCESSES = 25e6
const TOO_LARGE =
  'the recording is too large for trial replays: what its counters leave open is assumed, not calibrated'

/** @throws InputError where the recording is broken; UsageError where nothing says how much memory the host had */
export async function replaySeries(series: CounterSeries, job: ReplayJob): Promise<ReplayResult> {
  const { wait, checkpoint } = job.interrupt
  const batches: SeriesBatch[] = []
  const samples = await wait(collect(keeping(cutSeries(series, job.cut), batches)))
  const machine = seriesMachine(samples, job, job.set)
  const sampling = sampleOf(job, machine)
  const { every } = sampling
  // The demand is that of the machine as it was recorded; only the replay sees what --set changes.
  const recorded = seriesMachine(samples, job, {})
  const calibration = job.calibration === undefined ? settle(samples, recorded, sampling, job) : job.calibration
  job.settled?.(calibration)
  const open = calibration?.options ?? { seed: sampling.seed }
  const demand = reconstruct(scaleSamples(samples, every), scaled(recorded, every), open)
  const digest = await digestFiles(job.files, checkpoint, job.part)
  return storeRun(job, { format: samples.meta.format, digest, machine, sampling }, async (context) => {
    storeRecording(samples, batches, context.writer)
    for (const note of demand.notes) context.warn(note)
    if (job.trials > 0 && calibration === null) context.warn(TOO_LARGE)
    const replay = startReplay(job, scaled(machine, every), demand, context)
    let events = 0
    for await (const batch of demand.trace.batches()) {
      replay.feed(batch)
      events += batch.length
      job.progress(context.observer.now, events)
      await checkpoint()
    }
    return { summary: scaledSummary(replay.finish(), every), calibration: calibration ?? undefined }
  })
}

/**
 * Settles by trial replays what the counters leave open; null where that is not asked for, or not possible. Where a
 * sample is replayed the trials make do with a smaller one: there can be more of them.
 */
function settle(
  samples: SeriesSamples,
  recorded: ResolvedMachine,
  { every, seed }: Sampling,
  job: ReplayJob,
): Calibration | null {
  const { trials } = job
  if (trials === 0) return null
  const onTrial = (trial: number): void => job.status(`trial replay ${trial} of at most ${trials}`)
  const limits = { trials, onTrial, options: { seed }, pageEvents: every === 1 ? undefined : TRIAL_ACCESSES }
  const pages = machinePages(recorded.config)
  let k = every
  while (k > 1 && pages / (2 * k) >= TRIAL_PAGES) k *= 2
  for (;;) {
    const [part, machine] = [scaleSamples(samples, k), scaled(recorded, k)]
    const found = job.interrupt.unattended(() => calibrate(part, machine, limits))
    if (found.trials > 0 && !Number.isNaN(found.error)) return scaleCalibration(found, k, every)
    if (every === 1 || pages / (2 * k) < LEAST_TRIAL_PAGES) return null
    k *= 2
  }
}

/** What the counters are of is known only afterwards: `auto` goes by the size of the machine. */
function sampleOf({ sample, sampleSeed: seed }: ReplayJob, { config }: ResolvedMachine): Sampling {
  return { every: sample === 'auto' ? autoEvery(machinePages(config)) : sample, seed }
}

function scaled(machine: ResolvedMachine, every: number): ResolvedMachine {
  return { ...machine, config: scaleMachine(machine.config, every) }
}

function startReplay(
  job: ReplayJob,
  machine: ResolvedMachine,
  demand: Reconstruction,
  { observer }: RunContext,
): Replay {
  return new Replay({
    config: demand.configFor(machine),
    files: { ...machine.files, ...demand.files },
    sampleSeconds: job.sampleSeconds ?? demand.sampleSeconds,
    // A recording ends where it ends: its totals are compared with those of the replay.
    postSeconds: job.settleSeconds ?? 0,
    check: job.check,
    sink: scaledSink(observer, machine.config.pageScale ?? 1),
    traceName: job.path,
  })
}

/** The series, with its batches kept as they go by. Every batch has arrays of its own. */
function keeping(series: CounterSeries, kept: SeriesBatch[]): CounterSeries {
  return {
    kind: series.kind,
    meta: series.meta,
    issues: series.issues,
    async *batches() {
      for await (const batch of series.batches()) {
        kept.push(batch)
        yield batch
      }
    },
  }
}

function storeRecording(samples: SeriesSamples, batches: readonly SeriesBatch[], writer: RunWriter): void {
  for (const issue of samples.issues) writer.issue(issue)
  for (const batch of batches) {
    const { raw } = batch as Partial<RecordedBatch>
    writer.recorded(batch, raw && Object.fromEntries(raw))
  }
}

/** The machine of --machine over what the recording itself says of its host over the options. */
function seriesMachine(samples: SeriesSamples, job: ReplayJob, set: Record<string, string>): ResolvedMachine {
  const { machine, options, path } = job
  const trace = described(samples, path)
  if (options.memory === undefined && ![machine, trace].some((m) => m !== undefined && statesMemory(m))) {
    throw new UsageError(
      `${path}: the recording does not say how much memory the host has`,
      'give --machine FILE (machine.json, or a directory with copies of /proc files), or --memory 16G',
    )
  }
  return resolveMachine({ machine, trace, options, set })
}

function described(samples: SeriesSamples, path: string): MachineDescription {
  const { kernel, cpus, machine } = samples.meta
  if (machine !== undefined) return machineFromJson(machine, path)
  const memory = kb(samples, 'mem_total')
  const swap = kb(samples, 'swap_total')
  const meminfo = {
    ...(memory === undefined ? {} : { MemTotal: memory }),
    ...(swap === undefined ? {} : { SwapTotal: swap }),
  }
  return {
    source: path,
    kernel,
    cpus,
    meminfo: memory === undefined && swap === undefined ? undefined : meminfo,
  }
}

/** The last known value of a level. */
function kb(samples: SeriesSamples, column: SeriesColumn): number | undefined {
  const pages = samples.columns.get(column)?.findLast((value) => value > 0)
  return pages === undefined ? undefined : Math.round(pages * KB_PER_PAGE)
}
