/** Loads of zipf-distributed accesses: popular pages all over the memory, three lists of pages in ten written. */

import { EVENT_WRITE, type EventBatch, OP } from '../../src/trace/events.js'
import { BatchMaker, drain } from './batch-maker.js'
import type { Load } from './load.js'
import { randomSource } from './random.js'
import { zipfSource } from './zipf.js'

/** Pages named by one event. */
const LIST = 256

/** Where the pages live: anonymous memory, a file that is read and written, a file that is mapped. */
type Backing = 'anon' | 'read' | 'mapped'

interface Zipf {
  pages: number
  /** The pages are divided evenly among them. */
  backing: readonly Backing[]
  /** Seconds from one list to the next: long enough that the process keeps up. */
  pace: number
  /** All pages are written once first. */
  populate?: boolean
  /** One page an event instead of a list. */
  single?: boolean
}

function* zipf(o: Zipf, accesses: number): Iterable<EventBatch> {
  const draw = zipfSource(o.pages, 0.99, 2)
  const random = randomSource(7)
  const maker = new BatchMaker()
  const parts = o.backing.length
  const each = o.pages / parts
  const task = maker.spawn('zipf')
  const objects = o.backing.map((backing, k) => {
    if (backing === 'anon') return maker.mmap(task, 'anon', each)
    const file = maker.file(`data${k}`)
    return backing === 'mapped' ? maker.mmap(task, 'file', each, file) : file
  })
  for (let start = 0; o.populate && start < each; start += LIST) {
    maker.span(OP.touch, task, objects[0], start, LIST, EVENT_WRITE)
    maker.t += 0.001
    yield* drain(maker)
  }
  const chunk = new Uint32Array(LIST)
  const part = new Uint32Array(LIST)
  for (let done = 0; done < accesses; done += LIST) {
    for (let i = 0; i < LIST; i++) chunk[i] = draw()
    const write = random() % 10 < 3
    if (o.single) {
      for (const page of chunk) {
        maker.span(OP.touch, task, objects[0], page, 1, write ? EVENT_WRITE : 0)
        maker.t = Math.round((maker.t + o.pace / LIST) * 1e6) / 1e6
        yield* drain(maker)
      }
      continue
    }
    for (let k = 0; k < parts; k++) {
      let n = 0
      for (let i = 0; i < LIST; i++) if (chunk[i] % parts === k) part[n++] = (chunk[i] / parts) >>> 0
      if (n === 0) continue
      const op = o.backing[k] === 'read' ? (write ? OP.write : OP.read) : OP.touch
      maker.list(op, task, objects[k], part.subarray(0, n), op === OP.touch && write ? EVENT_WRITE : 0)
    }
    maker.t += o.pace
    yield* drain(maker)
  }
  yield* drain(maker, true)
}

/** @param share of the pages that memory has room for; above 1 for all of them and some more */
function load(name: string, accesses: number, share: number, o: Zipf, about: string): Load {
  const each = o.pages / o.backing.length
  const files = o.backing.flatMap((backing, k) => (backing === 'anon' ? [] : [[`data${k}`, each]]))
  return {
    name,
    about,
    frames: Math.round(o.pages * share),
    swapMb: o.backing.includes('anon') ? 2 * Math.ceil(o.pages / 256) : 0,
    files: Object.fromEntries(files),
    accesses,
    warmUp: o.populate ? o.pages : 0,
    generate: (n) => zipf(o, n),
  }
}

const Ki = 1024
const Mi = 1024 * 1024
const anon = { backing: ['anon'], pace: 0.00001, populate: true } as const
const half = ['anon', 'read'] as const

export const ZIPF_LOADS: readonly Load[] = [
  load('zipf-hits-64k', 100e6, 1.2, { ...anon, pages: 64 * Ki }, 'zipf over 64 Ki anonymous pages, all resident'),
  load('zipf-hits-1m', 100e6, 1.2, { ...anon, pages: Mi }, 'zipf over 1 Mi anonymous pages, all resident'),
  load(
    'zipf-hits-single',
    20e6,
    1.2,
    { ...anon, pages: 64 * Ki, pace: 0.000256, single: true },
    'zipf over 64 Ki anonymous pages, all resident, one page an event',
  ),
  load(
    'zipf-50',
    20e6,
    0.5,
    { pages: Mi, backing: half, pace: 0.004 },
    'zipf over 1 Mi pages, half of them anonymous, half of a file that is read and written; memory for 50 %',
  ),
  load('zipf-10', 20e6, 0.1, { pages: Mi, backing: half, pace: 0.01 }, 'the same, memory for 10 %'),
  load('zipf-10-64k', 20e6, 0.1, { pages: 64 * Ki, backing: half, pace: 0.01 }, 'the same over 64 Ki pages'),
  load('zipf-10-16m', 20e6, 0.1, { pages: 16 * Mi, backing: half, pace: 0.01 }, 'the same over 16 Mi pages (64 GiB)'),
  load(
    'zipf-10-read',
    20e6,
    0.1,
    { pages: Mi, backing: ['read'], pace: 0.01 },
    'zipf over 1 Mi pages of a file that is read and written, memory for 10 %',
  ),
  load(
    'zipf-10-anon',
    20e6,
    0.1,
    { pages: Mi, backing: ['anon'], pace: 0.01 },
    'zipf over 1 Mi anonymous pages with swap, memory for 10 %',
  ),
  load(
    'zipf-10-mapped',
    20e6,
    0.1,
    { pages: Mi, backing: ['mapped'], pace: 0.02 },
    'zipf over 1 Mi pages of a mapped file, memory for 10 %',
  ),
]

/** For samples: large enough that a sixty-fourth of it is still a machine. */
export const ZIPF_LARGE: Load = load(
  'zipf-10-4m',
  20e6,
  0.1,
  { pages: 4 * Mi, backing: half, pace: 0.01 },
  'zipf over 4 Mi pages, half of them anonymous, half of a file that is read and written; memory for 10 %',
)
