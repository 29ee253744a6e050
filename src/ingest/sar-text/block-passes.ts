/** Passes over a block of rows in the memory of the kernel: what RowBlock does in plain JavaScript. */

import {
  advance,
  block,
  branchIf,
  type Code,
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
import type { KernelLayout } from './row-kernel.js'

const [EQZ, LESS, NOT_LESS] = [[0x45], [0x49], [0x4f]]
const [WORD_TIMES, LEFT] = [[0x6c], [0x74]]
const [DOUBLE_ABOVE, DOUBLE_PLUS, DOUBLE_MINUS, DOUBLE_MIN, DOUBLE_MAX] = [[0x64], [0xa0], [0xa1], [0xa4], [0xa5]]
const SPLAT = simd(0x14)
const [PLUS, TIMES] = [simd(0xf0), simd(0xf2)]
/** Of two, where a NaN in the second does not count. */
const [LEAST, MOST] = [simd(0xf6), simd(0xf7)]
const doubleAt = (lane: number): number[] => simd(0x21, lane)

/** Where the two functions find and leave numbers, bytes from the beginning of what they are given. */
export const PASS = { i: 0, end: 4, before: 8, time: 16, longest: 24, columns: 32, least: 40, most: 48 } as const

/**
 * `follow()`: the times of rows by their clocks, as long as each is later than the one before. `i` and `end` count bytes
 * of a column.
 */
export function followFunction(pass: number, layout: KernelLayout): WasmFunction {
  const [i, end, before, time, longest, now, ahead] = [0, 1, 2, 3, 4, 5, 6]
  return {
    name: 'follow',
    parameters: [],
    locals: [I32, I32, F64, F64, F64, F64, F64],
    body: [
      [i32(pass), loadWord(PASS.i), set(i), i32(pass), loadWord(PASS.end), set(end)],
      [i32(pass), loadDouble(PASS.before), set(before)],
      [i32(pass), loadDouble(PASS.time), set(time)],
      [i32(pass), loadDouble(PASS.longest), set(longest)],
      block(
        repeat(
          [get(i), get(end), NOT_LESS, branchIf(1)],
          [get(i), loadDouble(layout.clock), tee(now), get(before), DOUBLE_MINUS, tee(ahead)],
          [f64(0), DOUBLE_ABOVE, EQZ, branchIf(1)],
          [get(i), get(ahead), storeDouble(layout.dt)],
          [get(i), get(time), get(ahead), DOUBLE_PLUS, tee(time), storeDouble(layout.end)],
          [get(longest), get(ahead), DOUBLE_MAX, set(longest), get(now), set(before)],
          [advance(i, 8), i32(1), branchIf(0)],
        ),
      ),
      [i32(pass), get(i), storeWord(PASS.i), i32(pass), get(longest), storeDouble(PASS.longest)],
    ],
  }
}

/**
 * `count()`: the rates of some columns times the intervals, their sums, and the least and most of all. `end` counts
 * bytes of a column.
 */
export function countFunction(pass: number, { dt, values, counts, sums, stride }: KernelLayout): WasmFunction {
  const [i, end, columns, row, column, sum, least, most, x] = [0, 1, 2, 3, 4, 5, 6, 7, 8]
  const lanes = (of: number, both: Code): Code => [[get(of), doubleAt(0), get(of), doubleAt(1), both]]
  return {
    name: 'count',
    parameters: [],
    locals: [I32, I32, I32, I32, I32, V128, V128, V128, V128],
    body: [
      [i32(pass), loadWord(PASS.end), set(end), i32(pass), loadWord(PASS.columns), set(columns)],
      [f64(0), SPLAT, tee(least), set(most)],
      repeat(
        [i32(0), set(row), f64(0), SPLAT, set(sum)],
        repeat(
          [get(i), get(i), load(values), get(row), load(dt), TIMES, tee(x), store(counts)],
          [get(sum), get(x), PLUS, set(sum)],
          [get(least), get(x), LEAST, set(least), get(most), get(x), MOST, set(most)],
          [advance(i, VECTOR_BYTES), advance(row, VECTOR_BYTES), get(row), get(end), LESS],
          branchIf(0),
        ),
        [get(column), i32(3), LEFT, lanes(sum, DOUBLE_PLUS), storeDouble(sums)],
        [advance(column, 1), get(column), i32(stride), WORD_TIMES, set(i)],
        [get(column), get(columns), LESS, branchIf(0)],
      ),
      [i32(pass), lanes(least, DOUBLE_MIN), storeDouble(PASS.least)],
      [i32(pass), lanes(most, DOUBLE_MAX), storeDouble(PASS.most)],
    ],
  }
}
