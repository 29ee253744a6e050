/** Traces that are valid and otherwise anything: events made by chance, in the order in which they could happen. */

import fc from 'fast-check'

export type WrittenEvent = Record<string, unknown>

interface Live {
  pid: number
  regions: Map<string, number>
}

const NAMES = ['heap', 'stack', 'a,b', 'quo"te', ' blank ', 'größe', '日本', '#x', 'line\nend', '0', '-']
const FILES = ['data.db', 'log', '/var/lib/x, y.db', '"q"', 'ß']

/** Draws from a list of numbers between 0 and 1, again and again. */
class Chance {
  private at = 0

  constructor(private readonly numbers: readonly number[]) {}

  /** 0 to n − 1 */
  below(n: number): number {
    return Math.floor(this.numbers[this.at++ % this.numbers.length] * n)
  }

  one<T>(of: readonly T[]): T {
    return of[this.below(of.length)]
  }

  yes(percent: number): boolean {
    return this.below(100) < percent
  }
}

/** Times of every kind: whole, with few decimals, with as many as a double has. */
function step(chance: Chance): number {
  return chance.one([0, 0, 1, 0.5, 0.001, 0.000123, chance.below(1e9) / 7e8])
}

/** Numbers are drawn in turn, so that a failing trace shrinks with them. */
export function makeEvents(length: number, numbers: readonly number[]): WrittenEvent[] {
  const chance = new Chance(numbers)
  const events: WrittenEvent[] = []
  const live: Live[] = []
  let t = 0
  let pid = 0
  const rounded = chance.yes(50)
  while (events.length < length) {
    t += step(chance)
    const at = rounded ? Math.round(t * 1e6) / 1e6 : t
    t = at
    const task = live.length === 0 || chance.yes(5) ? undefined : chance.one(live)
    if (task === undefined) {
      const fresh: Live = { pid: ++pid * (chance.yes(10) ? 1000 : 1), regions: new Map() }
      if (live.some((l) => l.pid === fresh.pid)) continue
      live.push(fresh)
      const more = chance.yes(50)
        ? { oom_score_adj: chance.below(2001) - 1000, cgroup: '/web', cpu: chance.below(4) }
        : {}
      events.push({ t: at, op: 'spawn', pid: fresh.pid, comm: chance.one(NAMES), ...more })
      continue
    }
    events.push({ t: at, ...oneOf(task, chance, live) })
  }
  return events
}

function oneOf(task: Live, chance: Chance, live: Live[]): WrittenEvent {
  const { pid, regions } = task
  const kind = chance.below(12)
  const file = chance.one(FILES)
  if (kind === 0) return { op: 'cgroup', cgroup: '/web', set: { 'memory.max': chance.below(2 ** 30), x: 'max' } }
  if (kind === 1) return { op: 'sysctl', set: { 'vm.swappiness': chance.below(200) } }
  if (kind === 2 && chance.yes(20)) {
    live.splice(live.indexOf(task), 1)
    return { op: 'exit', pid }
  }
  if (kind === 3) return { op: 'fsync', pid, file }
  if (kind < 7) return { op: chance.one(['read', 'write']), pid, file, ...range(chance, 2 ** 31), ...readahead(chance) }
  if (regions.size === 0 || (kind === 7 && regions.size < NAMES.length)) {
    const region = chance.one(NAMES.filter((name) => !regions.has(name)))
    const pages = 1 + chance.below(chance.one([1, 1000, 2 ** 31 - 1]))
    regions.set(region, pages)
    const type = chance.one(['anon', 'file', 'shmem'])
    return { op: 'mmap', pid, region, kind: type, pages, ...(type === 'file' ? { file, ...readahead(chance) } : {}) }
  }
  const region = chance.one([...regions.keys()])
  const pages = regions.get(region) as number
  if (kind === 8 && chance.yes(30)) {
    regions.delete(region)
    return { op: 'munmap', pid, region }
  }
  if (kind === 9) return { op: chance.one(['mlock', 'munlock']), pid, region, ...span(chance, pages) }
  if (kind === 10) {
    const advice = chance.one(['dontneed', 'free', 'cold', 'pageout'])
    return { op: 'madvise', pid, region, ...span(chance, pages), advice }
  }
  return { op: 'touch', pid, region, ...range(chance, pages), ...(chance.yes(40) ? { write: true } : {}) }
}

function readahead(chance: Chance): WrittenEvent {
  return chance.yes(50) ? { readahead: true } : {}
}

function span(chance: Chance, pages: number): WrittenEvent {
  const start = chance.below(pages)
  return { start, count: chance.below(pages - start + 1) }
}

function range(chance: Chance, pages: number): WrittenEvent {
  if (chance.yes(50)) return span(chance, pages)
  return { pages: Array.from({ length: chance.below(40) }, () => chance.below(pages)) }
}

export const HEADER = {
  trace: 'allocation/1',
  page_size: 4096,
  machine: { memory_mb: 64 },
  note: 'größe, "q"',
} as const

/** The header and the events as NDJSON. */
export function ndjson(events: readonly WrittenEvent[]): string {
  return [HEADER, ...events].map((value) => `${JSON.stringify(value)}\n`).join('')
}

/** NDJSON of a trace with `min` to `max` events. */
export function traces(min: number, max: number): fc.Arbitrary<string> {
  const number = fc.integer({ min: 0, max: 2 ** 31 - 1 }).map((n) => n / 2 ** 31)
  return fc
    .tuple(fc.integer({ min, max }), fc.array(number, { minLength: 50, maxLength: 400 }))
    .map(([length, numbers]) => ndjson(makeEvents(length, numbers)))
}
