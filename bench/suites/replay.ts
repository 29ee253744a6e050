/** Replays: the engine alone, against decoding its trace, a C program of the same kind, and a strict LRU. */

import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { runCli } from '../../src/cli/program.js'
import { machineFromTrace } from '../../src/machine/from-trace.js'
import { resolveMachine } from '../../src/machine/resolve.js'
import { Replay } from '../../src/replay/replay.js'
import { EventBatch } from '../../src/trace/events.js'
import { TmkFile } from '../../src/trace/tmk/file.js'
import { BLOCK_EVENTS } from '../../src/trace/tmk/layout.js'
import { compileFullC, runFullC, withoutFullC } from '../baselines/full-c.js'
import { StrictLru } from '../baselines/lru.js'
import { NO_SINK } from '../inputs/no-sink.js'
import { type BenchContext, type Case, cpuSeconds, type Group, type Measured, timed } from '../measure.js'
import type { Load } from '../traces/load.js'
import { LOADS } from '../traces/loads.js'
import { accessesOf, pagesOf, traceFiles, writeTrace } from '../traces/trace-files.js'
import { sumTrace } from './decode.js'

/**
 * The model alone: the trace is read block by block, and only what the replay does with each is counted.
 * @param whole also counts what warms up: the first touch of every page, and a quarter of the accesses, while V8 compiles
 */
export function engine(load: Load, context: BenchContext, whole: boolean): Measured {
  const file = TmkFile.open(traceFiles(load, context).tmk)
  const trace = file.header.machine && machineFromTrace(file.header.machine, load.name)
  const machine = resolveMachine({ trace, set: {} })
  const replay = new Replay({
    config: machine.config,
    files: load.files,
    sampleSeconds: 1,
    postSeconds: 0,
    sink: NO_SINK,
  })
  const accesses = accessesOf(load, context)
  const warmUp = whole || load.warmUp === 0 ? 0 : load.warmUp + accesses / 4
  const batch = new EventBatch(BLOCK_EVENTS)
  let warm = 0
  let cpu = 0
  while (file.nextBatch(batch)) {
    const before = cpuSeconds()
    replay.feed(batch)
    if (warm >= warmUp) cpu += cpuSeconds() - before
    else for (let i = 0; i < batch.length; i++) warm += batch.count[i]
  }
  file.close()
  const before = cpuSeconds()
  replay.finish()
  return { units: load.warmUp + accesses - warm, cpu: cpu + cpuSeconds() - before }
}

/** `tidemark replay` as a user runs it, from the file to the last row. */
async function pipeline(load: Load, context: BenchContext): Promise<Measured> {
  const db = join(context.folder, `${load.name}.db`)
  const before = cpuSeconds()
  const status = await runCli(['replay', traceFiles(load, context).tmk, '--db', db, '--sample', 'off'], {
    write: async () => {},
    note: (line) => console.error(line),
    status: () => {},
    interactive: false,
    colour: false,
    stdin: process.stdin,
  })
  const cpu = cpuSeconds() - before
  if (status !== 0) throw new Error(`replay of ${load.name} failed`)
  for (const suffix of ['', '-wal', '-shm']) rmSync(db + suffix, { force: true })
  return { units: accessesOf(load, context) + load.warmUp, cpu }
}

function strictLru(load: Load, context: BenchContext): Measured {
  const { ids, ops } = traceFiles(load, context)
  const idBytes = readFileSync(ids)
  const pages = new Uint32Array(idBytes.buffer, idBytes.byteOffset, idBytes.length / 4)
  const operations = readFileSync(ops)
  const lru = new StrictLru(pagesOf(load, context), load.frames)
  const before = cpuSeconds()
  for (let at = 0; at < pages.length; at += 4096) lru.run(pages, operations, at, Math.min(at + 4096, pages.length))
  return { units: pages.length, cpu: cpuSeconds() - before }
}

/** The C program, over the same accesses as bare page numbers. */
export function fullRing(load: Load, context: BenchContext): Measured {
  const { ids, ops } = traceFiles(load, context)
  return runFullC(context.folder, ids, ops, pagesOf(load, context), load.frames)
}

const HITS = /^zipf-hits/

/** Programs in C are compared with where they are there. */
export const MISSING_C = withoutFullC()

function group(load: Load): Group {
  const hits = HITS.test(load.name)
  const big = load.name === 'zipf-10-16m'
  const cases: Case[] = [
    {
      name: 'engine',
      about: 'the model alone: what it does with each block once it is read',
      run: (c) => engine(load, c, false),
    },
    {
      name: 'decode',
      about: 'the trace read from its file, every field added up',
      run: (c) => timed(5, () => sumTrace(traceFiles(load, c).tmk)),
    },
    {
      name: 'strict-lru',
      about: 'strict LRU in plain JavaScript over bare page numbers',
      run: (c) => strictLru(load, c),
    },
  ]
  if (load.warmUp > 0)
    cases.push({
      name: 'engine-whole',
      about:
        'the same with what warms up, which engine leaves out here: the first touch of every page, a quarter of the accesses',
      run: (c) => engine(load, c, true),
    })
  if (!big)
    cases.push({ name: 'pipeline', about: 'tidemark replay, from the file to the rows', run: (c) => pipeline(load, c) })
  if (MISSING_C === undefined) {
    cases.push({
      name: 'full-ring',
      about: 'the C program of ../shared/perf over bare page numbers',
      run: (c) => fullRing(load, c),
    })
  }
  return {
    suite: 'replay',
    name: load.name,
    about: load.about,
    unit: 'page access',
    prepare: (context) => {
      writeTrace(load, context, true)
      if (MISSING_C === undefined) compileFullC(context.folder)
    },
    cases,
    ratios: [
      { of: 'engine', to: 'decode', ...(hits ? { goal: 2.5 } : {}) },
      { of: 'engine', to: 'strict-lru' },
      { of: 'engine', to: 'full-ring', ...(/^zipf-(50|10)$/.test(load.name) ? { goal: 2.5 } : {}) },
      {
        of: 'pipeline',
        to: load.warmUp > 0 ? 'engine-whole' : 'engine',
        ...(/^zipf-(50|10)$/.test(load.name) ? { goal: 1.3 } : {}),
      },
    ],
  }
}

export const REPLAY: readonly Group[] = LOADS.map(group)
