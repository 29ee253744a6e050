/** A thread of a sweep: replays the points it is given, one after the other, over its own connection to the database. */

import { parentPort, workerData } from 'node:worker_threads'
import { openStore, type Store } from '../store/writer.js'
import { replayOne } from './replay-one.js'
import { SweepControl } from './sweep-control.js'
import { type SweepAnswer, type SweepSetup, type SweepTask, toFailure } from './sweep-messages.js'

const { db, shared } = workerData as SweepSetup
const control = new SweepControl(shared)
const interrupt = control.interrupt()
let store: Store | undefined

async function work({ index, request }: SweepTask): Promise<SweepAnswer> {
  try {
    const result = await replayOne({
      ...request,
      store: () => {
        control.awaitTurn(index)
        return (store ??= openStore(db))
      },
      settled: (settled) => parentPort?.postMessage({ index, settled } satisfies SweepAnswer),
      begun: () => control.passTurn(index),
      interrupt,
      progress: () => {},
      status: () => {},
    })
    return { index, result }
  } catch (error) {
    return { index, failure: toFailure(error) }
  } finally {
    control.leave(index)
  }
}

parentPort?.on('message', (task: SweepTask | 'close') => {
  if (task === 'close') {
    store?.close()
    parentPort?.close()
    return
  }
  work(task).then((answer) => parentPort?.postMessage(answer))
})
