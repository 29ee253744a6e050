/**
 * Allocation traces as they flow through tidemark: events in columnar batches.
 *
 * One {@link EventBatch} holds up to a few thousand events as parallel typed arrays (struct of arrays), so that neither
 * a decoder nor the replay allocates anything per event. Events are in trace order, `t` never decreases.
 *
 * References are resolved where a trace is read, not where it is replayed: a reader turns names into the dense serials
 * below and refuses an event that names a process, region or page that does not exist. So the replay can trust them.
 */

/** What an event does. Stable numbers: they stand in `.tmk` files. */
export const OP = {
  cgroup: 0,
  sysctl: 1,
  spawn: 2,
  exit: 3,
  mmap: 4,
  munmap: 5,
  touch: 6,
  read: 7,
  write: 8,
  madvise: 9,
  mlock: 10,
  munlock: 11,
  fsync: 12,
} as const

export type OpName = keyof typeof OP
export type OpCode = (typeof OP)[OpName]
export const OP_NAMES = Object.keys(OP) as OpName[]

/** Bits of {@link EventBatch.flags}. */
export const EVENT_WRITE = 1
/** `readahead: true`: the file is read with the kernel's readahead instead of one page at a time. */
export const EVENT_READAHEAD = 2

/** Advice of a `madvise` event, in {@link EventBatch.flags} (shifted by {@link ADVICE_SHIFT}). */
export const ADVICE = { dontneed: 0, free: 1, cold: 2, pageout: 3 } as const
export type AdviceName = keyof typeof ADVICE
export const ADVICE_SHIFT = 4

export type RegionKind = 'anon' | 'file' | 'shmem'

/** Payload of the rare events, in {@link EventBatch.detail}. */
export type EventDetail =
  | { op: 'cgroup'; cgroup: string; set: Record<string, number | string> }
  | { op: 'sysctl'; set: Record<string, number | string> }
  | { op: 'spawn'; pid: number; comm: string; oom_score_adj: number; cgroup?: string; cpu?: number }
  | { op: 'mmap'; region: string; kind: RegionKind; pages: number; file?: string; readahead: boolean }

/** First line of an allocation trace. */
export interface TraceHeader {
  trace: 'allocation/1'
  /** Bytes; 4096 unless the header says otherwise. */
  page_size: number
  /** The machine the trace asks for, in the trace's own short form (`memory_mb`, `swap_mb`, `sysctl`, `files`, …). */
  machine?: Record<string, unknown>
  note?: string
}

/**
 * A batch of events.
 *
 * | column   | meaning |
 * |---|---|
 * | `t`      | seconds since the start of the trace, never decreasing |
 * | `op`     | one of {@link OP} |
 * | `task`   | serial of the process: 0, 1, 2 … in order of `spawn` events (a pid used again gets a new serial); −1 for `cgroup` and `sysctl` |
 * | `object` | `mmap` and everything on a region: serial of the region in order of `mmap` events; `read`, `write`, `fsync`: serial of the file in order of first mention; `cgroup`, `sysctl`, `spawn`: −1 |
 * | `start`, `count` | page range of touch, read, write, madvise, mlock, munlock (`count` pages also when a list is used; `mmap`: `count` = pages) |
 * | `list`   | −1: the range `[start, start + count)`; else the offset in `pages` of `count` explicit page numbers |
 * | `flags`  | {@link EVENT_WRITE}, {@link EVENT_READAHEAD}, advice |
 * | `line`   | 1-based line of the input (ordinal of the event where the input has no lines) |
 * | `detail` | payload of cgroup, sysctl, spawn and mmap events, by position in the batch |
 *
 * For a `mmap` of kind `file` the serial of the mapped file stands in `start`.
 */
export class EventBatch {
  length = 0
  // What is not readonly may be replaced by memory of the reader, which then need not copy.
  t: Float64Array
  readonly op: Uint8Array
  readonly task: Int32Array
  readonly object: Int32Array
  start: Float64Array
  readonly count: Int32Array
  readonly list: Int32Array
  readonly flags: Uint8Array
  /**
   * Line of the first event, where those of the others follow: then the column is filled only if somebody asks for it.
   * −1: it is filled.
   */
  firstLine = -1
  readonly detail = new Map<number, EventDetail>()
  /** Names of files by their serial; grows as the trace mentions them. */
  fileNames: readonly string[] = []
  /** Pool of explicit page numbers; grows by doubling, is reused from batch to batch. */
  pages: Uint32Array
  pagesLength = 0
  private readonly lines: Float64Array

  constructor(readonly capacity = 4096) {
    this.t = new Float64Array(capacity)
    this.op = new Uint8Array(capacity)
    this.task = new Int32Array(capacity)
    this.object = new Int32Array(capacity)
    this.start = new Float64Array(capacity)
    this.count = new Int32Array(capacity)
    this.list = new Int32Array(capacity)
    this.flags = new Uint8Array(capacity)
    this.lines = new Float64Array(capacity)
    this.pages = new Uint32Array(capacity * 4)
  }

  clear(): void {
    this.length = 0
    this.pagesLength = 0
    this.firstLine = -1
    this.detail.clear()
  }

  /** The column of lines. One event's is cheaper from {@link lineOf}. */
  get line(): Float64Array {
    const { lines } = this
    if (this.firstLine >= 0) {
      for (let i = 0; i < this.length; i++) lines[i] = this.firstLine + i
      this.firstLine = -1
    }
    return lines
  }

  /** `line[i]`, without filling the column. */
  lineOf(i: number): number {
    return this.firstLine >= 0 ? this.firstLine + i : this.lines[i]
  }

  get full(): boolean {
    return this.length >= this.capacity || this.pagesLength >= 1 << 18
  }

  /** Room for `n` more page numbers; returns the offset of the first. */
  reservePages(n: number): number {
    const at = this.pagesLength
    if (at + n > this.pages.length) {
      let size = this.pages.length * 2
      while (size < at + n) size *= 2
      const grown = new Uint32Array(size)
      grown.set(this.pages.subarray(0, at))
      this.pages = grown
    }
    this.pagesLength = at + n
    return at
  }
}

/** A trace that has been opened and recognised: its header is known, its events are still to come. */
export interface AllocationTrace {
  readonly kind: 'allocation'
  readonly header: TraceHeader
  /**
   * The events, in order. The same batch object is handed out again and again: use it before asking for the next, and
   * write nothing into it, since what is the same in the next stays there.
   * @throws InputError at the first line that is broken
   */
  batches(): AsyncIterable<EventBatch>
}
