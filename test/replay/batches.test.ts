/**
 * What a replay finds does not depend on how its events are cut into batches: runs of touches that are taken straight
 * from a batch, against the same events one by one, which all go through queue and scheduler.
 */

import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { MmConfig } from '../../src/mm/config.js'
import { Replay } from '../../src/replay/replay.js'
import { EventBatch } from '../../src/trace/events.js'
import { testMachine } from '../mm/machine.js'
import { emptyRecords, sinkInto } from './harness.js'
import { arbCommands, arbMachine, eventsOf } from './random-trace.js'
import { type TestEvent, TraceBuilder } from './trace-builder.js'

/** All events in one batch. */
function together(singles: EventBatch[]): EventBatch {
  const batch = new EventBatch(Math.max(1, singles.length))
  for (const one of singles) {
    const i = batch.length++
    for (const column of ['t', 'op', 'task', 'object', 'start', 'count', 'flags', 'line'] as const) {
      batch[column][i] = one[column][0]
    }
    batch.list[i] = one.list[0]
    if (one.list[0] >= 0) {
      batch.list[i] = batch.reservePages(one.count[0])
      batch.pages.set(one.pages.subarray(one.list[0], one.list[0] + one.count[0]), batch.list[i])
    }
    const detail = one.detail.get(0)
    if (detail) batch.detail.set(i, detail)
    batch.fileNames = one.fileNames
  }
  return batch
}

/** Steps that the scheduler may take before a machine that only thrashes is left alone. */
const STEPS = 20_000

/** @returns all that was reported, and how many events did not go through the scheduler */
function replayed(config: MmConfig, events: readonly TestEvent[], asOne: boolean) {
  const records = emptyRecords()
  const replay = new Replay({ config, sink: sinkInto(records), pageCapacity: 2 ** 16, sampleSeconds: 0.5, check: true })
  const inside = replay as unknown as {
    scheduler: { step(until: number): void }
    touchAtOnce(batch: EventBatch, i: number): number
  }
  const { scheduler } = inside
  const step = scheduler.step.bind(scheduler)
  const touchAtOnce = inside.touchAtOnce.bind(inside)
  let atOnce = 0
  let steps = 0
  inside.touchAtOnce = (batch, i) => {
    const next = touchAtOnce(batch, i)
    atOnce += next - i
    return next
  }
  scheduler.step = (until) => {
    if (++steps > STEPS) throw new fc.PreconditionFailure()
    step(until)
  }
  const builder = new TraceBuilder()
  const singles = events.map((e) => builder.batch(e))
  for (const batch of asOne ? [together(singles)] : singles) replay.feed(batch)
  return { ...records, summary: replay.finish(), atOnce }
}

function sameEitherWay(config: MmConfig, events: readonly TestEvent[]): number {
  const { atOnce: none, ...oneByOne } = replayed(config, events, false)
  const { atOnce, ...asOne } = replayed(config, events, true)
  expect(none).toBe(0)
  expect(asOne).toEqual(oneByOne)
  return atOnce
}

test('random traces', () => {
  let atOnce = 0
  fc.assert(
    fc.property(arbMachine, arbCommands(80), (config, list) => {
      atOnce += sameEitherWay(config, [...eventsOf(list)])
    }),
    { numRuns: 30, interruptAfterTimeLimit: 30_000 },
  )
  expect(atOnce).toBeGreaterThan(0)
})

test('two processes at work on present pages, with faults, ties in time and one that lags behind', () => {
  const events: TestEvent[] = []
  for (const pid of [1, 2]) {
    events.push({ t: 0, op: 'spawn', pid }, { t: 0, op: 'mmap', pid, region: 'heap', kind: 'anon', pages: 200 })
  }
  let t = 0.001
  for (let k = 0; k < 400; k++) {
    const pid = 1 + (k % 2)
    const write = k % 3 === 0
    // Every seventh event comes with the one before it; every fiftieth touches something new.
    if (k % 7 !== 0) t += k % 11 === 0 ? 0.02 : 0.000005
    const start = k % 50 === 0 ? k / 4 : 0
    if (k % 5 === 0) events.push({ t, op: 'touch', pid, region: 'heap', write, pages: [0, 3, 1, 2, 7, 5, 0, start] })
    else events.push({ t, op: 'touch', pid, region: 'heap', write, start, count: 1 + (k % 90) })
  }
  const config = testMachine({ zones: [{ node: 0, name: 'DMA32', managed: 2000, kernel: 40 }], cpus: 2 })
  expect(sameEitherWay(config, events)).toBeGreaterThan(100)
})
