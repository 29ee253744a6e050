/** Puts events into a batch: one short method for each kind of event that the reconstruction makes. */

import { ADVICE, ADVICE_SHIFT, EVENT_READAHEAD, EVENT_WRITE, EventBatch, OP, type RegionKind } from '../trace/events.js'

/** Serial of a process, a region or a file in the trace. */
export type Serial = number

export class EventWriter {
  readonly batch = new EventBatch(8192)
  /** Time of the events to come, seconds. */
  t = 0
  /** Line of the recording that they come from. */
  line = 1
  private tasks = 0
  private regions = 0
  private readonly files: string[] = []

  /** The next slot may not fit into this batch any more. */
  get due(): boolean {
    return this.batch.length >= 4096 || this.batch.pagesLength >= 1 << 17
  }

  clear(): void {
    this.batch.clear()
    this.batch.fileNames = this.files
  }

  file(name: string): Serial {
    const known = this.files.indexOf(name)
    return known >= 0 ? known : this.files.push(name) - 1
  }

  spawn(pid: number, comm: string): Serial {
    const task = this.tasks++
    const i = this.put(OP.spawn, task, -1, 0, 0, 0)
    this.batch.detail.set(i, { op: 'spawn', pid, comm, oom_score_adj: 0 })
    return task
  }

  exit(task: Serial): void {
    this.put(OP.exit, task, -1, 0, 0, 0)
  }

  mmap(task: Serial, region: string, kind: RegionKind, pages: number, file?: Serial): Serial {
    const serial = this.regions++
    const i = this.put(OP.mmap, task, serial, file ?? 0, pages, 0)
    const name = file === undefined ? undefined : this.files[file]
    this.batch.detail.set(i, { op: 'mmap', region, kind, pages, file: name, readahead: false })
    return serial
  }

  touch(task: Serial, region: Serial, start: number, count: number, write: boolean): void {
    if (count > 0) this.put(OP.touch, task, region, start, count, write ? EVENT_WRITE : 0)
  }

  /** Touches, or reads, of single pages; an empty list makes no event. */
  list(
    op: typeof OP.touch | typeof OP.read,
    task: Serial,
    object: Serial,
    pages: readonly number[],
    write = false,
  ): void {
    if (pages.length === 0) return
    const i = this.put(op, task, object, 0, pages.length, write ? EVENT_WRITE : 0)
    const at = this.batch.reservePages(pages.length)
    this.batch.pages.set(pages, at)
    this.batch.list[i] = at
  }

  read(task: Serial, file: Serial, start: number, count: number, readahead: boolean): void {
    if (count > 0) this.put(OP.read, task, file, start, count, readahead ? EVENT_READAHEAD : 0)
  }

  write(task: Serial, file: Serial, start: number, count: number): void {
    if (count > 0) this.put(OP.write, task, file, start, count, 0)
  }

  fsync(task: Serial, file: Serial): void {
    this.put(OP.fsync, task, file, 0, 0, 0)
  }

  /** MADV_DONTNEED: the pages go, the region stays. */
  drop(task: Serial, region: Serial, start: number, count: number): void {
    if (count > 0) this.put(OP.madvise, task, region, start, count, ADVICE.dontneed << ADVICE_SHIFT)
  }

  private put(op: number, task: Serial, object: Serial, start: number, count: number, flags: number): number {
    const b = this.batch
    const i = b.length++
    b.t[i] = this.t
    b.op[i] = op
    b.task[i] = task
    b.object[i] = object
    b.start[i] = start
    b.count[i] = count
    b.list[i] = -1
    b.flags[i] = flags
    b.line[i] = this.line
    return i
  }
}
