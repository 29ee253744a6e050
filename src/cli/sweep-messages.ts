/** What the main thread of a sweep and its workers tell each other. */

import { type ErrorCode, TidemarkError } from '../base/errors.js'
import type { Calibration } from '../workload/calibrate.js'
import { Interrupted } from './interrupt.js'
import type { ReplayRequest } from './replay-job.js'
import type { ReplayResult } from './replay-result.js'

/** What a worker is born with. */
export interface SweepSetup {
  db: string
  shared: SharedArrayBuffer
}

/** To a worker: one point of the grid. */
export interface SweepTask {
  index: number
  request: ReplayRequest
}

/** From a worker: what trial replays settled, before the run of the point begins; then how it came out. */
export type SweepAnswer =
  | { index: number; settled: Calibration | null }
  | { index: number; result: ReplayResult }
  | { index: number; failure: Failure }

/** An error as plain data; its class would not survive the way. */
export interface Failure {
  interrupted: boolean
  message: string
  stack?: string
  /** Of a {@link TidemarkError}. */
  code?: ErrorCode
  exitCode?: number
  hint?: string
}

export function toFailure(error: unknown): Failure {
  const { message, stack } = error instanceof Error ? error : new Error(String(error))
  if (!(error instanceof TidemarkError)) return { interrupted: error instanceof Interrupted, message, stack }
  return { interrupted: false, message, stack, code: error.code, exitCode: error.exitCode, hint: error.hint }
}

export function fromFailure(f: Failure): Error {
  if (f.interrupted) return new Interrupted('SIGINT')
  const error =
    f.code === undefined ? new Error(f.message) : new TidemarkError(f.code, f.message, f.exitCode ?? 1, f.hint)
  error.stack = f.stack
  return error
}
