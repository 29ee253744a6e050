/** Reading `.tmk`: verified and expanded, against a bare loop of `readSync` over the same bytes. */

import { closeSync, openSync, readSync } from 'node:fs'
import { openInput } from '../../src/ingest/registry.js'
import { EventBatch } from '../../src/trace/events.js'
import { TmkFile } from '../../src/trace/tmk/file.js'
import { BLOCK_EVENTS } from '../../src/trace/tmk/layout.js'
import { type BenchContext, cpuSeconds, type Group, timed } from '../measure.js'
import type { Load } from '../traces/load.js'
import { LOADS, SINGLE } from '../traces/loads.js'
import { accessesOf, traceFiles, writeTrace } from '../traces/trace-files.js'

const PASSES = 12
/** Where `readSync` into one buffer is fastest. */
const READ_BYTES = 256 * 1024

function bareRead(path: string): void {
  const buffer = Buffer.allocUnsafe(READ_BYTES)
  const fd = openSync(path, 'r')
  while (readSync(fd, buffer, 0, READ_BYTES, null) > 0);
  closeSync(fd)
}

/** Reads all of a trace. */
function decodeTrace(path: string): void {
  const file = TmkFile.open(path)
  const batch = new EventBatch(BLOCK_EVENTS)
  while (file.nextBatch(batch));
  file.close()
}

/** The same, and every field of every event added up: the least that any use of a trace does. @returns page accesses */
export function sumTrace(path: string): number {
  const file = TmkFile.open(path)
  const batch = new EventBatch(BLOCK_EVENTS)
  let pages = 0
  let sum = 0
  while (file.nextBatch(batch)) {
    const { t, op, task, object, start, count, flags, length } = batch
    for (let i = 0; i < length; i++) {
      pages += count[i]
      sum += t[i] + op[i] + task[i] + object[i] + start[i] + flags[i]
    }
    sum += sumPages(batch.pages, batch.pagesLength)
  }
  file.close()
  if (Number.isNaN(sum)) throw new Error('the trace holds what is no number')
  return pages
}

function sumPages(pages: Uint32Array, n: number): number {
  let sum = 0
  for (let i = 0; i < n; i++) sum = (sum + pages[i]) | 0
  return sum
}

function group(load: Load): Group {
  const accesses = (c: BenchContext): number => accessesOf(load, c) + load.warmUp
  return {
    suite: 'decode',
    name: `decode-${load.name}`,
    about: load.about,
    unit: 'page access',
    prepare: (context) => writeTrace(load, context, false),
    cases: [
      {
        name: 'readSync',
        about: 'the bytes of the file, 256 KiB at a time',
        run: (context) => {
          const { tmk } = traceFiles(load, context)
          return timed(PASSES, () => {
            bareRead(tmk)
            return accesses(context)
          })
        },
      },
      {
        name: 'tmk',
        about: 'read, verified, expanded into batches',
        run: (context) =>
          timed(PASSES, () => {
            decodeTrace(traceFiles(load, context).tmk)
            return accesses(context)
          }),
      },
      {
        name: 'tmk-sum',
        about: 'the same, and every field of every event added up',
        run: (context) => timed(PASSES, () => sumTrace(traceFiles(load, context).tmk)),
      },
      {
        name: 'openInput',
        about: 'like tmk, through the registry of formats, as a replay gets it',
        run: async (context) => {
          const { tmk } = traceFiles(load, context)
          let best = Number.POSITIVE_INFINITY
          for (let i = 0; i < PASSES; i++) {
            const before = cpuSeconds()
            const trace = await openInput(tmk)
            if (trace.kind === 'allocation') for await (const _ of trace.batches());
            best = Math.min(best, cpuSeconds() - before)
          }
          return { units: accesses(context), cpu: best }
        },
      },
    ],
    ratios: [
      { of: 'tmk', to: 'readSync', goal: 3.5 },
      { of: 'tmk-sum', to: 'readSync' },
      { of: 'openInput', to: 'tmk' },
    ],
  }
}

export const DECODE: readonly Group[] = [
  ...LOADS.filter(({ name }) => ['zipf-hits-64k', 'zipf-hits-1m'].includes(name)),
  SINGLE,
].map(group)
