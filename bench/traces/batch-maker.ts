/** Fills event batches the way a reader of traces does, for traces that are made up. */

import {
  ADVICE,
  ADVICE_SHIFT,
  type AdviceName,
  EventBatch,
  OP,
  type OpCode,
  type RegionKind,
} from '../../src/trace/events.js'

export class BatchMaker {
  readonly batch = new EventBatch()
  /** Seconds; whoever makes the events moves it on. */
  t = 0
  private tasks = 0
  private regions = 0
  private events = 0
  private readonly files: string[] = []

  /** @returns serial of the process */
  spawn(comm: string): number {
    const task = this.tasks++
    const detail = { op: 'spawn', pid: task + 1, comm, oom_score_adj: 0 } as const
    this.batch.detail.set(this.add(OP.spawn, task, -1, 0, 0, 0), detail)
    return task
  }

  /** @returns serial of the region */
  mmap(task: number, kind: RegionKind, pages: number, file?: number): number {
    const region = this.regions++
    const i = this.add(OP.mmap, task, region, file ?? 0, pages, 0)
    const named = file === undefined ? {} : { file: this.files[file] }
    this.batch.detail.set(i, { op: 'mmap', region: `r${region}`, kind, pages, readahead: false, ...named })
    return region
  }

  /** @returns serial of the file */
  file(name: string): number {
    this.batch.fileNames = this.files
    return this.files.push(name) - 1
  }

  span(op: OpCode, task: number, object: number, start: number, count: number, flags = 0): void {
    this.add(op, task, object, start, count, flags)
  }

  list(op: OpCode, task: number, object: number, pages: Uint32Array, flags = 0): void {
    const i = this.add(op, task, object, 0, pages.length, flags)
    const at = this.batch.reservePages(pages.length)
    this.batch.pages.set(pages, at)
    this.batch.list[i] = at
  }

  madvise(task: number, region: number, start: number, count: number, advice: AdviceName): void {
    this.add(OP.madvise, task, region, start, count, ADVICE[advice] << ADVICE_SHIFT)
  }

  private add(op: OpCode, task: number, object: number, start: number, count: number, flags: number): number {
    const { batch } = this
    const i = batch.length++
    batch.t[i] = this.t
    batch.op[i] = op
    batch.task[i] = task
    batch.object[i] = object
    batch.start[i] = start
    batch.count[i] = count
    batch.list[i] = -1
    batch.flags[i] = flags
    batch.line[i] = ++this.events
    return i
  }
}

/** Events that may be added between two looks at the batch. */
const ROOM = 32

/** Hands the batch on where it is about full, or in any case at the end, and empties it. */
export function* drain(maker: BatchMaker, end = false): Iterable<EventBatch> {
  const { batch } = maker
  const full = batch.full || batch.length > batch.capacity - ROOM
  if (!full && !(end && batch.length > 0)) return
  yield batch
  batch.clear()
}
