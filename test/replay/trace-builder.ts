/** Builds allocation traces in memory, in the words of the trace format; references are resolved as a reader would. */

import {
  ADVICE,
  ADVICE_SHIFT,
  type AdviceName,
  EVENT_READAHEAD,
  EVENT_WRITE,
  EventBatch,
  OP,
  type OpName,
  type RegionKind,
} from '../../src/trace/events.js'

/** A range `[start, count]`, or page numbers. */
export type Pages = { start: number; count: number } | { pages: number[] }

export type TestEvent = { t: number } & (
  | { op: 'cgroup'; cgroup: string; set: Record<string, number | string> }
  | { op: 'sysctl'; set: Record<string, number | string> }
  | { op: 'spawn'; pid: number; comm?: string; oom_score_adj?: number; cgroup?: string; cpu?: number }
  | { op: 'exit'; pid: number }
  | { op: 'mmap'; pid: number; region: string; kind: RegionKind; pages: number; file?: string; readahead?: boolean }
  | { op: 'munmap'; pid: number; region: string }
  | ({ op: 'touch'; pid: number; region: string; write: boolean } & Pages)
  | ({ op: 'read'; pid: number; file: string; readahead?: boolean } & Pages)
  | ({ op: 'write'; pid: number; file: string } & Pages)
  | { op: 'madvise'; pid: number; region: string; start: number; count: number; advice: AdviceName }
  | { op: 'mlock' | 'munlock'; pid: number; region: string; start: number; count: number }
  | { op: 'fsync'; pid: number; file: string }
)

/** An event whose time is settled later. */
export type UntimedEvent = TestEvent extends infer E ? (E extends TestEvent ? Omit<E, 't'> : never) : never

/** Resolves names to serials, as far as the events seen go. */
export class TraceBuilder {
  private readonly tasks = new Map<number, number>()
  private readonly regions = new Map<string, number>()
  private readonly files: string[] = []
  private nextTask = 0
  private nextRegion = 0
  private line = 1

  /** A batch with this one event. */
  batch(e: TestEvent): EventBatch {
    const b = new EventBatch(1)
    b.fileNames = this.files
    b.length = 1
    b.t[0] = e.t
    b.op[0] = OP[e.op as OpName]
    b.task[0] = -1
    b.object[0] = -1
    b.list[0] = -1
    b.line[0] = this.line++
    switch (e.op) {
      case 'cgroup':
        b.detail.set(0, { op: 'cgroup', cgroup: e.cgroup, set: e.set })
        return b
      case 'sysctl':
        b.detail.set(0, { op: 'sysctl', set: e.set })
        return b
      case 'spawn': {
        const { pid, cgroup, cpu } = e
        b.task[0] = this.nextTask
        this.tasks.set(pid, this.nextTask++)
        const adj = e.oom_score_adj ?? 0
        b.detail.set(0, { op: 'spawn', pid, comm: e.comm ?? `p${pid}`, oom_score_adj: adj, cgroup, cpu })
        return b
      }
    }
    b.task[0] = this.tasks.get(e.pid) as number
    if (e.op === 'mmap') {
      b.object[0] = this.nextRegion
      this.regions.set(`${e.pid} ${e.region}`, this.nextRegion++)
      b.count[0] = e.pages
      if (e.file !== undefined) b.start[0] = this.file(e.file)
      const { region, kind, pages, file } = e
      b.detail.set(0, { op: 'mmap', region, kind, pages, file, readahead: e.readahead ?? false })
    } else if ('region' in e) b.object[0] = this.regions.get(`${e.pid} ${e.region}`) as number
    else if ('file' in e) b.object[0] = this.file(e.file)
    if ('count' in e) {
      b.start[0] = e.start
      b.count[0] = e.count
    } else if ('pages' in e && Array.isArray(e.pages)) {
      b.list[0] = b.reservePages(e.pages.length)
      b.pages.set(e.pages, b.list[0])
      b.count[0] = e.pages.length
    }
    if ('write' in e && e.write) b.flags[0] |= EVENT_WRITE
    if (e.op === 'read' && e.readahead) b.flags[0] |= EVENT_READAHEAD
    if (e.op === 'madvise') b.flags[0] |= ADVICE[e.advice] << ADVICE_SHIFT
    return b
  }

  private file(name: string): number {
    const at = this.files.indexOf(name)
    return at >= 0 ? at : this.files.push(name) - 1
  }
}
