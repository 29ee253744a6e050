/** Zipf-distributed page numbers, popular ones scattered over the whole range: the worst case for caches. */

import { randomSource } from './random.js'

/**
 * A source of numbers from 0 to `n` − 1, the k-th most popular drawn with weight k^−s. Works by Walker's alias method:
 * two table look-ups a number.
 */
export function zipfSource(n: number, s: number, seed: number): () => number {
  const random = randomSource(seed)
  const weight = new Float64Array(n)
  let sum = 0
  for (let i = 0; i < n; i++) sum += weight[i] = (i + 1) ** -s
  for (let i = 0; i < n; i++) weight[i] *= n / sum
  const keep = new Float64Array(n).fill(1)
  const alias = Uint32Array.from(weight, (_, i) => i)
  // Columns below the average from the bottom up, those above from the top down.
  const order = new Uint32Array(n)
  let small = 0
  let large = n
  for (let i = 0; i < n; i++) order[weight[i] < 1 ? small++ : --large] = i
  while (small > 0 && large < n) {
    const poor = order[--small]
    const rich = order[large]
    keep[poor] = weight[poor]
    alias[poor] = rich
    weight[rich] -= 1 - weight[poor]
    if (weight[rich] < 1) {
      large++
      order[small++] = rich
    }
  }
  const place = shuffled(n, random)
  return () => {
    const column = Math.floor((random() / 2 ** 32) * n)
    return place[random() / 2 ** 32 < keep[column] ? column : alias[column]]
  }
}

function shuffled(n: number, random: () => number): Uint32Array {
  const order = Uint32Array.from({ length: n }, (_, i) => i)
  for (let i = n - 1; i > 0; i--) {
    const j = random() % (i + 1)
    const swap = order[i]
    order[i] = order[j]
    order[j] = swap
  }
  return order
}
