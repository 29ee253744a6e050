import { describe, expect, it } from 'vitest'
import { samplePasses } from '../../src/ingest/series/sample-passes.js'

const N = 9001

describe('passes over all samples', () => {
  const [kswapd, direct, steal] = [3, 5, 7].map((k) =>
    Float64Array.from({ length: N }, (_, i) => (i % (40 * k) === k ? Number.NaN : (i * k) % 1000)),
  )

  it('are not begun for a few', () => {
    expect(samplePasses(100)).toBeUndefined()
  })

  it('take a number off', () => {
    const values = kswapd.slice(0, 333)
    samplePasses(N)?.shift(values, 40_000.5)
    expect([...values]).toEqual([...kswapd.subarray(0, 333)].map((value) => value - 40_000.5))
  })

  it('add up what is known of all three columns', () => {
    const totals = samplePasses(N)?.totals([kswapd, direct, steal], N, 100, 1e6)
    const expected = { kswapd: 0, direct: 0, scanned: 0, stolen: 0, beyond: false }
    for (let i = 0; i < N; i++) {
      if (Number.isNaN(kswapd[i] + direct[i] + steal[i])) continue
      expected.kswapd += kswapd[i]
      expected.direct += direct[i]
      expected.scanned += kswapd[i] + direct[i]
      expected.stolen += steal[i]
    }
    expect(totals).toEqual(expected)
  })

  it.each([0, 4097, N - 1])('find the one sample beyond, %i', (at) => {
    const [scanned, none, stolen] = [200, 0, 204].map((value) => new Float64Array(N).fill(value))
    const passes = samplePasses(N)
    expect(passes?.totals([scanned, none, stolen], N, 100, 1.02).beyond).toBe(false)
    stolen[at] = 204.01
    expect(passes?.totals([scanned, none, stolen], N, 100, 1.02).beyond).toBe(true)
    expect(passes?.totals([scanned, none, stolen], N, 201, 1.02).beyond).toBe(false)
  })
})
