/**
 * Seconds out of ticks by multiplication: a fraction of the time of a division, and the same double.
 *
 * `1 / d` is written as `high + low`, `high` with 18 bits. The product of `high` and a whole number below 2^35 is exact.
 * That of `low`, which is at most 2^-17 of the whole, is off by no more than 2^-69 of the whole, half of it because `low`
 * is rounded. Their sum is rounded once, so it is the rounded quotient unless a tie, halfway between two doubles, lies
 * between the two. But with d = 2^k · m, m odd, quotient and tie are fractions over m times one power of two, and so at
 * least 2^-54 / m of the quotient apart: 2^-61 for milliseconds, 2^-68 for microseconds. For nanoseconds it is 2^-75,
 * which is not enough.
 */

const HIGH_BITS = 18
/** Ticks must stay below. */
const TICKS = 2 ** (53 - HIGH_BITS)

export interface Factors {
  readonly high: number
  readonly low: number
}

function factorsOf(d: number): Factors {
  const unit = 2 ** (HIGH_BITS - 1 - Math.floor(-Math.log2(d)))
  const high = Math.round(unit / d) / unit
  return { high, low: (1 - high * d) / d }
}

const MILLI = factorsOf(1e3)
const MICRO = factorsOf(1e6)

/**
 * Factors with `x * high + x * low === x / d` for all whole numbers x from `from` to `to`.
 * @returns undefined where none are known
 */
export function exactQuotient(d: number, from: number, to: number): Factors | undefined {
  if (!(from >= 0 && to < TICKS)) return undefined
  return d === 1e6 ? MICRO : d === 1e3 ? MILLI : undefined
}
