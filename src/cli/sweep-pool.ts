/** Replays the points of a sweep in worker threads. */

import { Worker } from 'node:worker_threads'
import type { ReplayRequest } from './replay-job.js'
import type { ReplayResult } from './replay-result.js'
import type { SweepControl } from './sweep-control.js'
import { fromFailure, type SweepAnswer, type SweepSetup, type SweepTask } from './sweep-messages.js'

export interface SweepJob {
  db: string
  /** One for each point, in the order in which the runs shall be numbered. */
  requests: readonly ReplayRequest[]
  /** Threads at most. */
  threads: number
  control: SweepControl
  /** Told after each run. */
  onDone: (done: number) => void
}

/**
 * Resolves with the results in the order of the requests when all runs are stored. When one fails no more are begun;
 * those that are on their way come to their end first.
 * @throws what the first of the failed points threw
 */
export async function runSweep({ db, requests, threads, control, onDone }: SweepJob): Promise<ReplayResult[]> {
  const results: ReplayResult[] = new Array(requests.length)
  const failures = new Map<number, Error>()
  let next = 0
  let done = 0

  const serve = (): Promise<void> =>
    new Promise((resolve, reject) => {
      const setup: SweepSetup = { db, shared: control.shared }
      const worker = new Worker(new URL('./sweep-worker.js', import.meta.url), { workerData: setup })
      const give = (): void => {
        if (failures.size > 0 || control.stopped || next >= requests.length) worker.postMessage('close')
        else {
          const task: SweepTask = { index: next, request: requests[next] }
          next++
          worker.postMessage(task)
        }
      }
      worker.on('message', (answer: SweepAnswer) => {
        if ('failure' in answer) failures.set(answer.index, fromFailure(answer.failure))
        else {
          results[answer.index] = answer.result
          onDone(++done)
        }
        give()
      })
      worker.on('error', (error) => {
        control.stop()
        reject(error)
      })
      worker.on('exit', () => resolve())
      give()
    })

  const settled = await Promise.allSettled(Array.from({ length: Math.min(threads, requests.length) }, serve))
  for (const outcome of settled) if (outcome.status === 'rejected') throw outcome.reason
  if (failures.size > 0) throw failures.get(Math.min(...failures.keys()))
  return results
}
