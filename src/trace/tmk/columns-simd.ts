/**
 * The columns of doubles of columns.ts by vector instructions, four values at a time. Loops in plain JavaScript take
 * longer than reading the file and its checksum together: one event with one page is only six bytes of it.
 */

import {
  advance,
  F64,
  get,
  I32,
  load,
  loop,
  set,
  simd,
  store,
  V128,
  VECTOR_BYTES,
  type WasmFunction,
} from '../../base/wasm.js'
import { ENCODING } from './columns.js'
import { exactQuotient } from './quotient.js'

const LOAD_32_BITS = simd(0x5c, 2, 0)
const LOAD_64_BITS_AS_WORDS = simd(0x04, 3, 0)
const WIDEN_BYTES = simd(0x89)
const WIDEN_HALVES = simd(0xa9)
const SPLAT_DOUBLE = simd(0x14)
const F64_ADD = [0xa0]
const HIGH_DOUBLE = simd(0x22, 1)
const ADD_WORDS = simd(0xae)
const ADD = simd(0xf0)
const MULTIPLY = simd(0xf2)
/** The two low words as doubles; taken for signed it is one instruction. */
const TO_DOUBLES = simd(0xfe)
const UNSIGNED_TO_DOUBLES = simd(0xff)
/** Bytes `from` to `from + 15` of two vectors in a row. */
const window = (from: number): number[] => simd(0x0d, ...Array.from({ length: 16 }, (_, i) => (from + i) % 32))
const LAST_WORD = simd(0x0d, ...Array.from({ length: 16 }, (_, i) => 12 + (i % 4)))

/** Puts four unsigned integers of 1, 2 or 4 bytes on the stack, as words. */
function loadWords(width: number): number[] {
  if (width === 1) return [...LOAD_32_BITS, ...WIDEN_BYTES, ...WIDEN_HALVES]
  return width === 2 ? LOAD_64_BITS_AS_WORDS : load(0)
}

/** Stores the four words of local `x` at local `out`: made doubles by `toDoubles`, which then go through `map`. */
function storeDoubles(out: number, x: number, toDoubles: number[], map: number[]): number[] {
  const high = [...get(x), ...get(x), ...window(8)]
  return [
    ...[...get(out), ...get(x), ...toDoubles, ...map, ...store(0)],
    ...[...get(out), ...high, ...toDoubles, ...map, ...store(VECTOR_BYTES)],
    ...advance(out, 2 * VECTOR_BYTES),
  ]
}

/** `step(out, end, base, step)`: byte offsets in memory of the first double and behind the last; `base + i · step`. */
function stepFunction(): WasmFunction {
  const [out, end, base, step, by, ...vectors] = [0, 1, 2, 3, 4, 5, 6]
  const plus = (a: number[], b: number[]): number[] => [...a, ...b, ...F64_ADD]
  const twice = plus(get(step), get(step))
  // Two vectors in turn: an addition takes longer than a store, and waits for none but the one before in its own vector.
  return {
    name: 'step',
    parameters: [I32, I32, F64, F64],
    locals: [V128, ...vectors.map(() => V128)],
    body: [
      ...vectors.flatMap((x, k) => [
        ...[...(k === 0 ? get(base) : plus(get(base), twice)), ...SPLAT_DOUBLE],
        ...[...plus(k === 0 ? get(base) : plus(get(base), twice), get(step)), ...HIGH_DOUBLE, ...set(x)],
      ]),
      ...[...plus(twice, twice), ...SPLAT_DOUBLE, ...set(by)],
      ...loop(out, end, [
        ...vectors.flatMap((x, k) => [
          ...[...get(out), ...get(x), ...store(k * VECTOR_BYTES)],
          ...[...get(x), ...get(by), ...ADD, ...set(x)],
        ]),
        ...advance(out, vectors.length * VECTOR_BYTES),
      ]),
    ],
  }
}

/** `widenN(out, end, data, base)`: `base +` integers of N bytes at `data`. */
function widenFunction(width: number): WasmFunction {
  const [out, end, data, base, bases, x] = [0, 1, 2, 3, 4, 5]
  return {
    name: `widen${width}`,
    parameters: [I32, I32, I32, F64],
    locals: [V128, V128],
    body: [
      ...[...get(base), ...SPLAT_DOUBLE, ...set(bases)],
      ...loop(out, end, [
        ...[...get(data), ...loadWords(width), ...set(x)],
        ...storeDoubles(out, x, width === 4 ? UNSIGNED_TO_DOUBLES : TO_DOUBLES, [...get(bases), ...ADD]),
        ...advance(data, 4 * width),
      ]),
    ],
  }
}

/** `ticksN(out, end, data, base, high, low)`: sums of differences of N bytes at `data`, each times `high + low`. */
function ticksFunction(width: number): WasmFunction {
  const [out, end, data, base, high, low, bases, highs, lows, sum, x, tick, zero] = Array.from(
    { length: 13 },
    (_, i) => i,
  )
  const addShifted = (bytes: number): number[] => [
    ...[...get(x), ...get(zero), ...get(x), ...window(16 - bytes), ...ADD_WORDS, ...set(x)],
  ]
  const seconds = [
    ...[...get(bases), ...ADD, ...set(tick)],
    ...[...get(tick), ...get(highs), ...MULTIPLY, ...get(tick), ...get(lows), ...MULTIPLY, ...ADD],
  ]
  return {
    name: `ticks${width}`,
    parameters: [I32, I32, I32, F64, F64, F64],
    locals: [V128, V128, V128, V128, V128, V128, V128],
    body: [
      ...[...get(base), ...SPLAT_DOUBLE, ...set(bases)],
      ...[...get(high), ...SPLAT_DOUBLE, ...set(highs), ...get(low), ...SPLAT_DOUBLE, ...set(lows)],
      ...loop(out, end, [
        ...[...get(data), ...loadWords(width), ...set(x), ...addShifted(4), ...addShifted(8)],
        ...[...get(x), ...get(sum), ...ADD_WORDS, ...set(x)],
        ...[...get(x), ...get(x), ...LAST_WORD, ...set(sum)],
        ...storeDoubles(out, x, TO_DOUBLES, seconds),
        ...advance(data, 4 * width),
      ]),
    ],
  }
}

export const COLUMN_FUNCTIONS: readonly WasmFunction[] = [
  stepFunction(),
  ...[1, 2, 4].map(widenFunction),
  ...[1, 2].map(ticksFunction),
]

type Exported = (out: number, end: number, ...more: number[]) => void
/** What a module with {@link COLUMN_FUNCTIONS} exports. */
export type ColumnFunctions = Record<string, Exported>

/**
 * Does what `decodeColumn` does for a column of doubles, where there is a function for it. It works on four values at a
 * time: up to three more are read and written than there are.
 * @param at where the data begin in the memory, bytes
 * @param out where the doubles go, bytes
 * @returns false where there is none, and nothing was done
 */
export function expandColumn(
  functions: ColumnFunctions,
  encoding: number,
  base: number,
  step: number,
  at: number,
  n: number,
  out: number,
): boolean {
  const end = out + 8 * n
  switch (encoding) {
    case ENCODING.step:
      functions.step(out, end, base, step)
      return true
    case ENCODING.u8:
      functions.widen1(out, end, at, base)
      return true
    case ENCODING.u16:
      functions.widen2(out, end, at, base)
      return true
    case ENCODING.u32:
      functions.widen4(out, end, at, base)
      return true
    case ENCODING.ticks8:
    case ENCODING.ticks16: {
      const narrow = encoding === ENCODING.ticks8
      const factors = exactQuotient(step, base, base + n * (narrow ? 0xff : 0xffff))
      if (factors === undefined) return false
      const { high, low } = factors
      if (narrow) functions.ticks1(out, end, at, base, high, low)
      else functions.ticks2(out, end, at, base, high, low)
      return true
    }
  }
  return false
}
