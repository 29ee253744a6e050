import { closeSync, openSync, writeSync } from 'node:fs'
import { afterAll, describe, expect, it } from 'vitest'
import { BatchMaker, drain } from '../../bench/traces/batch-maker.js'
import { EVENT_WRITE, OP } from '../../src/trace/events.js'
import { TmkWriter } from '../../src/trace/tmk/writer.js'
import { Workshop } from './cli.js'

const shop = new Workshop()
afterAll(() => shop.remove())

const MIB = 1024
const PAGES = 4096
const MILLION = 1_000_000

/** Writes a trace of `touches` page touches over the same pages, `perEvent` of them an event. */
function writeTrace(name: string, touches: number, perEvent: number): string {
  const file = openSync(shop.path(name), 'w')
  const lines = [
    '{"trace":"allocation/1","page_size":4096,"machine":{"memory_mb":128,"sample":1}}',
    '{"t":0,"op":"spawn","pid":1,"comm":"same"}',
    `{"t":0,"op":"mmap","pid":1,"region":"heap","kind":"anon","pages":${PAGES}}`,
  ]
  const events = touches / perEvent
  for (let i = 0; i < events; i++) {
    const start = (i * 769) % (PAGES - perEvent)
    // Ten simulated seconds, however many events: the samples are as many.
    const t = ((10 * i) / events).toFixed(6)
    lines.push(
      `{"t":${t},"op":"touch","pid":1,"region":"heap","start":${start},"count":${perEvent},"write":${i % 2 === 0}}`,
    )
    if (lines.length > 20_000) writeSync(file, `${lines.splice(0).join('\n')}\n`)
  }
  writeSync(file, `${lines.join('\n')}\n`)
  closeSync(file)
  return name
}

/** Writes the same kind of trace as .tmk, a thousand pages an event, each of them listed. */
function writeLists(name: string, touches: number): string {
  const file = openSync(shop.path(name), 'w')
  const writer = new TmkWriter({ trace: 'allocation/1', page_size: 4096, machine: { memory_mb: 128, sample: 1 } })
  const put = (parts: Iterable<Uint8Array>): void => {
    for (const part of parts) writeSync(file, part)
  }
  const maker = new BatchMaker()
  const heap = maker.mmap(maker.spawn('same'), 'anon', PAGES)
  const pages = new Uint32Array(1000)
  for (let done = 0; done < touches; done += pages.length) {
    for (let k = 0; k < pages.length; k++) pages[k] = ((done + k) * 769) % PAGES
    maker.t = (10 * done) / touches
    maker.list(OP.touch, 0, heap, pages, EVENT_WRITE)
    for (const batch of drain(maker)) put(writer.add(batch))
  }
  for (const batch of drain(maker, true)) put(writer.add(batch))
  put(writer.finish())
  closeSync(file)
  return name
}

describe('memory does not grow with the number of events', () => {
  it('of a .tmk file', async () => {
    const peak = (touches: number): Promise<number> =>
      shop.peakMemory(['replay', writeLists(`${touches}.tmk`, touches), '--db', `${touches}-tmk.db`])
    const small = await peak(MILLION)
    expect(await peak(60 * MILLION)).toBeLessThanOrEqual(small * 1.1 + 16 * MIB)
    const [{ n }] = await shop.query<{ n: number }>(`${60 * MILLION}-tmk.db`, 'select max(page_events) as n from run')
    expect(n).toBe(60 * MILLION)
  }, 60_000)

  it.each([
    ['a thousand pages an event', 1000, []],
    ['a thousand pages an event, small heap', 1000, ['--max-old-space-size=256']],
    ['one page an event, small heap', 1, ['--max-old-space-size=256']],
  ])(
    '%s',
    async (_, perEvent, node) => {
      const peak = (touches: number): Promise<number> =>
        shop.peakMemory(
          ['replay', writeTrace(`${touches}-${perEvent}.ndjson`, touches, perEvent), '--db', `${touches}.db`],
          node,
        )
      const small = await peak(MILLION)
      const large = await peak(10 * MILLION)
      expect(large).toBeLessThanOrEqual(small * 1.1 + 16 * MIB)
      const [{ n }] = await shop.query<{ n: number }>(`${10 * MILLION}.db`, 'select max(page_events) as n from run')
      expect(n).toBe(10 * MILLION)
    },
    180_000,
  )
})
