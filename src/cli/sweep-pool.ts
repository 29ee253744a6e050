/** Replays the points of a sweep in worker threads. */

import { Worker } from 'node:worker_threads'
import type { Calibration } from '../workload/calibrate.js'
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
 *
 * What trial replays settle is the same for all points: the first one does them, and the others begin when it has.
 * @throws what the first of the failed points threw
 */
export async function runSweep(job: SweepJob): Promise<ReplayResult[]> {
  const { db, requests, control, onDone } = job
  const results: ReplayResult[] = new Array(requests.length)
  const failures = new Map<number, Error>()
  let calibration: Calibration | null = null
  let next = 0
  let done = 0

  const serve = (onSettled: () => void): Promise<void> =>
    new Promise((resolve, reject) => {
      const setup: SweepSetup = { db, shared: control.shared }
      const worker = new Worker(new URL('./sweep-worker.js', import.meta.url), { workerData: setup })
      const give = (): void => {
        if (failures.size > 0 || control.stopped || next >= requests.length) worker.postMessage('close')
        else {
          const request = next === 0 ? requests[0] : { ...requests[next], calibration }
          const task: SweepTask = { index: next, request }
          next++
          worker.postMessage(task)
        }
      }
      worker.on('message', (answer: SweepAnswer) => {
        if ('settled' in answer) {
          if (answer.index === 0) calibration = answer.settled
          onSettled()
          return
        }
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

  const threads = Math.min(job.threads, requests.length)
  const servers: Promise<void>[] = []
  const others = (): void => {
    while (servers.length < threads) servers.push(serve(() => {}))
  }
  servers.push(serve(others))
  const settled = await Promise.allSettled(servers.slice(0, 1))
  settled.push(...(await Promise.allSettled(servers.slice(1))))
  for (const outcome of settled) if (outcome.status === 'rejected') throw outcome.reason
  if (failures.size > 0) throw failures.get(Math.min(...failures.keys()))
  return results
}
