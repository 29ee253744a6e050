/** A {@link CounterSeries} over any reader that puts samples into a {@link SampleStore}. */

import type { CounterSeries, InputIssue, SeriesBatch, SeriesColumn, SeriesMeta } from '../../trace/series.js'
import type { IssueList } from './issue-list.js'
import { fillIntervals, medianInterval, repair } from './repair.js'
import type { SampleStore } from './sample-store.js'

/** Reads an input into a store, pausing now and then so that what is complete can be handed on. */
export interface SampleReader {
  readonly meta: SeriesMeta
  readonly issues: IssueList
  readonly store: SampleStore
  /** Runs to the end of the input. @throws InputError */
  read(): AsyncIterable<void>
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
  private origin = Number.NaN

  constructor(private readonly reader: SampleReader) {
    this.meta = reader.meta
    this.issues = reader.issues.items
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
    fillIntervals(store, medianInterval(store), issues)
    if (Number.isNaN(this.origin)) this.origin = store.end[0] - store.dt[0]
    const raw = repair(store, n, meta, issues)
    const columns = [...store.columns.keys()]
    for (let from = 0; from < n; from += BATCH) {
      const to = Math.min(from + BATCH, n)
      yield {
        columns,
        length: to - from,
        t: store.end.slice(from, to).map((end) => end - this.origin),
        dt: store.dt.slice(from, to),
        segment: store.segment.slice(from, to),
        line: store.line.slice(from, to),
        values: columns.map((c) => (store.columns.get(c) as Float64Array).slice(from, to)),
        raw: new Map([...raw].map(([c, values]) => [c, values.slice(from, to)])),
      }
    }
    store.drop(n)
  }
}
