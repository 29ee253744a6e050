/** The events of a trace, less those that concern pages outside of a sample. */

import { EventBatch, type EventDetail, OP } from '../../trace/events.js'
import type { PageSample } from './page-sample.js'
import { scaledCgroup, scaledSysctl } from './scale-settings.js'

export class EventSampler {
  /** Sizes of the files in the sample, by name; filled as the trace mentions them. */
  readonly files: Record<string, number> = {}
  /** Events and page accesses of the whole trace so far, and those of them that were handed on. */
  readonly all = { events: 0, pageEvents: 0 }
  readonly kept = { events: 0, pageEvents: 0 }
  private out = new EventBatch()
  private readonly fileKeys: number[] = []
  private readonly regionKeys: number[] = []

  /** @param sizes name → pages of files, read when a file is first mentioned */
  constructor(
    private readonly sample: PageSample,
    private readonly sizes: Readonly<Record<string, number>>,
  ) {}

  /** The part of a batch that is in the sample. The same batch object is handed out again and again. */
  take(batch: EventBatch): EventBatch {
    if (this.out.capacity < batch.length) this.out = new EventBatch(batch.capacity)
    const { out } = this
    out.clear()
    out.fileNames = batch.fileNames
    this.noteFiles(batch.fileNames)
    for (let i = 0; i < batch.length; i++) this.event(batch, i, out)
    this.all.events += batch.length
    this.kept.events += out.length
    return out
  }

  private event(batch: EventBatch, i: number, out: EventBatch): void {
    const op = batch.op[i]
    const object = batch.object[i]
    if (op === OP.touch) this.access(batch, i, out, this.regionKeys[object])
    else if (op === OP.read || op === OP.write) this.access(batch, i, out, this.fileKeys[object])
    else if (op === OP.madvise || op === OP.mlock || op === OP.munlock)
      this.pages(batch, i, out, this.regionKeys[object])
    else if (op === OP.mmap) this.mmap(batch, i, out)
    else {
      const at = copy(batch, i, out)
      const detail = batch.detail.get(i)
      if (detail) out.detail.set(at, scaledDetail(detail, this.sample.every))
    }
  }

  private access(batch: EventBatch, i: number, out: EventBatch, key: number): void {
    this.all.pageEvents += batch.count[i]
    this.kept.pageEvents += this.pages(batch, i, out, key)
  }

  /**
   * An event on a range or list of pages; nothing of it where none of them is in the sample.
   * @returns how many are
   */
  private pages(batch: EventBatch, i: number, out: EventBatch, key: number): number {
    const { sample } = this
    const count = batch.count[i]
    const list = batch.list[i]
    let start = 0
    let to = -1
    let kept: number
    if (list >= 0) {
      to = out.reservePages(count)
      kept = sample.list(key, batch.pages, list, count, out.pages, to)
      out.pagesLength = to + kept
    } else {
      start = sample.before(key, batch.start[i])
      kept = sample.before(key, batch.start[i] + count) - start
    }
    if (kept === 0) return 0
    const at = copy(batch, i, out)
    out.start[at] = start
    out.list[at] = to
    out.count[at] = kept
    return kept
  }

  /** The detail keeps the size that was asked for: overcommit accounting judges by it. */
  private mmap(batch: EventBatch, i: number, out: EventBatch): void {
    const detail = batch.detail.get(i)
    if (detail?.op !== 'mmap') return
    const key = detail.kind === 'file' ? this.fileKeys[batch.start[i]] : this.sample.key(batch.object[i])
    this.regionKeys[batch.object[i]] = key
    const at = copy(batch, i, out)
    out.count[at] = this.sample.before(key, detail.pages)
    out.detail.set(at, detail)
  }

  private noteFiles(names: readonly string[]): void {
    for (let serial = this.fileKeys.length; serial < names.length; serial++) {
      const name = names[serial]
      const key = this.sample.key(name)
      this.fileKeys.push(key)
      if (this.sizes[name] !== undefined) this.files[name] = this.sample.before(key, this.sizes[name])
    }
  }
}

/** Appends the fixed columns of an event. @returns its position */
function copy(from: EventBatch, i: number, to: EventBatch): number {
  const at = to.length++
  to.t[at] = from.t[i]
  to.op[at] = from.op[i]
  to.task[at] = from.task[i]
  to.object[at] = from.object[i]
  to.start[at] = from.start[i]
  to.count[at] = from.count[i]
  to.list[at] = -1
  to.flags[at] = from.flags[i]
  to.line[at] = from.lineOf(i)
  return at
}

function scaledDetail(detail: EventDetail, every: number): EventDetail {
  if (detail.op === 'cgroup') return { ...detail, set: scaledCgroup(detail.set, every) }
  if (detail.op === 'sysctl') return { ...detail, set: scaledSysctl(detail.set, every) }
  return detail
}
