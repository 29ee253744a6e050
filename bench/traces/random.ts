/** The random numbers of the benchmarks: seeded, so that every run measures the same traces. */

/** A generator of the sfc32 family: 128 bits of state, numbers from 0 to 2^32 − 1. */
export function randomSource(seed: number): () => number {
  let a = 0x9e3779b9 ^ seed
  let b = 0x243f6a88
  let c = 0xb7e15162
  let counter = 1
  const next = (): number => {
    const r = (((a + b) | 0) + counter) | 0
    counter = (counter + 1) | 0
    a = b ^ (b >>> 9)
    b = (c + (c << 3)) | 0
    c = (((c << 21) | (c >>> 11)) + r) | 0
    return r >>> 0
  }
  // The first outputs still show the seed.
  for (let i = 0; i < 16; i++) next()
  return next
}
