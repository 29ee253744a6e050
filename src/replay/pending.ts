/**
 * Events a process has not come to yet: a queue of columns, grown as needed and used again and again, so that an event
 * costs no object.
 */
import type { EventBatch, EventDetail } from '../trace/events.js'

export class PendingEvents {
  private capacity = 64
  private head = 0
  length = 0
  /** Page numbers waiting, over all queued events. */
  pagesWaiting = 0
  private t = new Float64Array(this.capacity)
  private op = new Uint8Array(this.capacity)
  private object = new Int32Array(this.capacity)
  private start = new Float64Array(this.capacity)
  private count = new Int32Array(this.capacity)
  private flags = new Uint8Array(this.capacity)
  private line = new Float64Array(this.capacity)
  /** Where the event's page numbers begin in `pool`, −1 for a range. */
  private list = new Int32Array(this.capacity)
  private pool = new Uint32Array(256)
  private poolEnd = 0
  private detail: (EventDetail | undefined)[] = new Array(this.capacity).fill(undefined)

  push(b: EventBatch, i: number): void {
    if (this.length === this.capacity) this.grow()
    const at = (this.head + this.length) & (this.capacity - 1)
    this.t[at] = b.t[i]
    this.op[at] = b.op[i]
    this.object[at] = b.object[i]
    this.start[at] = b.start[i]
    this.count[at] = b.count[i]
    this.flags[at] = b.flags[i]
    this.line[at] = b.lineOf(i)
    this.list[at] = b.list[i] < 0 ? -1 : this.keepPages(b.pages, b.list[i], b.count[i])
    this.detail[at] = b.detail.size > 0 ? b.detail.get(i) : undefined
    this.length++
  }

  /** The first event, copied into `into`. The queue must not be empty. */
  peek(into: Event): Event {
    const at = this.head
    into.t = this.t[at]
    into.op = this.op[at]
    into.object = this.object[at]
    into.start = this.start[at]
    into.count = this.count[at]
    into.flags = this.flags[at]
    into.line = this.line[at]
    into.list = this.list[at] < 0 ? null : this.pool
    into.listStart = this.list[at]
    into.detail = this.detail[at]
    return into
  }

  shift(): void {
    const at = this.head
    if (this.list[at] >= 0) this.pagesWaiting -= this.count[at]
    this.detail[at] = undefined
    this.head = (at + 1) & (this.capacity - 1)
    if (--this.length === 0) this.poolEnd = 0
  }

  clear(): void {
    while (this.length > 0) this.shift()
  }

  /** Copies page numbers to the end of the pool. An event being worked on keeps the pool it began with. */
  private keepPages(from: Uint32Array, start: number, n: number): number {
    if (this.poolEnd + n > this.pool.length) {
      let size = this.pool.length
      while (size < 2 * (this.pagesWaiting + n)) size *= 2
      const pool = new Uint32Array(size)
      const live = this.poolEnd - this.pagesWaiting
      pool.set(this.pool.subarray(live, this.poolEnd))
      for (let k = 0; k < this.length; k++) {
        const at = (this.head + k) & (this.capacity - 1)
        if (this.list[at] >= 0) this.list[at] -= live
      }
      this.pool = pool
      this.poolEnd = this.pagesWaiting
    }
    const at = this.poolEnd
    const { pool } = this
    if (n > 16) pool.set(from.subarray(start, start + n), at)
    else for (let k = 0; k < n; k++) pool[at + k] = from[start + k]
    this.poolEnd = at + n
    this.pagesWaiting += n
    return at
  }

  private grow(): void {
    const { capacity, head } = this
    const size = capacity * 2
    const rotate = <T extends Float64Array | Uint8Array | Int32Array>(old: T, fresh: T): T => {
      fresh.set(old.subarray(head) as never)
      fresh.set(old.subarray(0, head) as never, capacity - head)
      return fresh
    }
    this.t = rotate(this.t, new Float64Array(size))
    this.op = rotate(this.op, new Uint8Array(size))
    this.object = rotate(this.object, new Int32Array(size))
    this.start = rotate(this.start, new Float64Array(size))
    this.count = rotate(this.count, new Int32Array(size))
    this.flags = rotate(this.flags, new Uint8Array(size))
    this.line = rotate(this.line, new Float64Array(size))
    this.list = rotate(this.list, new Int32Array(size))
    this.detail = [...this.detail.slice(head), ...this.detail.slice(0, head), ...new Array(capacity).fill(undefined)]
    this.head = 0
    this.capacity = size
  }
}

/** One event taken out of the columns; one object a process, filled again for each event. */
export class Event {
  t = 0
  op = 0
  object = -1
  start = 0
  count = 0
  flags = 0
  line = 0
  /** Explicit page numbers: `list[listStart … listStart + count)`; null for the range from `start`. */
  list: Uint32Array | null = null
  listStart = 0
  detail: EventDetail | undefined = undefined
}
