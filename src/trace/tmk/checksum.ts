/**
 * The checksum of `.tmk` parts: 32 lanes of 32 bits, each `h = rotate(h ^ word, 13) · odd constant`, folded into one
 * word at the end. Every step can be undone, so a change within one word always changes the sum; other damage goes
 * unnoticed once in 2^32.
 *
 * So many lanes because eight vectors of four are what keeps vector instructions busy, which wait for a product in each:
 * see checksum-simd.ts, which computes the same many times as fast. This is the definition, and what is used where those
 * are not to be had.
 */

export const PRIME = 0x9e3779b1 | 0
export const LANES = 32

/** Words of a checked part: a multiple of this. */
export const CHECKED_WORDS = LANES

/** What the lanes begin with. */
export function seed(lanes: Int32Array): void {
  for (let k = 0; k < LANES; k++) lanes[k] = Math.imul(k + 1, 0x85ebca6b)
}

function mix(h: number, word: number): number {
  const x = h ^ word
  return Math.imul((x << 13) | (x >>> 19), PRIME)
}

/** One word out of the lanes. @param n number of words that went in */
export function fold(lanes: Int32Array, n: number): number {
  let h = n
  for (let k = 0; k < LANES; k++) h = mix(h, lanes[k])
  return h ^ (h >>> 15)
}

/** Words from `from` on that belong to lanes k to k + 3: as many as can be held in registers. */
function four(lanes: Int32Array, k: number, words: Int32Array, from: number, to: number): void {
  let a = lanes[k]
  let b = lanes[k + 1]
  let c = lanes[k + 2]
  let d = lanes[k + 3]
  for (let i = from + k; i < to; i += LANES) {
    a = mix(a, words[i])
    b = mix(b, words[i + 1])
    c = mix(c, words[i + 2])
    d = mix(d, words[i + 3])
  }
  lanes[k] = a
  lanes[k + 1] = b
  lanes[k + 2] = c
  lanes[k + 3] = d
}

/**
 * Words a run takes: they stay in the first-level cache for its eight passes. One long call would also be compiled while
 * it runs, and such code is left at its end each time, which was seen to cost a factor of three.
 */
const RUN_WORDS = 4096

const lanes = new Int32Array(LANES)

/**
 * Sum of the first `n` words, a multiple of {@link CHECKED_WORDS}.
 * @param skip position of a word that counts as 0: the one the sum itself is stored in
 */
export function checksum(words: Int32Array, n: number, skip: number): number {
  const kept = words[skip]
  words[skip] = 0
  seed(lanes)
  for (let i = 0; i < n; i += RUN_WORDS) {
    const to = Math.min(i + RUN_WORDS, n)
    for (let k = 0; k < LANES; k += 4) four(lanes, k, words, i, to)
  }
  words[skip] = kept
  return fold(lanes, n)
}
