/** Which pages are in a sample. */

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { PageSample } from '../../../src/replay/sampling/page-sample.js'

const arbEvery = fc.constantFrom(2, 4, 16, 64, 1024)
const arbSample = fc.tuple(arbEvery, fc.nat()).map(([every, seed]) => new PageSample(every, seed))
const arbName = fc.oneof(fc.nat(100_000), fc.string())

describe('a sample of pages', () => {
  test('has exactly one page of each block', () => {
    fc.assert(
      fc.property(arbSample, arbName, fc.nat(1 << 20), (sample, name, block) => {
        const key = sample.key(name)
        expect(sample.before(key, block * sample.every)).toBe(block)
        let kept = 0
        for (let page = block * sample.every; page < (block + 1) * sample.every; page++) {
          kept += sample.before(key, page + 1) - sample.before(key, page)
        }
        expect(kept).toBe(1)
      }),
      { numRuns: 50 },
    )
  })

  test('is the same for ranges and for lists', () => {
    fc.assert(
      fc.property(arbSample, arbName, fc.uniqueArray(fc.nat(1 << 22), { maxLength: 200 }), (sample, name, pages) => {
        const key = sample.key(name)
        const into = new Uint32Array(pages.length + 3)
        const n = sample.list(key, Uint32Array.of(7, ...pages), 1, pages.length, into, 3)
        const expected = pages.filter((p) => sample.before(key, p + 1) > sample.before(key, p))
        expect([...into.subarray(3, 3 + n)]).toEqual(expected.map((p) => sample.before(key, p)))
      }),
    )
  })

  test('counts pages beyond 2^32, and none twice', () => {
    const sample = new PageSample(64, 1)
    const key = sample.key('huge')
    const start = 2 ** 33
    expect(sample.before(key, start)).toBe(start / 64)
    expect(sample.before(key, start + 640) - sample.before(key, start)).toBe(10)
  })

  test('of many small objects is as large as the rate says', () => {
    const sample = new PageSample(16, 5)
    const sizes = Array.from({ length: 20_000 }, (_, i) => 1 + (i % 15))
    const kept = sizes.reduce((sum, pages, i) => sum + sample.before(sample.key(i), pages), 0)
    const expected = sizes.reduce((a, b) => a + b, 0) / 16
    expect(Math.abs(kept / expected - 1)).toBeLessThan(0.03)
  })

  test('is another one for another seed, and for another object', () => {
    const kept = (seed: number, name: string): string => {
      const sample = new PageSample(64, seed)
      const key = sample.key(name)
      return Array.from({ length: 640 }, (_, p) => sample.before(key, p)).join()
    }
    expect(new Set([kept(0, 'a'), kept(1, 'a'), kept(0, 'b'), kept(1, 'b')]).size).toBe(4)
    expect(kept(3, 'a')).toBe(kept(3, 'a'))
  })
})
