/**
 * The checksum of checksum.ts by vector instructions: plain JavaScript spends twice the time of the read on it, this
 * half.
 */

import {
  advance,
  get,
  I32,
  i32,
  load,
  loop,
  set,
  simd,
  store,
  V128,
  VECTOR_BYTES,
  type WasmFunction,
} from '../../base/wasm.js'
import { LANES, PRIME } from './checksum.js'

const VECTORS = LANES / 4

const SPLAT = simd(0x11)
const OR = simd(0x50)
const XOR = simd(0x51)
const SHIFT_LEFT = simd(0xab)
const SHIFT_RIGHT = simd(0xad)
const MULTIPLY = simd(0xb5)

/** `checksum(from, to, state)`: byte offsets of the words, and of the lanes that they go into. */
export function checksumFunction(): WasmFunction {
  const [from, to, state, prime, x] = [0, 1, 2, 3, 4]
  const vectors = Array.from({ length: VECTORS }, (_, k) => ({ lane: 5 + k, offset: k * VECTOR_BYTES }))
  const mix = vectors.flatMap(({ lane, offset }) => [
    ...[...get(lane), ...get(from), ...load(offset), ...XOR, ...set(x)],
    ...[...get(x), ...i32(13), ...SHIFT_LEFT, ...get(x), ...i32(19), ...SHIFT_RIGHT, ...OR],
    ...[...get(prime), ...MULTIPLY, ...set(lane)],
  ])
  return {
    name: 'checksum',
    parameters: [I32, I32, I32],
    locals: [V128, V128, ...vectors.map(() => V128)],
    body: [
      ...[...i32(PRIME), ...SPLAT, ...set(prime)],
      ...vectors.flatMap(({ lane, offset }) => [...get(state), ...load(offset), ...set(lane)]),
      ...loop(from, to, [...mix, ...advance(from, LANES * 4)]),
      ...vectors.flatMap(({ lane, offset }) => [...get(state), ...get(lane), ...store(offset)]),
    ],
  }
}
