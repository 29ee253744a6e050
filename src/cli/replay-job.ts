/** What every kind of replay needs to know, whatever it replays. */

import type { IngestOptions } from '../ingest/format.js'
import type { MachineOptions } from '../machine/from-options.js'
import type { MachineDescription } from '../machine/machine.js'
import type { Store } from '../store/writer.js'
import type { Interrupt } from './interrupt.js'

export interface ReplayJob {
  /** As the user named it, `-` for standard input. */
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
  /** Seconds between samples; the trace's own interval unless given, 0 for none. */
  sampleSeconds?: number
  /** Seconds simulated after the last event; what the trace asks for unless given. */
  settleSeconds?: number
  /** Check the model's conservation laws at every sample. */
  check: boolean
  /** Opens the store when there is something to put into it. */
  store: () => Store
  /** To be asked now and then whether to stop. */
  interrupt: Interrupt
  /** Told how far the replay is. */
  progress: (simulatedSeconds: number, events: number) => void
}

/** Seconds between samples where neither the user nor the trace asks for something else. */
export const DEFAULT_SAMPLE_SECONDS = 1
/** Seconds simulated after the last event, so that kswapd and writeback come to rest. */
export const DEFAULT_SETTLE_SECONDS = 2
/** Nothing is drawn at random yet that a user could seed. */
export const DEFAULT_SEED = 0
