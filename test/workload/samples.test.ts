import { describe, expect, it } from 'vitest'
import type { CounterSeries, SeriesBatch, SeriesColumn } from '../../src/trace/series.js'
import { collect, contentSeed, counts, levels } from '../../src/workload/samples.js'
import { samplesOf } from './helpers.js'

/** A series in batches of the given rows; what a batch hands out is overwritten by the next one. */
function seriesOf(batches: { columns: SeriesColumn[]; rows: number[][] }[]): CounterSeries {
  return {
    kind: 'series',
    meta: { file: 'made.txt', format: 'sar-text' },
    issues: [],
    async *batches() {
      const t = new Float64Array(1000)
      let n = 0
      for (const { columns, rows } of batches) {
        rows.forEach((_, i) => {
          t[i] = ++n
        })
        const batch: SeriesBatch = {
          columns,
          length: rows.length,
          t,
          dt: new Float64Array(1000).fill(1),
          segment: new Int32Array(1000),
          line: t,
          values: columns.map((_, c) => Float64Array.from(rows, (r) => r[c])),
        }
        yield batch
      }
    },
  }
}

describe('collect', () => {
  it('joins batches, also where a column comes late or stays away', async () => {
    const samples = await collect(
      seriesOf([
        { columns: ['pgpgin'], rows: [[1], [2]] },
        { columns: ['pgpgin', 'pgfree'], rows: [[3, 30]] },
        { columns: ['pgfree'], rows: [[40]] },
      ]),
    )
    expect(samples.length).toBe(4)
    expect([...samples.t]).toEqual([1, 2, 3, 4])
    expect([...(samples.columns.get('pgpgin') ?? [])]).toEqual([1, 2, 3, Number.NaN])
    expect([...(samples.columns.get('pgfree') ?? [])]).toEqual([Number.NaN, Number.NaN, 30, 40])
  })

  it('takes as many samples as there are', async () => {
    const rows = Array.from({ length: 900 }, (_, i) => [i])
    const samples = await collect(
      seriesOf([
        { columns: ['pgpgin'], rows },
        { columns: ['pgpgin'], rows },
      ]),
    )
    expect(samples.length).toBe(1800)
    expect(samples.t[1799]).toBe(1800)
    expect(samples.columns.get('pgpgin')?.[1799]).toBe(899)
    expect(await collect(seriesOf([]))).toMatchObject({ length: 0 })
  })
})

describe('columns', () => {
  const samples = samplesOf({ pgfree: [Number.NaN, 2, -1], nr_free_pages: [Number.NaN, 7, Number.NaN, 9], cached: [] })

  it('counts gaps and negative counts as nothing', () => {
    expect([...(counts(samples, 'pgfree') ?? [])]).toEqual([0, 2, 0, 0])
    expect(counts(samples, 'cached')).toBeUndefined()
    expect(counts(samples, 'pgpgin')).toBeUndefined()
  })

  it('keeps a level until the next one is known', () => {
    expect([...(levels(samples, 'nr_free_pages') ?? [])]).toEqual([7, 7, 7, 9])
    expect(levels(samples, 'cached')).toBeUndefined()
  })

  it('seeds by content, in whatever order the columns came', () => {
    const a = samplesOf({ pgpgin: [1, 2], pgfree: [3, 4] })
    expect(contentSeed(a)).toBe(contentSeed(samplesOf({ pgfree: [3, 4], pgpgin: [1, 2] })))
    expect(contentSeed(a)).not.toBe(contentSeed(samplesOf({ pgpgin: [1, 2], pgfree: [3, 5] })))
  })
})
