/** A counter series gathered in memory, as the demand reconstruction needs it: by column, all intervals at hand. */

import type { CounterSeries, InputIssue, SeriesBatch, SeriesColumn, SeriesMeta } from '../trace/series.js'

/** Intervals of a recording as columns; a day of one-second samples is some 20 MB. */
export interface SeriesSamples {
  readonly meta: SeriesMeta
  readonly issues: readonly InputIssue[]
  /** Number of intervals. */
  readonly length: number
  /** End of each interval, seconds since the start of the first. */
  readonly t: Float64Array
  /** Length of each interval, seconds. */
  readonly dt: Float64Array
  /** Grows where the host was restarted. */
  readonly segment: Int32Array
  /** Line of the recording. */
  readonly line: Float64Array
  readonly columns: ReadonlyMap<SeriesColumn, Float64Array>
}

/** Reads a series to its end. @throws InputError where the recording is broken */
export async function collect(series: CounterSeries): Promise<SeriesSamples> {
  const gathered = new Gathered()
  for await (const batch of series.batches()) gathered.add(batch)
  return { meta: series.meta, issues: series.issues, ...gathered.columns() }
}

class Gathered {
  private length = 0
  private size = 256
  private t = new Float64Array(this.size)
  private dt = new Float64Array(this.size)
  private segment = new Int32Array(this.size)
  private line = new Float64Array(this.size)
  private readonly values = new Map<SeriesColumn, Float64Array>()

  add(batch: SeriesBatch): void {
    while (this.length + batch.length > this.size) this.grow()
    const at = this.length
    this.t.set(batch.t.subarray(0, batch.length), at)
    this.dt.set(batch.dt.subarray(0, batch.length), at)
    this.segment.set(batch.segment.subarray(0, batch.length), at)
    this.line.set(batch.line.subarray(0, batch.length), at)
    batch.columns.forEach((column, c) => {
      let into = this.values.get(column)
      if (!into) {
        into = new Float64Array(this.size).fill(Number.NaN)
        this.values.set(column, into)
      }
      into.set(batch.values[c].subarray(0, batch.length), at)
    })
    this.length += batch.length
  }

  columns(): Omit<SeriesSamples, 'meta' | 'issues'> {
    const n = this.length
    return {
      length: n,
      t: this.t.subarray(0, n),
      dt: this.dt.subarray(0, n),
      segment: this.segment.subarray(0, n),
      line: this.line.subarray(0, n),
      columns: new Map([...this.values].map(([name, v]) => [name, v.subarray(0, n)])),
    }
  }

  private grow(): void {
    this.size *= 2
    const wider = (old: Float64Array) => {
      const fresh = new Float64Array(this.size).fill(Number.NaN)
      fresh.set(old)
      return fresh
    }
    this.t = wider(this.t)
    this.dt = wider(this.dt)
    this.line = wider(this.line)
    const segment = new Int32Array(this.size)
    segment.set(this.segment)
    this.segment = segment
    for (const [name, v] of this.values) this.values.set(name, wider(v))
  }
}

/** A column with gaps as zeros; undefined where no interval has a value. */
export function counts(samples: SeriesSamples, column: SeriesColumn): Float64Array | undefined {
  const values = samples.columns.get(column)
  if (!values?.some((v) => Number.isFinite(v))) return undefined
  return values.map((v) => (Number.isFinite(v) && v > 0 ? v : 0))
}

/** A level with gaps filled by the value before (the first value for the beginning); undefined where there is none. */
export function levels(samples: SeriesSamples, column: SeriesColumn): Float64Array | undefined {
  const values = samples.columns.get(column)
  let last = values?.find((v) => Number.isFinite(v))
  if (!values || last === undefined) return undefined
  return values.map((v) => {
    if (Number.isFinite(v)) last = v
    return last as number
  })
}

/** Whether the host was restarted right before an interval. */
export function restarted(samples: SeriesSamples, i: number): boolean {
  return i > 0 && samples.segment[i] !== samples.segment[i - 1]
}

/** Seed of everything drawn by lot: a digest of the recorded numbers, so that the same recording gives the same trace. */
export function contentSeed(samples: SeriesSamples): number {
  let h = 0x811c9dc5
  const add = (values: Float64Array): void => {
    const copy = Float64Array.from(values)
    for (const word of new Uint32Array(copy.buffer)) h = Math.imul(h ^ word, 0x01000193)
  }
  add(samples.t)
  for (const name of [...samples.columns.keys()].sort()) add(samples.columns.get(name) as Float64Array)
  return h >>> 0
}
