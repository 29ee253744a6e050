import { readFileSync } from 'node:fs'
import { gunzipSync, gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { InputError } from '../../src/base/errors.js'
import { openSource } from '../../src/ingest/registry.js'
import type { RecordedBatch } from '../../src/ingest/series/recorded-series.js'
import { SERIES_COUNTERS } from '../../src/trace/series.js'
import { bytesSource, FIXTURES, SHARED } from './helpers.js'

/** A seeded source of numbers, so that a failure can be had again. */
function random(seed: number): (below: number) => number {
  let state = seed >>> 0
  return (below) => {
    state = (Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 0x9e3779b9) >>> 0
    const mixed = Math.imul(state ^ (state >>> 13), 0x85ebca6b)
    return ((mixed ^ (mixed >>> 16)) >>> 0) % below
  }
}

type Mutation = (bytes: Buffer, next: (below: number) => number) => Buffer

const lines = (bytes: Buffer): string[] => bytes.toString('latin1').split('\n')
const fromLines = (all: string[]): Buffer => Buffer.from(all.join('\n'), 'latin1')

const MUTATIONS: Record<string, Mutation> = {
  truncate: (b, next) => b.subarray(0, next(b.length)),
  beheaded: (b, next) => b.subarray(next(b.length)),
  flip: (b, next) => {
    const flipped = Buffer.from(b)
    for (let i = 0; i < 1 + b.length / 500; i++) flipped[next(b.length)] = next(256)
    return flipped
  },
  splice: (b, next) => {
    const [a, c] = [next(b.length), next(b.length)]
    return Buffer.concat([b.subarray(0, a), b.subarray(c)])
  },
  duplicate: (b, next) => {
    const a = next(b.length)
    return Buffer.concat([b.subarray(0, a), b.subarray(Math.max(0, a - 1 - next(2000)))])
  },
  reorder: (b, next) => {
    const all = lines(b)
    for (let i = 0; i < 5; i++) {
      const [x, y] = [next(all.length), next(all.length)]
      ;[all[x], all[y]] = [all[y], all[x]]
    }
    return fromLines(all)
  },
  dropLines: (b, next) => fromLines(lines(b).filter(() => next(8) > 0)),
  dropWords: (b, next) => fromLines(lines(b).map((line) => (next(10) === 0 ? line.replace(/\S+\s*$/, '') : line))),
  numbers: (b, next) =>
    Buffer.from(
      b
        .toString('latin1')
        .replace(/\d+/g, (n) =>
          next(40) === 0 ? ['-1', '99999999999999999999', '1e308', 'nan', '', '0'][next(6)] : n,
        ),
      'latin1',
    ),
  commas: (b) => Buffer.from(b.toString('latin1').replaceAll('.', ','), 'latin1'),
  carriageReturns: (b) => Buffer.from(b.toString('latin1').replaceAll('\n', '\r\n'), 'latin1'),
  oneLine: (b) => Buffer.from(b.toString('latin1').replaceAll('\n', ' '), 'latin1'),
  utf16: (b) => Buffer.from(`\ufeff${b.toString('utf8')}`, 'utf16le'),
  latin1: (b) => Buffer.from(b.toString('utf8'), 'latin1'),
  gzipCut: (b, next) => {
    const packed = gzipSync(b)
    return packed.subarray(0, next(packed.length))
  },
}

/** Whatever the bytes: a series or trace that holds together, or an error that names the file. */
async function survives(bytes: Buffer): Promise<void> {
  try {
    const opened = await openSource(await bytesSource(bytes, 'fuzz', 4099))
    if (opened.kind === 'allocation') {
      let t = 0
      for await (const batch of opened.batches()) {
        for (let i = 0; i < batch.length; i++) {
          expect(batch.t[i]).toBeGreaterThanOrEqual(t)
          t = batch.t[i]
        }
      }
    } else for await (const batch of opened.batches()) sound(batch as RecordedBatch)
  } catch (error) {
    if (!(error instanceof InputError)) throw error
    expect(error.message.startsWith('fuzz:')).toBe(true)
    expect(error.message.length).toBeLessThan(2000)
  }
}

function sound(batch: RecordedBatch): void {
  const counters = batch.columns.flatMap((c, i) =>
    (SERIES_COUNTERS as readonly string[]).includes(c) ? [batch.values[i]] : [],
  )
  let wrong = 0
  for (let i = 0; i < batch.length; i++) {
    if (!(batch.dt[i] > 0) || !Number.isFinite(batch.t[i])) wrong++
    if (i > 0 && (batch.t[i] < batch.t[i - 1] || batch.segment[i] < batch.segment[i - 1])) wrong++
    for (const values of counters) if (values[i] < 0 || values[i] === Number.POSITIVE_INFINITY) wrong++
  }
  expect(wrong).toBe(0)
}

async function fuzz(name: string, bytes: Buffer, rounds: number): Promise<void> {
  const next = random([...name].reduce((hash, c) => (Math.imul(hash, 31) + c.charCodeAt(0)) | 0, 7))
  for (const [kind, mutate] of Object.entries(MUTATIONS)) {
    for (let round = 0; round < rounds; round++) {
      const mutated = mutate(bytes, next)
      await survives(mutated).catch((error) => {
        throw new Error(`${name}, ${kind}, round ${round}: ${(error as Error).stack}`)
      })
    }
  }
}

describe('mutated recordings never end in anything but a series or a clear error', () => {
  it.each([
    'sar-A.txt',
    'sadf-d.csv',
    'sadf-j.json',
    'sadf-x.xml',
    'sadf-p.txt',
    'vmstat-t.txt',
    'proc-vmstat.txt',
    'trace.ndjson',
    'trace.json',
    'trace.csv',
  ])('%s', async (name) => {
    await fuzz(name, readFileSync(FIXTURES + name), 10)
  })
})

describe.skipIf(SHARED === undefined)('nor do the shared samples', () => {
  const samples = `${SHARED}samples/`
  const names = SHARED === undefined ? [] : Object.keys(JSON.parse(readFileSync(`${samples}expected.json`, 'utf8')))

  it.each(names)('%s', async (name) => {
    const file = readFileSync(samples + name)
    const bytes = file[0] === 0x1f && file[1] === 0x8b ? gunzipSync(file) : file
    // A stretch from somewhere in a long file, so that its inner tables have their turn.
    const start = bytes.length > 60_000 ? random(name.length)(bytes.length - 60_000) : 0
    await fuzz(name, bytes.subarray(start, start + 60_000), 1)
  })
})

if (SHARED === undefined) console.log('skipped: ../shared/samples is not there')
