/** Several recordings of one host, one after another, as one series. */

import { InputError } from '../../base/errors.js'
import type { CounterSeries, InputIssue, SeriesMeta } from '../../trace/series.js'
import type { RecordedBatch, RecordedSeries } from './recorded-series.js'

/** A recording to be joined: opened only when its turn comes, so that only one is held at a time. */
export interface Part {
  /** As the user named it. */
  readonly file: string
  open(): Promise<RecordedSeries>
}

const DAY = 86_400

export class JoinedSeries implements CounterSeries {
  readonly kind = 'series'
  readonly issues: InputIssue[] = []
  private end = 0
  private segments = 0
  /** Seconds of the day, and kernel, at the end of what was handed on. */
  private endClock = Number.NaN
  private kernel: string | undefined
  private startClock_ = Number.NaN

  /** @param meta of the first part; completed while reading */
  constructor(
    readonly meta: SeriesMeta,
    private readonly parts: readonly Part[],
  ) {}

  /** See {@link RecordedSeries.startClock}. */
  get startClock(): number {
    return this.startClock_
  }

  async *batches(): AsyncGenerator<RecordedBatch> {
    for (const [i, part] of this.parts.entries()) {
      const series = await part.open()
      yield* this.part(series, i === 0)
      this.issues.push(...series.issues)
    }
  }

  private async *part(series: RecordedSeries, first: boolean): AsyncGenerator<RecordedBatch> {
    let shift = Number.NaN
    let segments = this.segments
    let overlap = 0
    for await (const batch of series.batches()) {
      if (Number.isNaN(shift)) {
        shift = first ? this.begin(series) : this.offset(series, batch.dt[0])
        if (!first && this.goesOn(series, shift, batch.dt[0])) segments--
        this.checkHost(series)
      }
      const before = overlap
      const kept = first ? batch : withoutOverlap(batch, this.end - shift)
      overlap += batch.length - kept.length
      if (overlap > before && kept.length === 0) continue
      for (let k = 0; k < kept.length; k++) {
        kept.t[k] += shift
        kept.segment[k] += segments
      }
      this.end = kept.t[kept.length - 1]
      this.segments = kept.segment[kept.length - 1] + 1
      yield kept
    }
    this.endClock = (series.startClock + (this.end - shift)) % DAY
    this.kernel = series.meta.kernel
    if (overlap === 0) return
    const message = `${overlap} samples are in the file before as well`
    this.issues.push({ file: series.meta.file, code: 'overlap', message, action: 'dropped' })
  }

  private begin(series: RecordedSeries): number {
    Object.assign(this.meta, series.meta, {
      file: this.parts.length > 1 ? this.parts.map((p) => p.file).join(' ') : series.meta.file,
    })
    this.startClock_ = series.startClock
    return 0
  }

  /** Where the start of `series` lies on the scale of the first part. */
  private offset(series: RecordedSeries, dt: number): number {
    const { startEpoch } = series.meta
    if (startEpoch !== undefined && this.meta.startEpoch !== undefined) {
      const offset = startEpoch - this.meta.startEpoch
      if (offset < 0) throw this.disorder(series)
      return offset
    }
    // Without dates a file begins at the next time of the day that its clock shows; without clocks right away.
    const ahead = (((series.startClock - this.endClock) % DAY) + DAY) % DAY
    if (Number.isNaN(ahead)) return this.end
    // A day's first record is often the last one of the day before, too.
    return this.end + (ahead > DAY - 2 * dt ? ahead - DAY : ahead)
  }

  /** Whether a part continues the segment before: the same kernel, and no more than an interval between. */
  private goesOn(series: RecordedSeries, shift: number, dt: number): boolean {
    const gap = shift - this.end
    if (gap <= 1.5 * dt && series.meta.kernel === this.kernel) return true
    const message = `${Math.round(gap)} s between this file and the one before`
    this.issues.push({ file: series.meta.file, code: 'gap', message, action: 'kept' })
    return false
  }

  private checkHost(series: RecordedSeries): void {
    const { host } = series.meta
    if (host === undefined || this.meta.host === undefined || host === this.meta.host) return
    throw new InputError('files of two hosts', {
      file: series.meta.file,
      expected: `host ${this.meta.host}`,
      found: host,
      code: 'TM_INPUT_VALUE',
    })
  }

  private disorder(series: RecordedSeries): InputError {
    return new InputError('this file begins before the first one', {
      file: series.meta.file,
      expected: 'files in the order of their times',
      code: 'TM_INPUT_VALUE',
    })
  }
}

/** The samples that end after `end`. */
function withoutOverlap(batch: RecordedBatch, end: number): RecordedBatch {
  let from = 0
  while (from < batch.length && batch.t[from] <= end) from++
  return from === 0 ? batch : sliceBatch(batch, from, batch.length)
}

/** Samples `[from, to)` of a batch, as a batch of its own. */
export function sliceBatch(batch: RecordedBatch, from: number, to: number): RecordedBatch {
  return {
    columns: batch.columns,
    length: to - from,
    t: batch.t.slice(from, to),
    dt: batch.dt.slice(from, to),
    segment: batch.segment.slice(from, to),
    line: batch.line.slice(from, to),
    values: batch.values.map((values) => values.slice(from, to)),
    raw: new Map([...batch.raw].map(([column, values]) => [column, values.slice(from, to)])),
  }
}
