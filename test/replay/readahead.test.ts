/** Which pages enter the cache when one is read (kernel model 4.11), with a window of 32 pages. */

import { describe, expect, test } from 'vitest'
import type { Mm } from '../../src/mm/context.js'
import { PG_RESIDENT } from '../../src/mm/page.js'
import { initRaSize, nextRaSize } from '../../src/mm/readahead.js'
import { testMachine } from '../mm/machine.js'
import { replayEvents } from './harness.js'
import type { TestEvent, UntimedEvent } from './trace-builder.js'

const machine = () => testMachine({ zones: [{ managed: 4096 }], readaheadPages: 32 })

/** Cached pages of the file as `first-last` runs. */
function cached(mm: Mm): string {
  const file = mm.files.find((f) => f?.name === 'f')
  if (!file) return ''
  const runs: string[] = []
  let first = -1
  for (let i = 0; i <= file.chunks.length * 512; i++) {
    const page = i < file.chunks.length * 512 ? mm.filemap.peek(file, i) : -1
    const there = page >= 0 && (mm.pages.flags[page] & PG_RESIDENT) !== 0
    if (there && first < 0) first = i
    if (!there && first >= 0) {
      runs.push(`${first}-${i - 1}`)
      first = -1
    }
  }
  return runs.join(' ')
}

/** What is cached after each of these events, half a second apart. */
function cachedAfter(events: UntimedEvent[], size = 2000): string[] {
  const all: UntimedEvent[] = [{ op: 'spawn', pid: 1 }, { op: 'spawn', pid: 2 }, ...events]
  const out: string[] = []
  const timed = all.map((e, i) => ({ ...e, t: i / 2 }) as TestEvent)
  const last = { t: all.length / 2, op: 'sysctl', set: {} } as TestEvent
  replayEvents(machine(), [...timed, last], {
    files: { f: size },
    // When the next event is fed, everything before it is over.
    between: ({ mm }) => void out.push(cached(mm)),
  })
  return out.slice(3)
}

const read = (page: number, pid = 1) =>
  ({ op: 'read', pid, file: 'f', start: page, count: 1, readahead: true }) as const
const reads = (pages: number[]) => pages.map((p) => read(p))

describe('window sizes', () => {
  // Powers of two up to a 32nd of the most are quadrupled, up to a quarter doubled.
  test.each([
    [1, 4],
    [2, 4],
    [3, 8],
    [8, 16],
    [9, 32],
    [64, 32],
  ])('first window for %i pages: %i', (req, size) => {
    expect(initRaSize(req, 32)).toBe(size)
  })

  test.each([
    [1, 4],
    [2, 4],
    [4, 8],
    [16, 32],
    [17, 32],
    [32, 32],
  ])('after a window of %i: %i', (size, next) => {
    expect(nextRaSize(size, 32)).toBe(next)
  })
})

describe('read()', () => {
  test('from the start: 4, then 8, 16, 32 pages ahead, each asked for when its marked page is read', () => {
    // [0,4) marks 1; 1 brings [4,12) marking 4; 4 brings [12,28); 12 brings [28,60); 28 brings [60,92).
    expect(cachedAfter(reads([0, 1, 2, 3, 4, 11, 12, 28]))).toEqual([
      ...['0-3', '0-11', '0-11', '0-11', '0-27', '0-27', '0-59', '0-91'],
    ])
  })

  test('somewhere in the middle: that page alone; its neighbour after it starts a window', () => {
    // 101 follows 100: first window of 4, marking 102, which brings 8 more.
    expect(cachedAfter(reads([100, 500, 501, 502]))).toEqual([
      ...['100-100', '100-100 500-500', '100-100 500-504', '100-100 500-512'],
    ])
  })

  test('in one event the pages are single reads as well', () => {
    expect(cachedAfter([{ op: 'read', pid: 1, file: 'f', start: 0, count: 29, readahead: true }])).toEqual(['0-91'])
  })

  test('nothing is read past the end', () => {
    expect(cachedAfter(reads([0, 1, 4, 12]), 20)).toEqual(['0-3', '0-11', '0-19', '0-19'])
  })

  test('without readahead: the pages asked for', () => {
    expect(cachedAfter([{ op: 'read', pid: 1, file: 'f', start: 0, count: 3 }])).toEqual(['0-2'])
  })

  test('after cached predecessors: as many again, and one', () => {
    // 4 pages before 14; the file does not start there.
    const events = [{ op: 'write', pid: 1, file: 'f', start: 10, count: 4 } as const, read(14)]
    expect(cachedAfter(events)).toEqual(['10-13', '10-18'])
  })

  test('cached predecessors from the start of the file count twice', () => {
    const events = [{ op: 'write', pid: 1, file: 'f', start: 0, count: 4 } as const, read(4)]
    expect(cachedAfter(events)).toEqual(['0-3', '0-12'])
  })

  test('a marked page met by somebody else: on from the next hole', () => {
    // 4 is marked; the hole is at 12, 8 pages away; next(8 + 1) = 18.
    expect(cachedAfter([read(0), read(1), read(4, 2)])).toEqual(['0-3', '0-11', '0-29'])
  })
})

describe('faults on a mapped file', () => {
  const mmap = { op: 'mmap', pid: 1, region: 'm', kind: 'file', pages: 1000, file: 'f' } as const
  const touch = (page: number) => ({ op: 'touch', pid: 1, region: 'm', start: page, count: 1, write: false }) as const

  test('read around: half a window before, half after', () => {
    expect(cachedAfter([{ ...mmap, readahead: true }, touch(100)])).toEqual(['', '84-115'])
    expect(cachedAfter([{ ...mmap, readahead: true }, touch(3)])).toEqual(['', '0-31'])
  })

  test('with random access advised: one page', () => {
    expect(cachedAfter([mmap, touch(100)])).toEqual(['', '100-100'])
  })
})
