/** `--from` and `--to`: a part of a recording. */

import { UsageError } from '../../base/errors.js'
import type { CounterSeries, InputIssue, SeriesMeta } from '../../trace/series.js'
import { stampSeconds } from '../sysstat/stamp.js'
import { sliceBatch } from './join.js'
import type { RecordedBatch } from './recorded-series.js'

/** A moment of a recording: seconds from its start, a time of the day on its first day, or a date and time. */
export type Moment =
  | { readonly kind: 'offset'; readonly seconds: number }
  | { readonly kind: 'clock'; readonly seconds: number }
  | { readonly kind: 'epoch'; readonly seconds: number }

/**
 * Reads what a user writes: `90`, `+90`, `15m`, `2h` from the start; `14:30`, `14:30:05`; `2024-05-31 14:30:05`;
 * `@1717165805`.
 * @throws UsageError for anything else
 */
export function parseMoment(text: string, option: string): Moment {
  const value = text.trim()
  const offset = /^\+?(\d+(?:\.\d+)?)(s|m|h|d)?$/.exec(value)
  if (offset !== null) {
    const unit = { s: 1, m: 60, h: 3600, d: 86_400 }[offset[2] ?? 's'] as number
    return { kind: 'offset', seconds: Number(offset[1]) * unit }
  }
  const clock = /^(\d{1,2}):(\d{2})(?::(\d{2}))?$/.exec(value)
  if (clock !== null && Number(clock[1]) < 24 && Number(clock[2]) < 60) {
    return { kind: 'clock', seconds: Number(clock[1]) * 3600 + Number(clock[2]) * 60 + Number(clock[3] ?? 0) }
  }
  const epoch = /^@(\d+(?:\.\d+)?)$/.exec(value)
  if (epoch !== null) return { kind: 'epoch', seconds: Number(epoch[1]) }
  const date = /^\d{4}-\d{2}-\d{2}$/.test(value)
    ? `${value} 00:00:00`
    : /^\d{4}-\d{2}-\d{2}[ T]\d{2}:\d{2}$/.test(value)
      ? `${value}:00`
      : value
  const seconds = stampSeconds(date)
  if (!Number.isNaN(seconds) && date.includes('-')) return { kind: 'epoch', seconds }
  throw new UsageError(
    `${option}: not a time: ${JSON.stringify(text)}`,
    'Give seconds from the start (90, 15m, 2h), a time of the day (14:30), a date and time (2024-05-31 14:30) or @epoch.',
  )
}

/** A series that may know which time of the day its first interval begins at. */
type ClockedSeries = CounterSeries & { readonly startClock?: number }

export interface Cut {
  readonly from?: Moment
  readonly to?: Moment
}

/**
 * The intervals of a series that lie between two moments, whole ones only. Times count from the first that is kept.
 * @throws UsageError while reading, where the recording has no dates or no clock and the cut needs one
 */
export function cutSeries(series: ClockedSeries, cut: Cut): CounterSeries {
  if (cut.from === undefined && cut.to === undefined) return series
  return new CutSeries(series, cut)
}

class CutSeries implements CounterSeries {
  readonly kind = 'series'
  readonly meta: SeriesMeta
  readonly issues: InputIssue[]

  constructor(
    private readonly series: ClockedSeries,
    private readonly cut: Cut,
  ) {
    this.meta = series.meta
    this.issues = series.issues
  }

  async *batches(): AsyncGenerator<RecordedBatch> {
    let from = Number.NaN
    let to = Number.NaN
    let start = Number.NaN
    let firstSegment = 0
    for await (const batch of this.series.batches() as AsyncIterable<RecordedBatch>) {
      if (Number.isNaN(from)) {
        from = this.seconds(this.cut.from, 0, Number.NEGATIVE_INFINITY)
        to = this.seconds(this.cut.to, from === Number.NEGATIVE_INFINITY ? 0 : from, Number.POSITIVE_INFINITY)
      }
      let a = 0
      while (a < batch.length && batch.t[a] - batch.dt[a] < from - 1e-6) a++
      let b = a
      while (b < batch.length && batch.t[b] <= to + 1e-6) b++
      if (b > a) {
        const kept = sliceBatch(batch, a, b)
        if (Number.isNaN(start)) {
          start = kept.t[0] - kept.dt[0]
          firstSegment = kept.segment[0]
          if (this.meta.startEpoch !== undefined) this.meta.startEpoch += start
        }
        for (let i = 0; i < kept.length; i++) {
          kept.t[i] -= start
          kept.segment[i] -= firstSegment
        }
        yield kept
      }
      if (b < batch.length && batch.t[b] > to) return
    }
  }

  /** A moment as seconds from the start of the series; a clock time is the first one at or after `after`. */
  private seconds(moment: Moment | undefined, after: number, otherwise: number): number {
    if (moment === undefined) return otherwise
    if (moment.kind === 'offset') return moment.seconds
    const { file, startEpoch } = this.meta
    if (moment.kind === 'epoch') {
      if (startEpoch === undefined)
        throw new UsageError(
          `${file}: this recording has no dates`,
          'Cut by seconds from its start or by a time of the day.',
        )
      return moment.seconds - startEpoch
    }
    const clock = this.series.startClock ?? Number.NaN
    if (Number.isNaN(clock))
      throw new UsageError(`${file}: this recording has no clock`, 'Cut by seconds from its start: --from 600.')
    let seconds = moment.seconds - clock
    while (seconds < after) seconds += 86_400
    return seconds
  }
}
