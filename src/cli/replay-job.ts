/** What every kind of replay needs to know, whatever it replays. */

import type { IngestOptions } from '../ingest/format.js'
import type { Cut } from '../ingest/series/cut.js'
import type { MachineOptions } from '../machine/from-options.js'
import type { MachineDescription } from '../machine/machine.js'
import type { SampleChoice } from '../replay/sampling/rate.js'
import type { Store } from '../store/writer.js'
import type { Calibration } from '../workload/calibrate.js'
import type { Interrupt } from './interrupt.js'

/** What is to be replayed and how, as plain data that can be handed to another thread. */
export interface ReplayRequest {
  /** The trace, or the recordings that make one series. As the user named them, `-` for standard input. */
  files: readonly string[]
  /** The same as one text, for messages and the store. */
  path: string
  /** What the store calls the trace; the path unless given. */
  name?: string
  /** `--machine`, read. */
  machine?: MachineDescription
  /** `--memory` and the like. */
  options: MachineOptions
  /** `--set` values by name. */
  set: Record<string, string>
  /** How a recording is to be read. */
  input: IngestOptions
  /** Part of a recording that is to be replayed. */
  cut: Cut
  /** The same as the user wrote it, '' for all of it. */
  part: string
  /** Most trial replays that settle what a recording leaves open. */
  trials: number
  /** What they settled, where another run of the same recording has done them; null: they were not possible. */
  calibration?: Calibration | null
  /** Seconds between samples; the trace's own interval unless given, 0 for none. */
  sampleSeconds?: number
  /** Seconds simulated after the last event; what the trace asks for unless given. */
  settleSeconds?: number
  /** Check the model's conservation laws at every sample. */
  check: boolean
  /** Approximate the watermark boosts that fragmentation causes. */
  boost: boolean
  /** How many of the pages are replayed, and which. */
  sample: SampleChoice
  sampleSeed: number
}

/** A request and what goes with doing it in this thread. */
export interface ReplayJob extends ReplayRequest {
  /** Opens the store when there is something to put into it. */
  store: () => Store
  /** Told once what trial replays settled, before the run begins: null where there is nothing to settle, or no way to. */
  settled?: (calibration: Calibration | null) => void
  /** Told as soon as the run has its id. */
  begun?: () => void
  /** To be asked now and then whether to stop. */
  interrupt: Interrupt
  /** Told how far the replay is. */
  progress: (simulatedSeconds: number, events: number) => void
  /** Told what else takes time. */
  status: (what: string) => void
}

/** Seconds between samples where neither the user nor the trace asks for something else. */
export const DEFAULT_SAMPLE_SECONDS = 1
/** Seconds simulated after the last event, so that kswapd and writeback come to rest. */
export const DEFAULT_SETTLE_SECONDS = 2
/** Trial replays at most, unless the user says otherwise. */
export const DEFAULT_TRIALS = 20
/** Which pages are in a sample, unless the user asks for others. */
export const DEFAULT_SEED = 0
