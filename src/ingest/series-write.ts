/** Counter series in tidemark's own forms, written: see series-canonical.ts. */

import { SERIES_COUNTERS, SERIES_LEVELS, type SeriesBatch, type SeriesMeta } from '../trace/series.js'

export const SERIES_FORMS = ['ndjson', 'csv'] as const
export type SeriesForm = (typeof SERIES_FORMS)[number]

/** Characters given at once: a part a row costs more on its way than the row. */
const PART = 1024
const COLUMNS = [...SERIES_COUNTERS, ...SERIES_LEVELS]

/** Gives a written series part by part: whole lines, some at a time. */
export class SeriesWriter {
  private begun = false

  constructor(
    private readonly form: SeriesForm,
    /** Looked at when the first batch is written; much of it is only known then. */
    private readonly meta: SeriesMeta,
  ) {}

  *add(batch: SeriesBatch): Generator<string> {
    yield* this.begin()
    // Where each column of the form stands in the batch; undefined where the recording has none.
    const values = COLUMNS.map((column) => batch.values[batch.columns.indexOf(column)])
    let text = ''
    for (let i = 0; i < batch.length; i++) {
      text += this.form === 'csv' ? csvRow(batch, values, i) : ndjsonLine(batch, i)
      if (text.length < PART) continue
      yield text
      text = ''
    }
    if (text !== '') yield text
  }

  *finish(): Generator<string> {
    yield* this.begin()
  }

  private *begin(): Generator<string> {
    if (this.begun) return
    this.begun = true
    const { host, kernel, tool, cpus, startEpoch, machine, format } = this.meta
    const header = {
      series: 'counters/1',
      host,
      kernel,
      tool,
      cpus,
      start_epoch: startEpoch,
      recorded_as: format,
      machine,
    }
    const json = JSON.stringify(header)
    // A line in CSV is read within the first 64 KiB, and a described machine may be longer.
    if (this.form === 'ndjson') yield `${json}\n`
    else yield `# ${JSON.stringify({ ...header, machine: undefined })}\nt,dt,segment,${COLUMNS.join(',')}\n`
  }
}

function ndjsonLine(batch: SeriesBatch, i: number): string {
  const sample: Record<string, number> = { t: batch.t[i], dt: batch.dt[i], segment: batch.segment[i] }
  batch.columns.forEach((column, c) => {
    const value = batch.values[c][i]
    if (!Number.isNaN(value)) sample[column] = value
  })
  return `${JSON.stringify(sample)}\n`
}

function csvRow(batch: SeriesBatch, values: readonly (Float64Array | undefined)[], i: number): string {
  let row = `${batch.t[i]},${batch.dt[i]},${batch.segment[i]}`
  for (const column of values) {
    const value = column === undefined ? Number.NaN : column[i]
    row += Number.isNaN(value) ? ',' : `,${value}`
  }
  return `${row}\n`
}
