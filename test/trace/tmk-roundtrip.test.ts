import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { openBytes } from '../../src/base/byte-source.js'
import { openSource } from '../../src/ingest/registry.js'
import { EventBatch } from '../../src/trace/events.js'
import { TmkFile } from '../../src/trace/tmk/file.js'
import { BLOCK_EVENTS, BLOCK_PAGES } from '../../src/trace/tmk/layout.js'
import { eventsOf, openTrace, type PlainEvent } from '../ingest/helpers.js'
import { HEADER, makeEvents, ndjson, traces } from './random-events.js'
import { eventsOfFile, fileOf, rewritten } from './written.js'

/** Numbered as a form without lines numbers them. */
const numbered = (events: PlainEvent[]): PlainEvent[] => events.map((event, i) => ({ ...event, line: i + 1 }))

describe('a .tmk file', () => {
  it('gives the events of any trace back, as file and as stream', async () => {
    await fc.assert(
      fc.asyncProperty(traces(1, 300), async (text) => {
        const tmk = await rewritten(text, 'tmk')
        const events = numbered(await eventsOf(text))
        expect(await eventsOfFile(fileOf(tmk))).toEqual(events)
        expect(await eventsOf(tmk, 'input', 1000)).toEqual(events)
      }),
      { numRuns: 60 },
    )
  })

  it.each(['ndjson', 'json', 'csv'] as const)('makes the same NDJSON of %s as without it', async (form) => {
    await fc.assert(
      fc.asyncProperty(traces(1, 120), async (text) => {
        const written = await rewritten(text, form)
        const straight = await rewritten(written, 'ndjson')
        const through = await rewritten(await rewritten(written, 'tmk'), 'ndjson')
        expect(through.toString()).toBe(straight.toString())
      }),
      { numRuns: 40 },
    )
  })

  it('is the same for the same trace, however it was read', async () => {
    const text = ndjson(makeEvents(200, [0.1, 0.7, 0.33, 0.9, 0.5, 0.02, 0.61, 0.81, 0.45]))
    const tmk = await rewritten(text, 'tmk')
    expect((await rewritten(text, 'tmk')).equals(tmk)).toBe(true)
    expect((await rewritten(await rewritten(text, 'json'), 'tmk')).equals(tmk)).toBe(true)
    expect((await rewritten(tmk, 'tmk')).equals(tmk)).toBe(true)
  })

  it('keeps the header', async () => {
    const trace = await openTrace(await rewritten(ndjson([]), 'tmk'))
    expect(trace.format).toBe('tmk')
    expect(trace.header).toEqual(HEADER)
  })

  it('says how much of it was read', async () => {
    const tmk = await rewritten(ndjson(makeEvents(33_000, [0.1, 0.7, 0.33, 0.9])), 'tmk')
    const source = await openBytes(fileOf(tmk))
    const opened = await openSource(source)
    const seen: number[] = []
    for await (const _ of opened.batches()) seen.push(source.delivered)
    expect(seen.toSorted((a, b) => a - b)).toEqual(seen)
    expect(seen[0]).toBeLessThan(tmk.length)
    expect(source.delivered).toBe(tmk.length)
  })

  it('holds a trace without events', async () => {
    const tmk = await rewritten(ndjson([]), 'tmk')
    expect(await eventsOfFile(fileOf(tmk))).toEqual([])
    expect((await rewritten(tmk, 'ndjson')).toString()).toBe(ndjson([]))
  })
})

describe('blocks', () => {
  const touch = (t: number, pages: number): Record<string, unknown> => ({
    t,
    op: 'touch',
    pid: 1,
    region: 'r',
    pages: Array.from({ length: pages }, (_, i) => (i * 7919 + pages) % 100_000),
  })
  const begin = [
    { t: 0, op: 'spawn', pid: 1, comm: 'x' },
    { t: 0, op: 'mmap', pid: 1, region: 'r', kind: 'anon', pages: 2 ** 31 - 1 },
  ]

  it('end at a number of events, or of pages; a longer list has one of its own', async () => {
    const many = Array.from({ length: 2 * BLOCK_EVENTS }, (_, i) => ({
      t: i,
      op: 'touch',
      pid: 1,
      region: 'r',
      start: i,
      count: 1,
    }))
    const lists = [touch(4e4, 40_000), touch(4e4, 40_000), touch(5e4, 3 * BLOCK_PAGES), touch(6e4, 0)]
    const text = ndjson([...begin, ...many, ...lists])
    const path = fileOf(await rewritten(text, 'tmk'))
    const file = TmkFile.open(path)
    expect(file.events).toBe(2 + many.length + lists.length)
    expect(file.blocks.map((block) => block.first)).toEqual([0, 16_384, 32_768, 32_771, 32_772, 32_773])
    file.close()
    expect(await eventsOfFile(path)).toEqual(numbered(await eventsOf(text)))
  })

  it('keep nothing of what a column held in the block before', async () => {
    const one = (i: number): Record<string, unknown> => ({ op: 'touch', pid: 1, region: 'r', start: i % 7, count: 1 })
    const other = (i: number): Record<string, unknown> =>
      i % 3 === 0
        ? { op: 'touch', pid: 1, region: 'r', pages: [i, 1, 2], write: true }
        : { op: 'read', pid: 1, file: `f${i % 5}`, start: 2 ** 20 + i, count: 2 }
    const kinds = [one, other, one, one, other]
    const events = kinds.flatMap((make, k) =>
      Array.from({ length: BLOCK_EVENTS }, (_, i) => ({ t: k + i / 1e6, ...make(i) })),
    )
    const text = ndjson([...begin, ...events])
    const tmk = await rewritten(text, 'tmk')
    const expected = numbered(await eventsOf(text))
    expect(await eventsOfFile(fileOf(tmk))).toEqual(expected)
    expect(await eventsOf(tmk, 'input', 100_000)).toEqual(expected)
  })

  it('keep page numbers beyond 2^31 and ranges of 2^31 pages', async () => {
    const far = 2 ** 32 - 2
    const events = [
      begin[0],
      { t: 0.5, op: 'read', pid: 1, file: 'f', pages: [far, 0, 2 ** 31] },
      { t: 0.5, op: 'read', pid: 1, file: 'f', start: far - 5, count: 5 },
      { t: 0.5, op: 'read', pid: 1, file: 'f', start: 0, count: 2 ** 31 - 1 },
    ]
    const path = fileOf(await rewritten(ndjson(events), 'tmk'))
    expect(await eventsOfFile(path)).toEqual(numbered(await eventsOf(ndjson(events))))
  })

  it('number their events whether the column is asked for or not, and again after it was', async () => {
    const events = makeEvents(BLOCK_EVENTS + 100, [0.1, 0.7, 0.33, 0.9])
    const file = TmkFile.open(fileOf(await rewritten(ndjson(events), 'tmk')))
    const batch = new EventBatch(BLOCK_EVENTS)
    let before = 0
    while (file.nextBatch(batch)) {
      const ordinals = Array.from({ length: batch.length }, (_, i) => before + i + 1)
      expect(ordinals.map((_, i) => batch.lineOf(i))).toEqual(ordinals)
      expect([...batch.line.subarray(0, batch.length)]).toEqual(ordinals)
      expect(ordinals.map((_, i) => batch.lineOf(i))).toEqual(ordinals)
      before += batch.length
    }
    expect(before).toBeGreaterThan(BLOCK_EVENTS)
    file.close()
  })

  it('are found by time', async () => {
    const events = Array.from({ length: 3 * BLOCK_EVENTS }, (_, i) => ({
      t: Math.floor(i / 400),
      op: 'read',
      pid: 1,
      file: `f${Math.floor(i / 20_000)}`,
      start: i,
      count: 1,
    }))
    const file = TmkFile.open(fileOf(await rewritten(ndjson([begin[0], ...events]), 'tmk')))
    const batch = new EventBatch(BLOCK_EVENTS)
    const firstAfter = (t: number): { line: number; t: number; names: number } | undefined => {
      file.seek(t)
      if (!file.nextBatch(batch)) return undefined
      return { line: batch.line[0], t: batch.t[0], names: batch.fileNames.length }
    }
    expect(firstAfter(50)).toEqual({ line: 16_385, t: 40, names: 3 })
    expect(firstAfter(0)).toEqual({ line: 1, t: 0, names: 3 })
    expect(firstAfter(122)).toEqual({ line: 32_769, t: 81, names: 3 })
    expect(firstAfter(1000)).toBeUndefined()
    file.close()
  })
})
