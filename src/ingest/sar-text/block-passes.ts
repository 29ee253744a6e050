/** Passes over a block of rows in the memory of the kernel: what RowBlock does in plain JavaScript. */

import {
  advance,
  block,
  branchIf,
  F64,
  f64,
  get,
  I32,
  i32,
  load,
  loadDouble,
  loadWord,
  repeat,
  set,
  simd,
  store,
  storeDouble,
  storeWord,
  tee,
  V128,
  VECTOR_BYTES,
  type WasmFunction,
} from '../../base/wasm.js'

const [EQZ, LESS, NOT_LESS] = [[0x45], [0x49], [0x4f]]
const [DOUBLE_ABOVE, DOUBLE_PLUS, DOUBLE_MINUS, DOUBLE_MAX] = [[0x64], [0xa0], [0xa1], [0xa5]]
const TIMES = simd(0xf2)
const SPLAT = simd(0x14)
const [LEAST, MOST] = [simd(0xf4), simd(0xf5)]
const doubleAt = (lane: number): number[] => simd(0x21, lane)
const DOUBLE_MIN = [0xa4]

/** Where the two functions find and leave numbers, bytes from the beginning of what they are given. */
export const PASS = { i: 0, end: 4, before: 8, time: 16, longest: 24, sum: 32, least: 40, most: 48 } as const

/**
 * `follow()`: the times of rows by their clocks, as long as each is later than the one before.
 * `i` and `end` count bytes of a column.
 */
export function followFunction(pass: number, clock: number, ends: number, dt: number): WasmFunction {
  const [i, end, before, time, longest, now, ahead] = [0, 1, 2, 3, 4, 5, 6]
  return {
    name: 'follow',
    parameters: [],
    locals: [I32, I32, F64, F64, F64, F64, F64],
    body: [
      ...[...i32(pass), ...loadWord(PASS.i), ...set(i), ...i32(pass), ...loadWord(PASS.end), ...set(end)],
      ...[...i32(pass), ...loadDouble(PASS.before), ...set(before)],
      ...[...i32(pass), ...loadDouble(PASS.time), ...set(time)],
      ...[...i32(pass), ...loadDouble(PASS.longest), ...set(longest)],
      ...block(
        repeat(
          [...get(i), ...get(end), ...NOT_LESS, ...branchIf(1)],
          [...get(i), ...loadDouble(clock), ...tee(now), ...get(before), ...DOUBLE_MINUS, ...tee(ahead)],
          [...f64(0), ...DOUBLE_ABOVE, ...EQZ, ...branchIf(1)],
          [...get(i), ...get(ahead), ...storeDouble(dt)],
          [...get(i), ...get(time), ...get(ahead), ...DOUBLE_PLUS, ...tee(time), ...storeDouble(ends)],
          [...get(longest), ...get(ahead), ...DOUBLE_MAX, ...set(longest), ...get(now), ...set(before)],
          [...advance(i, 8), ...i32(1), ...branchIf(0)],
        ),
      ),
      ...[...i32(pass), ...get(i), ...storeWord(PASS.i), ...i32(pass), ...get(longest), ...storeDouble(PASS.longest)],
    ],
  }
}

/** `counts()`: the rates from `i` to `end`, addresses of vectors, times the intervals; their sum, least and most. */
export function countsFunction(pass: number, dt: number, counts: number): WasmFunction {
  const [i, end, out, sum, least, most, x] = [0, 1, 2, 3, 4, 5, 6]
  const lanes = (of: number, both: number[]): number[] => [
    ...[...get(of), ...doubleAt(0), ...get(of), ...doubleAt(1), ...both],
  ]
  return {
    name: 'counts',
    parameters: [],
    locals: [I32, I32, I32, F64, V128, V128, V128],
    body: [
      ...[...i32(pass), ...loadWord(PASS.i), ...set(i), ...i32(pass), ...loadWord(PASS.end), ...set(end)],
      ...[...i32(pass), ...loadDouble(PASS.sum), ...set(sum)],
      ...[...f64(0), ...SPLAT, ...tee(least), ...set(most)],
      ...repeat(
        [...get(out), ...get(i), ...load(0), ...get(out), ...load(dt), ...TIMES, ...tee(x), ...store(counts)],
        // In the order of the rows, as one would add them up.
        [
          ...get(sum),
          ...get(x),
          ...doubleAt(0),
          ...DOUBLE_PLUS,
          ...get(x),
          ...doubleAt(1),
          ...DOUBLE_PLUS,
          ...set(sum),
        ],
        [...get(least), ...get(x), ...LEAST, ...set(least), ...get(most), ...get(x), ...MOST, ...set(most)],
        [...advance(out, VECTOR_BYTES), ...advance(i, VECTOR_BYTES), ...get(i), ...get(end), ...LESS, ...branchIf(0)],
      ),
      ...[...i32(pass), ...get(sum), ...storeDouble(PASS.sum)],
      ...[...i32(pass), ...lanes(least, DOUBLE_MIN), ...storeDouble(PASS.least)],
      ...[...i32(pass), ...lanes(most, DOUBLE_MAX), ...storeDouble(PASS.most)],
    ],
  }
}
