import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { checksum, LANES } from '../../src/trace/tmk/checksum.js'
import {
  type ColumnArray,
  columnBytes,
  decodeColumn,
  ENCODING,
  type EncodedColumn,
  encodeIntegers,
  encodeTimes,
} from '../../src/trace/tmk/columns.js'
import { PartBuffer } from '../../src/trace/tmk/part-buffer.js'
import { simdMemory } from '../../src/trace/tmk/part-simd.js'
import { exactQuotient, type Factors } from '../../src/trace/tmk/quotient.js'

describe('the checksum', () => {
  it('is the same by vector instructions', () => {
    const memory = simdMemory(1 << 16)
    expect(memory).toBeDefined()
    if (memory === undefined) return
    const words = new Int32Array(memory.buffer)
    fc.assert(
      fc.property(fc.array(fc.integer(), { maxLength: 300 }), fc.nat(31), (values, skip) => {
        const n = LANES * Math.ceil((values.length + 1) / LANES)
        words.fill(0, 0, n)
        words.set(values)
        const mine = Int32Array.from(words.subarray(0, n))
        expect(memory.checksum(n, skip)).toBe(checksum(mine, n, skip))
        expect(mine).toEqual(words.slice(0, n))
      }),
    )
  })

  it('goes on over the runs of a long part', () => {
    const memory = simdMemory(1 << 18)
    if (memory === undefined) return
    const words = new Int32Array(memory.buffer, 0, 1 << 16)
    for (let i = 0; i < words.length; i++) words[i] = Math.imul(i, 0x01234567)
    expect(checksum(Int32Array.from(words), words.length, 3)).toBe(memory.checksum(words.length, 3))
  })

  it('changes with every bit of a word, and with the order of words', () => {
    const words = Int32Array.from({ length: 128 }, (_, i) => i)
    const sum = checksum(words, 128, 15)
    for (const at of [0, 1, 14, 16, 127]) {
      for (let bit = 0; bit < 32; bit++) {
        words[at] ^= 1 << bit
        expect(checksum(words, 128, 15)).not.toBe(sum)
        words[at] ^= 1 << bit
      }
    }
    words[32] = 64
    words[64] = 32
    expect(checksum(words, 128, 15)).not.toBe(sum)
  })
})

describe('seconds by multiplication', () => {
  const limit = 2 ** 35
  const same = (x: number, d: number): void => {
    const { high, low } = exactQuotient(d, x, x) as Factors
    if (x * high + x * low !== x / d) throw new Error(`${x} / ${d}`)
  }

  it.each([1e3, 1e6])('are those of the division by %d', (d) => {
    for (let x = 0; x < 1e6; x++) same(x, d)
    fc.assert(
      fc.property(fc.integer({ min: 0, max: limit - 1 }), (x) => same(x, d)),
      { numRuns: 100_000 },
    )
  })

  it.each([1e3, 1e6])('are so where the quotient by %d is closest to a tie', (d) => {
    // With d = 2^k · m those x for which 2^s · x is 1 more or less than an odd multiple of m.
    let m = d
    while (m % 2 === 0) m /= 2
    let found = 0
    for (let s = 20; s < 70; s++) {
      const inverse = inverseOfPower(s, m)
      for (const rest of [inverse, m - inverse]) {
        for (let k = 0; k < 200; k++) {
          const x = rest + m * Math.floor((limit / m - 1) * 0.93 ** k)
          same(x, d)
          found++
        }
      }
    }
    expect(found).toBe(20_000)
  })

  it('are left to the division where they might differ', () => {
    expect(exactQuotient(1e6, 0, limit - 1)).toBeDefined()
    expect(exactQuotient(1e6, 0, limit)).toBeUndefined()
    expect(exactQuotient(1e6, -1, 1)).toBeUndefined()
    expect(exactQuotient(1e9, 0, 1)).toBeUndefined()
  })
})

/** y with 2^s · y ≡ 1 modulo m. */
function inverseOfPower(s: number, m: number): number {
  let y = 1
  for (let k = 0; k < s; k++) y = y % 2 === 0 ? y / 2 : (y + m) / 2
  return y
}

function decoded<T extends ColumnArray>(column: EncodedColumn, n: number, out: T): T {
  const bytes = new Uint8Array(Math.max(8, column.data.length))
  bytes.set(column.data)
  expect(column.data.length).toBe(columnBytes(column.encoding, n))
  decodeColumn(column.encoding, column.base, column.step, bytes.buffer, 0, n, out)
  return out
}

describe('columns', () => {
  const whole = (values: number[]): EncodedColumn => encodeIntegers(Float64Array.from(values), values.length)

  it('take no bytes when they are even', () => {
    expect(whole([7, 7, 7])).toMatchObject({ encoding: ENCODING.step, base: 7, step: 0 })
    expect(whole([5, 8, 11])).toMatchObject({ encoding: ENCODING.step, base: 5, step: 3 })
    expect(whole([7, 7, 7]).data.length).toBe(0)
  })

  it('are as narrow as their range', () => {
    const encodings = [
      [0, 255, 3],
      [0, 256, 3],
      [0, 65_536, 3],
      [-1, 4, 254],
      [1e6, 1e6 + 200, 1e6],
      [0, 2 ** 33, 1],
    ]
    expect(encodings.map((values) => whole(values).encoding)).toEqual([
      ENCODING.u8,
      ENCODING.u16,
      ENCODING.u32,
      ENCODING.u8,
      ENCODING.u8,
      ENCODING.f64,
    ])
  })

  it('give back all integers', () => {
    const any = fc.oneof(fc.integer(), fc.nat(255), fc.integer({ min: -2, max: 70_000 }), fc.maxSafeNat())
    fc.assert(
      fc.property(fc.array(any, { minLength: 1 }), (values) => {
        const back = decoded(whole(values), values.length, new Float64Array(values.length))
        expect([...back]).toEqual(values.map((v) => (Object.is(v, -0) ? 0 : v)))
      }),
    )
    fc.assert(
      fc.property(fc.array(fc.integer(), { minLength: 1 }), (values) => {
        const column = encodeIntegers(Int32Array.from(values), values.length)
        expect([...decoded(column, values.length, new Int32Array(values.length))]).toEqual(values)
      }),
    )
  })

  it('give back all times to the bit', () => {
    const time = fc.oneof(
      fc.double({ min: 0, max: 1e9, noNaN: true }),
      fc.nat(1e9).map((n) => n / 1e6),
      fc.nat(1e6).map((n) => n / 1e3),
    )
    fc.assert(
      fc.property(fc.array(time, { minLength: 1 }), (times) => {
        const sorted = Float64Array.from(times).sort()
        const n = sorted.length
        expect(decoded(encodeTimes(sorted, n), n, new Float64Array(n))).toEqual(sorted)
      }),
    )
  })

  it('are the same by vector instructions', () => {
    const part = new PartBuffer(1 << 16)
    const base = fc.oneof(fc.nat(1e6), fc.constantFrom(-3, 2 ** 35 - 5, 2 ** 40))
    const step = fc.constantFrom(0, 1, 7, 1e3, 1e6, 1e9)
    const data = fc.uint8Array({ minLength: 8, maxLength: 2000 })
    const place = fc.nat(9).map((k) => 8 * k)
    fc.assert(
      fc.property(
        fc.constantFrom(...Object.values(ENCODING)),
        base,
        step,
        data,
        place,
        (encoding, base, step, data, at) => {
          if (encoding === ENCODING.f64) data.fill(0)
          const n = Math.floor(data.length / Math.max(1, columnBytes(encoding, 1)))
          part.bytes.set(data, at)
          const plain = new Float64Array(n)
          decodeColumn(encoding, base, step, part.buffer, at, n, plain)
          part.expand(encoding, base, step, at, n, part.columns.start)
          expect(part.columns.start.slice(0, n)).toEqual(plain)
        },
      ),
      { numRuns: 1000 },
    )
  })

  it('keep decimal times as ticks', () => {
    const t = Float64Array.from({ length: 100 }, (_, i) => Math.round(i * 14_237) / 1e6)
    expect(encodeTimes(t, 100)).toMatchObject({ encoding: ENCODING.ticks16, step: 1e6 })
    expect(encodeTimes(Float64Array.of(1 / 3, 2 / 3), 2).encoding).toBe(ENCODING.f64)
  })
})
