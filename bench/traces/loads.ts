/** The loads that replays are measured with. */

import { EVENT_READAHEAD, EVENT_WRITE, type EventBatch, OP } from '../../src/trace/events.js'
import { BatchMaker, drain } from './batch-maker.js'
import type { Load } from './load.js'
import { randomSource } from './random.js'
import { zipfSource } from './zipf.js'
import { ZIPF_LOADS } from './zipf-loads.js'

/** Pages named by one event. */
const LIST = 256
const Ki = 1024

/** Two readers stream files larger than memory: every page that is read takes the place of another. */
export function* stream(pages: number, accesses: number): Iterable<EventBatch> {
  const maker = new BatchMaker()
  const readers = ['a', 'b'].map((name) => ({ task: maker.spawn(name), file: maker.file(name) }))
  for (let done = 0; done < accesses; done += 2 * LIST) {
    for (const { task, file } of readers) maker.span(OP.read, task, file, (done / 2) % pages, LIST, EVENT_READAHEAD)
    maker.t += 0.0015
    yield* drain(maker)
  }
  yield* drain(maker, true)
}

/** Anonymous memory beyond what there is: a walk through all of it, with jumps back to places left behind. */
export function* anonSwap(pages: number, accesses: number): Iterable<EventBatch> {
  const maker = new BatchMaker()
  const random = randomSource(3)
  const task = maker.spawn('heap')
  const region = maker.mmap(task, 'anon', pages)
  let front = 0
  for (let done = 0; done < accesses; done += LIST) {
    const back = random() % 8 === 0
    const start = back ? random() % (pages - LIST) : front
    if (!back) front = (front + LIST) % (pages - LIST)
    maker.span(OP.touch, task, region, start, LIST, random() % 10 < 7 ? EVENT_WRITE : 0)
    maker.t += 0.03
    yield* drain(maker)
  }
  yield* drain(maker, true)
}

const PROCESSES = 8

/** Eight processes with zipf heaps, a mapped library, a log that grows and files that are read: somewhat too much. */
export function* mixed(pages: number, accesses: number): Iterable<EventBatch> {
  const maker = new BatchMaker()
  const random = randomSource(5)
  const heapPages = pages / 2 / PROCESSES
  const [library, data, log] = ['library', 'data', 'log'].map((name) => maker.file(name))
  const draw = zipfSource(heapPages, 0.99, 11)
  const drawLibrary = zipfSource(pages / 8, 0.9, 12)
  const tasks = Array.from({ length: PROCESSES }, (_, i) => {
    const task = maker.spawn(`p${i}`)
    return { task, heap: maker.mmap(task, 'anon', heapPages), text: maker.mmap(task, 'file', pages / 8, library) }
  })
  const list = new Uint32Array(LIST)
  const fill = (source: () => number): Uint32Array => {
    for (let i = 0; i < LIST; i++) list[i] = source()
    return list
  }
  let logged = 0
  for (let done = 0; done < accesses; done += LIST) {
    const { task, heap, text } = tasks[random() % PROCESSES]
    const what = random() % 100
    if (what < 60) maker.list(OP.touch, task, heap, fill(draw), what < 25 ? EVENT_WRITE : 0)
    else if (what < 75) maker.list(OP.touch, task, text, fill(drawLibrary))
    else if (what < 90) maker.span(OP.read, task, data, random() % (pages / 4 - LIST), LIST, EVENT_READAHEAD)
    else if (what < 97) {
      maker.span(OP.write, task, log, logged, LIST)
      logged = (logged + LIST) % (pages / 8)
    } else maker.madvise(task, heap, random() % (heapPages - LIST), LIST, 'dontneed')
    maker.t += 0.002
    yield* drain(maker)
  }
  yield* drain(maker, true)
}

/** One page an event, all over a heap: what a trace of single faults looks like. */
function* single(pages: number, accesses: number): Iterable<EventBatch> {
  const maker = new BatchMaker()
  const random = randomSource(9)
  const task = maker.spawn('single')
  const region = maker.mmap(task, 'anon', pages)
  for (let done = 0; done < accesses; done++) {
    maker.span(OP.touch, task, region, random() % pages, 1, random() % 10 < 3 ? EVENT_WRITE : 0)
    maker.t = Math.round(done * 7.3) / 1e6
    yield* drain(maker)
  }
  yield* drain(maker, true)
}

/** Read only, never replayed: see `single`. */
export const SINGLE: Load = {
  name: 'single',
  about: 'one page an event, at random',
  frames: 300 * Ki,
  swapMb: 0,
  files: {},
  accesses: 10e6,
  warmUp: 0,
  generate: (accesses) => single(256 * Ki, accesses),
}

export const LOADS: readonly Load[] = [
  ...ZIPF_LOADS,
  {
    name: 'file-stream',
    about: 'two readers stream files of 512 Ki pages with readahead, memory for 128 Ki: every access reclaims a page',
    frames: 128 * Ki,
    swapMb: 0,
    files: { a: 512 * Ki, b: 512 * Ki },
    accesses: 20e6,
    warmUp: 0,
    generate: (accesses) => stream(512 * Ki, accesses),
  },
  {
    name: 'anon-swap',
    about: '256 Ki anonymous pages in memory for 160 Ki, with swap: a walk through them with jumps back',
    frames: 160 * Ki,
    swapMb: 2048,
    files: {},
    accesses: 20e6,
    warmUp: 0,
    generate: (accesses) => anonSwap(256 * Ki, accesses),
  },
  {
    name: 'mixed',
    about: 'eight processes: zipf heaps, a mapped library, reads with readahead, a log, madvise; memory for 60 %',
    frames: 157 * Ki,
    swapMb: 2048,
    files: { library: 32 * Ki, data: 64 * Ki, log: 32 * Ki },
    accesses: 20e6,
    warmUp: 0,
    generate: (accesses) => mixed(256 * Ki, accesses),
  },
]
