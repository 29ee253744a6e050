import { resolveMachine } from '../../src/machine/resolve.js'
import type { ReplaySink } from '../../src/replay/records.js'
import { type AllocationTrace, OP } from '../../src/trace/events.js'
import type { SeriesColumn } from '../../src/trace/series.js'
import type { SeriesSamples } from '../../src/workload/samples.js'

/** Samples of equal intervals; columns that are shorter than the longest go on with NaN. */
export function samplesOf(
  columns: Partial<Record<SeriesColumn, readonly number[]>>,
  options: { dt?: number; segment?: readonly number[] } = {},
): SeriesSamples {
  const { dt = 1, segment } = options
  const n = Math.max(0, ...Object.values(columns).map((v) => v.length))
  const filled = (values: readonly number[]) => Float64Array.from({ length: n }, (_, i) => values[i] ?? Number.NaN)
  return {
    meta: { file: 'made.txt', format: 'sar-text' },
    issues: [],
    length: n,
    t: Float64Array.from({ length: n }, (_, i) => (i + 1) * dt),
    dt: new Float64Array(n).fill(dt),
    segment: Int32Array.from({ length: n }, (_, i) => segment?.[i] ?? 0),
    line: Float64Array.from({ length: n }, (_, i) => i + 4),
    columns: new Map(Object.entries(columns).map(([name, v]) => [name as SeriesColumn, filled(v)])),
  }
}

export const machine = (memory = '256M', swap = '256M', set: Record<string, string> = {}) =>
  resolveMachine({ options: { memory, swap }, set })

export const nowhere: ReplaySink = {
  interval() {},
  zoneInterval() {},
  oom() {},
  stall() {},
  kswapdCycle() {},
  refusedMmap() {},
}

/** What a trace does in all, and a digest of every event. Throws where an event could not have been read from a file. */
export interface TraceSums {
  events: number
  /** Pages read first, by the process `reader`; read again by others. */
  fresh: number
  again: number
  written: number
  /** Pages touched beyond all pages touched in the region before. */
  firstTouches: Record<string, number>
  dropped: Record<string, number>
  comms: string[]
  last: number
  digest: number
}

export async function sum(trace: AllocationTrace, files: Record<string, number>): Promise<TraceSums> {
  const out: TraceSums = {
    events: 0,
    fresh: 0,
    again: 0,
    written: 0,
    firstTouches: {},
    dropped: {},
    comms: [],
    last: 0,
    digest: 0,
  }
  const live = new Map<number, string>()
  const regions: { name: string; pages: number; top: number; task: number }[] = []
  const add = (x: number): void => {
    out.digest = (Math.imul(out.digest ^ Math.trunc(x * 1e6), 0x01000193) ^ (x | 0)) >>> 0
  }
  for await (const b of trace.batches()) {
    for (let i = 0; i < b.length; i++) {
      out.events++
      if (b.t[i] < out.last) throw new Error(`time runs back: ${b.t[i]} after ${out.last}`)
      out.last = b.t[i]
      for (const x of [b.t[i], b.op[i], b.task[i], b.object[i], b.start[i], b.count[i], b.flags[i], b.line[i]]) add(x)
      const detail = b.detail.get(i)
      if (detail?.op === 'spawn') {
        if (live.has(b.task[i])) throw new Error('serial used twice')
        live.set(b.task[i], detail.comm)
        out.comms.push(detail.comm)
        continue
      }
      const comm = live.get(b.task[i])
      if (comm === undefined) throw new Error(`event of a process that is not there: ${b.op[i]}`)
      if (detail?.op === 'mmap')
        regions[b.object[i]] = { name: detail.region, pages: detail.pages, top: 0, task: b.task[i] }
      const start = b.start[i]
      const end = start + b.count[i]
      const listed = b.list[i] < 0 ? [] : [...b.pages.subarray(b.list[i], b.list[i] + b.count[i])]
      for (const page of listed) add(page)
      const reach = listed.length > 0 ? Math.max(...listed) + 1 : end
      if (b.op[i] === OP.touch || b.op[i] === OP.madvise) {
        const region = regions[b.object[i]]
        if (region.task !== b.task[i]) throw new Error('region of another process')
        if (reach > region.pages) throw new Error(`page ${reach - 1} of ${region.name}, which has ${region.pages}`)
        if (b.op[i] === OP.madvise) {
          if (end !== region.top) throw new Error('not dropped from the end')
          out.dropped[region.name] = (out.dropped[region.name] ?? 0) + b.count[i]
          region.top = start
        } else if (listed.length === 0 && end > region.top) {
          out.firstTouches[region.name] = (out.firstTouches[region.name] ?? 0) + end - region.top
          region.top = end
        } else if (reach > region.top) throw new Error('touched again before it was touched first')
      }
      if (b.op[i] === OP.read || b.op[i] === OP.write) {
        const name = b.fileNames[b.object[i]]
        if (reach > files[name]) throw new Error(`page ${reach - 1} of ${name}, which has ${files[name]}`)
        if (b.op[i] === OP.write) out.written += b.count[i]
        else if (comm === 'reader') out.fresh += b.count[i]
        else out.again += b.count[i]
      }
      if (b.op[i] === OP.exit) live.delete(b.task[i])
    }
  }
  return out
}

export const total = (values: Iterable<number>): number => [...values].reduce((a, b) => a + b, 0)
