/** Arithmetic of reclaim, swap and writeback, against figures worked out apart from this code (kernel model, appendix B). */

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { highDelayJiffies } from '../../src/mm/memcg-charge.js'
import { fractWeights, inactiveIsLow, inactiveRatio, intSqrt, scanBalance } from '../../src/mm/scan-balance.js'
import { swapinNrPages } from '../../src/mm/swap-readahead.js'
import { dirtyLimits, dirtyPollInterval } from '../../src/mm/writeback.js'

describe('balance of anonymous and file pages (B2)', () => {
  test.each([
    [60, 0, 0, 60, 140],
    [60, 1000, 0, 89, 419],
    [60, 0, 1000, 179, 209],
    [60, 500, 1500, 143, 239],
    [100, 1000, 1000, 199, 199],
    [0, 0, 0, 0, 200],
    [200, 0, 0, 200, 0],
  ])('swappiness %i, costs %i and %i: %i to %i', (swappiness, anonCost, fileCost, ap, fp) => {
    expect(fractWeights(swappiness, anonCost, fileCost)).toEqual({ ap, fp })
  })

  // Of 100000 pages, at priority 12 (100000 ≫ 12 = 24) and 8 (390).
  test.each([
    [12, 60, 0, 0, 7, 16],
    [12, 60, 1000, 0, 4, 19],
    [8, 60, 0, 0, 117, 273],
    [8, 60, 0, 1000, 179, 210],
  ])('priority %i, swappiness %i, costs %i and %i: scan %i and %i', (priority, s, a, f, anon, file) => {
    const { ap, fp } = fractWeights(s, a, f)
    const base = 100000 >> priority
    expect(Math.floor((base * ap) / (ap + fp))).toBe(anon)
    expect(Math.floor((base * fp) / (ap + fp))).toBe(file)
  })

  // The model's bounds: with s = 60 the share lies between 17.6 % and 46.2 %; with s = 100 between a third and two thirds.
  test.each([
    [60, 0.176, 0.462],
    [100, 1 / 3, 2 / 3],
  ])('whatever the costs, swappiness %i keeps the anonymous share between %f and %f', (s, low, high) => {
    fc.assert(
      fc.property(fc.nat(1e6), fc.nat(1e6), (a, f) => {
        const { ap, fp } = fractWeights(s, a, f)
        expect(ap / (ap + fp)).toBeGreaterThan(low - 0.01)
        expect(ap / (ap + fp)).toBeLessThan(high + 0.01)
      }),
    )
  })

  test('which balance: the first that applies', () => {
    const usual = {
      maySwap: true,
      anonReclaimable: true,
      limitReclaim: false,
      swappiness: 60,
      priority: 12,
      fileIsTiny: false,
      cacheTrimMode: false,
    }
    expect(scanBalance(usual)).toBe('fract')
    expect(scanBalance({ ...usual, cacheTrimMode: true })).toBe('file')
    expect(scanBalance({ ...usual, cacheTrimMode: true, fileIsTiny: true })).toBe('anon')
    expect(scanBalance({ ...usual, fileIsTiny: true, priority: 0 })).toBe('equal')
    expect(scanBalance({ ...usual, fileIsTiny: true, priority: 0, swappiness: 0 })).toBe('anon')
    expect(scanBalance({ ...usual, limitReclaim: true, swappiness: 0, priority: 0 })).toBe('file')
    // Swappiness 0 does not keep global reclaim off anonymous pages by itself: the weights do.
    expect(scanBalance({ ...usual, swappiness: 0 })).toBe('fract')
    expect(scanBalance({ ...usual, priority: 0, fileIsTiny: true, anonReclaimable: false })).toBe('file')
    expect(scanBalance({ ...usual, priority: 0, maySwap: false })).toBe('file')
  })
})

describe('inactive against active (B3)', () => {
  test.each([
    [100000, 1],
    [262143, 1],
    [262144, 3],
    [524288, 4],
    [1048576, 6],
    [2621440, 10],
    [26214400, 31],
  ])('%i pages: 1 to %i', (pages, ratio) => {
    expect(inactiveRatio(pages)).toBe(ratio)
  })

  test('low means strictly less', () => {
    expect(inactiveIsLow(500, 500)).toBe(false)
    expect(inactiveIsLow(499, 500)).toBe(true)
    // 262144 pages together, ratio 3: 65536 · 3 = 196608.
    expect(inactiveIsLow(65536, 196608)).toBe(false)
    expect(inactiveIsLow(65535, 196609)).toBe(true)
    expect(inactiveIsLow(0, 0)).toBe(false)
  })

  test('int_sqrt rounds down', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2 ** 31 }), (x) => {
        const r = intSqrt(x)
        expect(r * r).toBeLessThanOrEqual(x)
        expect((r + 1) * (r + 1)).toBeGreaterThan(x)
      }),
    )
  })
})

describe('sleep for exceeding memory.high (B4)', () => {
  // high = 25600 pages, a batch of 64: jiffies at 250 Hz, milliseconds at 1000 Hz.
  test.each([
    [25600, 0, 0],
    [25856, 1, 6],
    [26112, 6, 25],
    [26880, 39, 159],
    [28160, 159, 639],
    [30208, 500, 2000],
    [60000, 500, 2000],
  ])('usage %i', (usage, at250, at1000) => {
    expect(highDelayJiffies(usage, 25600, 64, 250)).toBe(at250)
    expect(highDelayJiffies(usage, 25600, 64, 1000)).toBe(at1000)
  })

  test('in proportion to the pages charged', () => {
    // 26880: ((1280·2^20/25600)² · 250) ≫ 34 = 52428² · 250 ≫ 34 = 39; · 128 / 64.
    expect(highDelayJiffies(26880, 25600, 128, 250)).toBe(78)
    expect(highDelayJiffies(26880, 25600, 32, 250)).toBe(19)
  })
})

describe('swap readahead (B6)', () => {
  test.each([
    [0, false, 0, 1],
    [0, true, 0, 2],
    [1, false, 0, 4],
    [2, true, 0, 4],
    [3, false, 0, 8],
    [40, false, 0, 8],
    [0, false, 8, 4],
    [0, true, 8, 4],
    [0, false, 4, 2],
    [1, false, 8, 4],
  ])('%i hits, adjacent %s, after a window of %i: %i', (hits, adjacent, previous, pages) => {
    expect(swapinNrPages(hits, adjacent, 8, previous)).toBe(pages)
  })

  test('never more than the largest window', () => {
    expect(swapinNrPages(9, true, 2, 0)).toBe(2)
    expect(swapinNrPages(2, false, 2, 2)).toBe(2)
  })
})

describe('dirty limits (B7)', () => {
  const limits = (o: object) =>
    dirtyLimits(1_000_000, { ratio: 20, bytes: 0, backgroundRatio: 10, backgroundBytes: 0, ...o })

  test('ratios go by 4096ths', () => {
    const { threshold, background } = limits({})
    expect([threshold, background]).toEqual([199951, 99853])
    expect(Math.floor((threshold + background) / 2)).toBe(149902)
  })

  test('bytes are rounded up to pages; a background at or above the threshold is halved', () => {
    expect(limits({ bytes: 4097 * 1000 }).threshold).toBe(1001)
    expect(limits({ bytes: 4096 * 1000 }).background).toBe(500)
    expect(limits({ backgroundRatio: 20 }).background).toBe(Math.floor(199951 / 2))
    expect(limits({ backgroundBytes: 8192 }).background).toBe(2)
  })

  test.each([
    [1000, 16],
    [10000, 64],
    [100000, 256],
  ])('%i pages below the threshold: a look after %i more', (room, pages) => {
    expect(dirtyPollInterval(5, 5 + room)).toBe(pages)
  })

  test('over the threshold every page counts', () => {
    expect(dirtyPollInterval(100, 100)).toBe(1)
    expect(dirtyPollInterval(200, 100)).toBe(1)
  })
})
