/** Replays one recorded scenario on the machine it was recorded on. */

import { readFileSync } from 'node:fs'
import { openBytes } from '../../src/base/byte-source.js'
import { allocationNdjson } from '../../src/ingest/allocation/ndjson.js'
import { machineFromTrace } from '../../src/machine/from-trace.js'
import { loadMachine } from '../../src/machine/load.js'
import { resolveMachine } from '../../src/machine/resolve.js'
import type { IntervalRecord, ReplaySink, ReplaySummary, StallRecord } from '../../src/replay/records.js'
import { replayTrace } from '../../src/replay/replay.js'
import { type Victim, victimSequence } from './judge.js'

export interface ScenarioReplay {
  summary: ReplaySummary
  victims: string[]
  intervals: IntervalRecord[]
  stalls: StallRecord[]
  warnings: string[]
}

/** How long the recorder went on after the last event, seconds. */
const POST_SECONDS = 2

/** @param sampleSeconds 0: no samples */
export async function replayScenario(
  files: { trace: string; machine: string },
  options: { sampleSeconds?: number; check?: boolean } = {},
): Promise<ScenarioReplay> {
  const trace = await allocationNdjson.open(await openBytes(files.trace))
  const stated = trace.header.machine
  const resolved = resolveMachine({
    machine: loadMachine(files.machine),
    trace: stated && machineFromTrace(stated, files.trace),
  })
  const settings = JSON.parse(readFileSync(files.machine, 'utf8')).settings as { post?: number } | undefined
  const victims: Victim[] = []
  const intervals: IntervalRecord[] = []
  const stalls: StallRecord[] = []
  const sink: ReplaySink = {
    interval: (r) => void intervals.push(r),
    zoneInterval() {},
    oom: (r) => void victims.push({ t: r.t, comm: r.victim_comm }),
    stall: (r) => void stalls.push(r),
    kswapdCycle() {},
    refusedMmap() {},
  }
  const summary = await replayTrace(trace, {
    config: resolved.config,
    files: resolved.files,
    sampleSeconds: options.sampleSeconds ?? 0,
    postSeconds: settings?.post ?? POST_SECONDS,
    check: options.check,
    sink,
    traceName: files.trace,
    // These machines are small: no need to reserve address space for a big one.
    pageCapacity: 2 ** 21,
  })
  const warnings = [...resolved.warnings, ...summary.warnings]
  return { summary, victims: victimSequence(victims), intervals, stalls, warnings }
}
