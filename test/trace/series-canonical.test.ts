import { describe, expect, it } from 'vitest'
import { SeriesWriter } from '../../src/ingest/series-write.js'
import type { SeriesBatch, SeriesMeta } from '../../src/trace/series.js'
import { failure, seriesOf } from '../ingest/helpers.js'

const META: SeriesMeta = { file: 'x', format: 'sadf-j', host: 'web1', cpus: 4, startEpoch: 1_600_000_000 }
const BATCH: SeriesBatch = {
  columns: ['pgscan_kswapd', 'nr_free_pages'],
  length: 3,
  t: Float64Array.of(10, 20, 50.5),
  dt: Float64Array.of(10, 10, 10.25),
  segment: Int32Array.of(0, 0, 1),
  line: Float64Array.of(3, 4, 5),
  values: [Float64Array.of(1.5, Number.NaN, 3), Float64Array.of(100, 200, Number.NaN)],
}

function written(form: 'ndjson' | 'csv', meta = META, batch = BATCH): string {
  const writer = new SeriesWriter(form, meta)
  return [...writer.add(batch), ...writer.finish()].join('')
}

describe('counter series', () => {
  it.each(['ndjson', 'csv'] as const)('come back from %s', async (form) => {
    const series = await seriesOf(written(form))
    expect(series.meta).toEqual({ file: 'input', format: `series-${form}`, host: 'web1', cpus: 4, startEpoch: 1.6e9 })
    expect(series.t).toEqual([10, 20, 50.5])
    expect(series.dt).toEqual([10, 10, 10.25])
    expect(series.segment).toEqual([0, 0, 1])
    expect(series.columns).toEqual({
      pgscan_kswapd: [1.5, Number.NaN, 3],
      nr_free_pages: [100, 200, Number.NaN],
    })
    expect(series.issues).toEqual([])
  })

  it('keep the machine that a recording describes, as NDJSON', async () => {
    const machine = { zones: [{ node: 0 }] }
    expect((await seriesOf(written('ndjson', { ...META, machine }))).meta.machine).toEqual(machine)
  })

  it('report where time is missing', async () => {
    const gap = { ...BATCH, segment: Int32Array.of(0, 0, 0) }
    const { issues } = await seriesOf(written('csv', META, gap))
    expect(issues.map(({ code, line }) => ({ code, line }))).toEqual([{ code: 'gap', line: 5 }])
  })
})

describe('a canonical series that is broken', () => {
  const header = '{"series":"counters/1"}'
  it.each([
    [`${header}\n{"t":1,"dt":1}\n{"t":1,"dt":1}`, 'input:3: time goes backwards (expected t above 1, found "1")'],
    [`${header}\n{"t":1}`, 'input:2: a sample without a time'],
    [`${header}\n{"t":1,"dt":1,"pgfree":"x"}`, 'input:2: "pgfree" is not a number'],
    [`${header}\n{"t":1,`, 'input:2: not valid JSON'],
    [`${header}\n{"t":1,"dt":1,"segment":1}\n{"t":2,"dt":1,"segment":0}`, 'input:3: "segment" goes backwards'],
    ['{"series":"counters/9"}\n{"t":1,"dt":1}', 'input:1: a series of a version that is not known'],
    [`${header}\n`, 'input: a series without samples'],
    [`# ${header}\nt,dt,segment,pgfree\n1,1,0`, 'input:3: row has 3 cells'],
    [`# ${header}\nt,dt,segment,pgfree\n1,1,0,x`, 'input:3: "pgfree" is not a number'],
  ])('%j', async (text, message) => {
    expect((await failure(seriesOf(text))).message).toContain(message)
  })

  it('names a column that nobody knows', async () => {
    const { issues } = await seriesOf(`${header}\n{"t":1,"dt":1,"segment":0,"speed":3}`)
    expect(issues.map((issue) => issue.message)).toEqual(['a column "speed" is not known and was left out'])
  })
})
