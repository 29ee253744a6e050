/**
 * The checksum of `.tmk` parts: four lanes, each `h = rotate(h ^ word, 13) · odd constant` (mod 2^32), folded into one
 * word at the end. Every step can be undone, so a change within one word always changes the sum; other damage goes
 * unnoticed once in 2^32. Four lanes because one alone would wait for its own multiplication at each word. In plain
 * JavaScript this is faster than the `crc32` of node's zlib (bench/RESULTS.md).
 */

const PRIME = 0x9e3779b1 | 0

/** The lanes between two runs. */
const lanes = new Int32Array(4)

/**
 * Words a run takes. Calls of a few microseconds: one long call would be compiled while it runs, and such code is left
 * at its end each time, which was seen to cost a factor of three.
 */
const RUN_WORDS = 4096

function mix(h: number, word: number): number {
  const x = h ^ word
  return Math.imul((x << 13) | (x >>> 19), PRIME)
}

function run(words: Int32Array, from: number, to: number): void {
  let a = lanes[0]
  let b = lanes[1]
  let c = lanes[2]
  let d = lanes[3]
  for (let i = from; i < to; i += 4) {
    a = mix(a, words[i])
    b = mix(b, words[i + 1])
    c = mix(c, words[i + 2])
    d = mix(d, words[i + 3])
  }
  lanes[0] = a
  lanes[1] = b
  lanes[2] = c
  lanes[3] = d
}

/**
 * Sum of `words[from, to)`; their number must be a multiple of four.
 * @param skip position of a word that counts as 0: the one the sum itself is stored in
 */
export function checksum(words: Int32Array, from: number, to: number, skip: number): number {
  const kept = words[skip]
  words[skip] = 0
  lanes[0] = 0x243f6a88
  lanes[1] = 0x85a308d3
  lanes[2] = 0x13198a2e
  lanes[3] = 0x03707344
  for (let i = from; i < to; i += RUN_WORDS) run(words, i, Math.min(i + RUN_WORDS, to))
  words[skip] = kept
  let h = mix(to - from, lanes[0])
  for (let k = 1; k < 4; k++) h = mix(h, lanes[k])
  return h ^ (h >>> 15)
}
