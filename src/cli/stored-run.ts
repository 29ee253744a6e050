/** One run in the store: begun, filled by a replay, and finished, aborted or left as interrupted. */

import type { ResolvedMachine } from '../machine/resolve.js'
import type { ReplaySummary } from '../replay/records.js'
import { sampleError } from '../replay/sampling/rate.js'
import type { Sampling } from '../replay/sampling/sampled-replay.js'
import type { RunWriter } from '../store/run-writer.js'
import type { Calibration } from '../workload/calibrate.js'
import { Interrupted } from './interrupt.js'
import type { ReplayJob } from './replay-job.js'
import { type ReplayResult, replayResult } from './replay-result.js'
import { RunObserver } from './run-observer.js'
import { packageVersion } from './version.js'

export interface RunIdentity {
  format: string
  digest?: string
  machine: ResolvedMachine
  sampling: Sampling
}

/** What a replay gives its run. */
export interface RunContext {
  writer: RunWriter
  /** Sink of the replay. */
  observer: RunObserver
  /** Stores a sentence with the run. */
  warn: (message: string) => void
}

export interface ReplayOutcome {
  summary: ReplaySummary
  /** Of a recording whose open parameters were settled by trial replays. */
  calibration?: Calibration
}

/**
 * Runs `body` as one run of the store. When it throws, nothing of the run is left behind; when it was interrupted, the
 * run stays and says so.
 */
export async function storeRun(
  job: ReplayJob,
  identity: RunIdentity,
  body: (context: RunContext) => Promise<ReplayOutcome>,
): Promise<ReplayResult> {
  const { machine, sampling } = identity
  const { every, seed } = sampling
  const error = every === 1 ? undefined : sampleError(machine.config, every)
  const changed = Object.fromEntries(Object.keys(job.set).map((name) => [name, machine.settings[name]]))
  const trace = job.name ?? [job.path, job.part].filter((text) => text !== '').join(' ')
  const writer = job.store().beginRun({
    trace,
    traceDigest: identity.digest,
    format: identity.format,
    machine: machine.source,
    kernel: machine.profile,
    // How the replay itself was asked to work stands beside the sysctls.
    settings: {
      ...machine.settings,
      ...(job.boost ? { 'tidemark.boost': '1' } : {}),
      ...(every > 1 ? { 'tidemark.sample': `1/${every}` } : {}),
    },
    changed,
    seed,
    version: packageVersion(),
    sampleRate: 1 / every,
  })
  job.begun?.()
  const observer = new RunObserver(writer)
  const warnings: string[] = []
  const warn = (message: string): void => {
    warnings.push(message)
    writer.warning(message)
  }
  try {
    for (const message of machine.warnings) warn(message)
    const { summary, calibration } = await body({ writer, observer, warn })
    writer.finish(summary, {
      sampleError: error,
      calibrationError: calibration?.error,
      calibrationRounds: calibration?.trials,
    })
    return replayResult({
      run: writer.id,
      trace,
      format: identity.format,
      machine: machine.source,
      kernel: machine.profile,
      changed,
      summary,
      observer,
      calibration,
      sample: error === undefined ? undefined : { rate: `1/${every}`, seed, error },
      warnings: [...warnings, ...summary.warnings],
    })
  } catch (error) {
    if (error instanceof Interrupted) writer.interrupt()
    else writer.abort()
    throw error
  }
}
