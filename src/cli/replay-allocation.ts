/** Replays one allocation trace into the store: one trace, one run. */

import { UsageError } from '../base/errors.js'
import type { WrittenTrace } from '../ingest/format.js'
import { machineFromTrace } from '../machine/from-trace.js'
import { type ResolvedMachine, resolveMachine } from '../machine/resolve.js'
import { autoEvery, machinePages, residentPages } from '../replay/sampling/rate.js'
import { createReplay, type Replayer, type Sampling } from '../replay/sampling/sampled-replay.js'
import { type EventBatch, OP, type TraceHeader } from '../trace/events.js'
import { digestFiles } from './digest.js'
import { type FileSizes, withFileSizes } from './file-sizes.js'
import { Interrupted } from './interrupt.js'
import { DEFAULT_SAMPLE_SECONDS, DEFAULT_SETTLE_SECONDS, type ReplayJob } from './replay-job.js'
import type { ReplayResult } from './replay-result.js'
import { type RunContext, storeRun } from './stored-run.js'
import { pagesInUse } from './trace-pages.js'

/**
 * Replays the trace and stores the run. The store is not touched before the beginning of the trace has proved readable.
 * @throws InputError where the trace is broken; nothing of the run is left then
 */
export async function replayAllocation(trace: WrittenTrace, job: ReplayJob): Promise<ReplayResult> {
  const { from, to } = job.cut
  if (from !== undefined || to !== undefined) {
    throw new UsageError(`${job.path}: --from and --to go with recordings, this is an allocation trace`)
  }
  job.settled?.(null)
  const machine = resolveMachine({
    machine: job.machine,
    trace: trace.header.machine && machineFromTrace(trace.header.machine, job.path),
    options: job.options,
    set: job.set,
  })
  const sizes: FileSizes = { ...machine.files }
  const unmeasured: string[] = []
  const { path, interrupt } = job
  const { checkpoint } = interrupt
  const batches = withFileSizes({ trace, path, sizes, checkpoint, onUnmeasured: (file) => unmeasured.push(file) })
  try {
    const first = await interrupt.wait(batches.next())
    const digest = await digestFiles(job.files, checkpoint)
    const sampling = await chooseSample(job, machine)
    return await storeRun(job, { format: trace.format, digest, machine, sampling }, async (context) => {
      if (first.done) context.warn('the trace has no events')
      const replay = startReplay(job, trace.header, machine, sizes, sampling, context)
      for (let next = first; !next.done; next = await interrupt.wait(batches.next())) {
        warnOverrides(job, next.value, context)
        replay.feed(next.value)
        job.progress(context.observer.now, next.value.lineOf(next.value.length - 1))
        await checkpoint()
      }
      if (unmeasured.length > 0) {
        context.warn(
          `no size is stated for the file ${JSON.stringify(unmeasured[0])}, and standard input is read only once: ` +
            'files without a size grow as they are accessed, so readahead stops early; state them in machine.files',
        )
      }
      return { summary: replay.finish() }
    })
  } catch (error) {
    // Who waits for more input that does not come cannot be ended; the process is about to be.
    if (!(error instanceof Interrupted)) await batches.return(undefined)
    throw error
  }
}

/** `auto` looks at the machine first: where that is small the trace need not be read for it. */
async function chooseSample({ sample, sampleSeed: seed, path, interrupt }: ReplayJob, { config }: ResolvedMachine) {
  if (sample !== 'auto') return { every: sample, seed }
  const most = machinePages(config)
  if (autoEvery(most) === 1) return { every: 1, seed }
  const used = residentPages(config) + (await pagesInUse(path, interrupt.checkpoint))
  return { every: autoEvery(Math.min(most, used)), seed }
}

function startReplay(
  job: ReplayJob,
  header: TraceHeader,
  machine: ResolvedMachine,
  files: FileSizes,
  sampling: Sampling,
  { observer }: RunContext,
): Replayer {
  const post = header.machine?.post
  const options = {
    config: { ...machine.config, fragmentation: job.boost },
    files,
    sampleSeconds: job.sampleSeconds ?? machine.sampleSeconds ?? DEFAULT_SAMPLE_SECONDS,
    postSeconds: job.settleSeconds ?? (typeof post === 'number' && post >= 0 ? post : DEFAULT_SETTLE_SECONDS),
    check: job.check,
    sink: observer,
    traceName: job.path,
  }
  return createReplay(options, sampling)
}

/** A trace that writes a sysctl undoes what `--set` asked for; that must not go unsaid. */
function warnOverrides(job: ReplayJob, batch: EventBatch, { warn }: RunContext): void {
  for (const [i, detail] of batch.detail) {
    if (batch.op[i] !== OP.sysctl || detail.op !== 'sysctl') continue
    for (const name of Object.keys(detail.set)) {
      if (!(name in job.set)) continue
      warn(`the trace itself sets ${name} at ${batch.t[i]} s: from then on --set ${name} has no effect`)
    }
  }
}
