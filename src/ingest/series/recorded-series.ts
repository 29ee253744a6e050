/** A {@link CounterSeries} over any reader that puts samples into a {@link SampleStore}. */

import {
  type CounterSeries,
  type InputIssue,
  SERIES_COUNTERS,
  type SeriesBatch,
  type SeriesColumn,
  type SeriesMeta,
} from '../../trace/series.js'
import type { IssueList } from './issue-list.js'
import { fillIntervals, medianInterval, type RecorderTraits, type RepairMemory, repair, reportGaps } from './repair.js'
import { samplePasses } from './sample-passes.js'
import type { SampleStore } from './sample-store.js'

/** Reads an input into a store, pausing now and then so that what is complete can be handed on. */
export interface SampleReader {
  readonly meta: SeriesMeta
  readonly issues: IssueList
  readonly store: SampleStore
  /** Times of the samples are seconds since midnight of the first day. */
  readonly clockScale?: boolean
  /** Seconds since 1970 of a time of the store; undefined where the recording has no date. */
  epochOf?(time: number): number | undefined
  /** What is known of the recorder by the time samples are handed on. */
  traits(): RecorderTraits
  /** Runs to the end of the input. @throws InputError */
  read(): AsyncIterable<void>
  /**
   * What the input holds as recorded, by the names that the tool uses: tables, rows, sums. Only where the options asked
   * for it, and only once the input is read.
   */
  report?(): Record<string, unknown>
}

/** Batches of a recording: as {@link SeriesBatch}, with the recorded values of the columns that were repaired. */
export interface RecordedBatch extends SeriesBatch {
  /** Values before the repair, for the columns that a repair changed. */
  readonly raw: ReadonlyMap<SeriesColumn, Float64Array>
}

/**
 * Samples held before the oldest are handed on. Two days of one-second samples fit, so that tables that follow one
 * another can be joined by time; more than that is streamed, in bounded memory.
 */
export const HELD_SAMPLES = 200_000
const BATCH = 4096

export class RecordedSeries implements CounterSeries {
  readonly kind = 'series'
  readonly meta: SeriesMeta
  readonly issues: InputIssue[]
  /** Start of the first interval on the recording's own scale: seconds of its first day, or since 1970. */
  origin = Number.NaN
  private readonly memory: RepairMemory = { countedTwice: false }
  private passes: ReturnType<typeof samplePasses>
  private recordedSegment = Number.NaN
  private givenSegment = -1

  constructor(private readonly reader: SampleReader) {
    this.meta = reader.meta
    this.issues = reader.issues.items
  }

  /**
   * Seconds of the day at the start of the first interval, by the clock of the recording; NaN where it tells none.
   * Known once the first batch is there.
   */
  get startClock(): number {
    if (this.reader.clockScale) return ((this.origin % 86_400) + 86_400) % 86_400
    return this.meta.startEpoch === undefined ? Number.NaN : this.meta.startEpoch % 86_400
  }

  /** What the reader reports of the input as recorded; see {@link SampleReader.report}. */
  report(): Record<string, unknown> {
    return this.reader.report?.() ?? {}
  }

  /** Whether a column counts events over the interval, rather than telling a level at its end. */
  isCounter(column: SeriesColumn): boolean {
    return (SERIES_COUNTERS as readonly string[]).includes(column)
  }

  /** Reads only until the first sample is there, so that `meta.startEpoch` is known. For looking ahead: once. */
  async *beginning(): AsyncGenerator<void> {
    const { store, meta, epochOf } = this.reader
    for await (const _ of this.reader.read()) {
      if (store.length === 0) continue
      const dt = store.dt[0]
      const start = store.end[0] - (Number.isNaN(dt) ? 0 : dt)
      if (epochOf !== undefined) meta.startEpoch = epochOf.call(this.reader, start)
      yield
      return
    }
  }

  async *batches(): AsyncGenerator<RecordedBatch> {
    const { store, issues } = this.reader
    for await (const _ of this.reader.read()) {
      if (store.length > HELD_SAMPLES) yield* this.handOn(HELD_SAMPLES / 2)
    }
    yield* this.handOn(store.length)
    issues.close()
  }

  private *handOn(n: number): Generator<RecordedBatch> {
    const { store, issues, meta } = this.reader
    if (n === 0) return
    store.sort()
    const traits = this.reader.traits()
    const median = medianInterval(store)
    reportGaps(store, n, median, traits, issues)
    fillIntervals(store, median, issues)
    if (Number.isNaN(this.origin)) {
      this.origin = store.end[0] - store.dt[0]
      if (this.reader.epochOf !== undefined) meta.startEpoch = this.reader.epochOf(this.origin)
    }
    this.passes = samplePasses(n)
    const raw = repair(store, n, meta, issues, traits, this.memory)
    const columns = [...store.columns.keys()]
    const all = n === store.length
    // What is left in the store moves to its front, and would do so under views of it.
    const part = (values: Float64Array, from: number, to: number): Float64Array =>
      all ? values.subarray(from, to) : values.slice(from, to)
    for (let from = 0; from < n; from += BATCH) {
      const to = Math.min(from + BATCH, n)
      yield {
        columns,
        length: to - from,
        segment: this.segmentsOf(from, to),
        t: this.times(part(store.end, from, to)),
        dt: part(store.dt, from, to),
        line: part(store.line, from, to),
        values: columns.map((c) => part(store.columns.get(c) as Float64Array, from, to)),
        raw: new Map([...raw].map(([c, values]) => [c, values.subarray(from, to)])),
      }
    }
    if (!all) store.drop(n)
  }

  /** Times from the origin on, in place. */
  private times(t: Float64Array): Float64Array {
    const { origin, passes } = this
    if (passes !== undefined) passes.shift(t, origin)
    else for (let i = 0; i < t.length; i++) t[i] -= origin
    return t
  }

  private segmentsOf(from: number, to: number): Int32Array {
    const { store } = this.reader
    const segments = store.segment.slice(from, to)
    // They only grow.
    if (!store.broken && segments[0] === segments[segments.length - 1])
      return segments.fill(this.segment(segments[0], 0))
    for (let i = 0; i < segments.length; i++) {
      const breaks = store.broken ? store.breaksBefore(store.end[from + i]) : 0
      segments[i] = this.segment(segments[i], breaks)
    }
    return segments
  }

  /** Segments are counted from 0, and only those that have samples. */
  private segment(recorded: number, breaks: number): number {
    const key = recorded * 65_536 + breaks
    if (key !== this.recordedSegment) {
      this.recordedSegment = key
      this.givenSegment++
    }
    return this.givenSegment
  }
}
