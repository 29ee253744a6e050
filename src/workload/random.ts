/** Seeded numbers for the demand reconstruction: a small generator, and a permutation that needs no table. */

export class Random {
  private state: number

  constructor(seed: number) {
    this.state = seed >>> 0
  }

  /** Uniform in [0, 1): a counter with a good mixer behind it. */
  next(): number {
    this.state = (this.state + 0x9e3779b9) >>> 0
    return mix(this.state) / 4294967296
  }

  /** Whole number in [from, to], each with a probability that falls as 1 / number (Zipf with exponent 1). */
  rank(from: number, to: number): number {
    return Math.min(to, Math.floor(from * ((to + 1) / from) ** this.next()))
  }
}

/** Mixes 32 bits so that each depends on all. */
export function mix(x: number): number {
  let v = x ^ (x >>> 16)
  v = Math.imul(v, 0x21f0aaad)
  v ^= v >>> 15
  v = Math.imul(v, 0x735a2d97)
  return (v ^ (v >>> 15)) >>> 0
}

/** A one-to-one scattering of [0, 2^bits). */
export class Scatter {
  private readonly mask: number
  private readonly shift: number

  constructor(
    readonly bits: number,
    private readonly seed: number,
  ) {
    this.mask = 2 ** bits - 1
    this.shift = Math.max(1, bits >> 1)
  }

  /** Each step can be undone, so no two numbers meet. */
  at(i: number): number {
    const { mask, shift } = this
    let v = (i ^ this.seed) & mask
    v = Math.imul(v, 0x2c1b3c6d) & mask
    v ^= v >>> shift
    v = Math.imul(v, 0x297a2d39) & mask
    v ^= v >>> shift
    return v & mask
  }
}
