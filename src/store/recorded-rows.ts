import { SERIES_COUNTERS, SERIES_LEVELS, type SeriesBatch, type SeriesColumn } from '../trace/series.js'
import type { Cell } from './cells.js'
import type { Layout } from './row-buffer.js'

export type SeriesCounter = (typeof SERIES_COUNTERS)[number]

/** Columns as the file said them, for those that were repaired; rows as in the batch. */
export type RawColumns = Partial<Record<SeriesCounter, Float64Array>>

const VALUES: readonly SeriesColumn[] = [...SERIES_COUNTERS, ...SERIES_LEVELS]

const RECORDED_COLUMNS = [
  'run_id',
  'seq',
  'segment',
  't',
  'dt',
  'line',
  ...VALUES,
  ...SERIES_COUNTERS.map((name) => `raw_${name}`),
]

const cell = (value: number | undefined): Cell => (value === undefined || Number.isNaN(value) ? null : value)

/**
 * Rows of one batch; the layout's record is the row's index in it. A raw value is kept only where it differs from the
 * repaired one.
 */
export interface RecordedRows {
  read(batch: SeriesBatch, raw?: RawColumns): void
  layout: Layout<number>
}

export function recordedRows(): RecordedRows {
  let batch: SeriesBatch
  let values: (Float64Array | undefined)[] = []
  let raws: (Float64Array | undefined)[] = []
  return {
    read(next, raw = {}) {
      batch = next
      const column = new Map(next.columns.map((name, c) => [name, next.values[c]]))
      values = VALUES.map((name) => column.get(name))
      raws = SERIES_COUNTERS.map((name) => raw[name])
    },
    layout: {
      table: 'recorded_interval',
      columns: RECORDED_COLUMNS,
      append(out, owner, seq, i) {
        const line = batch.line[i]
        out.push(owner, seq, batch.segment[i], batch.t[i], batch.dt[i], line > 0 ? line : null)
        for (const v of values) out.put(cell(v?.[i]))
        raws.forEach((r, c) => {
          const recorded = cell(r?.[i])
          out.put(recorded === cell(values[c]?.[i]) ? null : recorded)
        })
      },
    },
  }
}
