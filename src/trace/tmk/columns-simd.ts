/**
 * The columns of doubles of columns.ts by vector instructions, eight values at a time. Loops in plain JavaScript take
 * longer than reading the file and its checksum together: one event with one page is only six bytes of it.
 */

import {
  advance,
  F64,
  f64,
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
import { ENCODING } from './columns.js'
import { exactQuotient } from './quotient.js'

/** Eight bytes, as halves; four halves, as words. */
const LOAD_BYTES_AS_HALVES = simd(0x02, 3, 0)
const loadHalvesAsWords = (offset: number): number[] => simd(0x04, 3, offset)
const LOW_HALVES_AS_WORDS = simd(0xa9)
const HIGH_HALVES_AS_WORDS = simd(0xaa)
const SPLAT_WORD = simd(0x11)
const SPLAT_DOUBLE = simd(0x14)
const F64_ADD = [0xa0]
const F64_SUBTRACT = [0xa1]
const HIGH_DOUBLE = simd(0x22, 1)
const ADD_HALVES = simd(0x8e)
const ADD_WORDS = simd(0xae)
const ADD = simd(0xf0)
const SUBTRACT = simd(0xf1)
const MULTIPLY = simd(0xf2)
/** Bytes `from` to `from + 15` of two vectors in a row. */
const window = (from: number): number[] => simd(0x0d, ...Array.from({ length: 16 }, (_, i) => (from + i) % 32))
const LAST_WORD = simd(0x0d, ...Array.from({ length: 16 }, (_, i) => 12 + (i % 4)))
/** Words 0 and 1, or 2 and 3, of two vectors in turn. */
const interleaved = (first: number): number[] =>
  simd(0x0d, ...[first, 4 + first, first + 1, 5 + first].flatMap((w) => [4 * w, 4 * w + 1, 4 * w + 2, 4 * w + 3]))

/** A word x below this one is the double 2^52 + x. */
const ABOVE_WORD = 0x43300000
const TWO_52 = 2 ** 52

/** Sets what {@link storeDoubles} needs to add local `base`, a whole number, to words. */
function prepareBase(base: number, above: number, minus: number): number[] {
  return [
    ...[...i32(ABOVE_WORD), ...SPLAT_WORD, ...set(above)],
    ...[...f64(TWO_52), ...get(base), ...F64_SUBTRACT, ...SPLAT_DOUBLE, ...set(minus)],
  ]
}

/** Stores the unsigned words of local `x` as doubles at local `out` and `offset`, a base added; they go through `map` first. */
function storeDoubles(
  out: number,
  offset: number,
  x: number,
  above: number,
  minus: number,
  map: number[] = [],
): number[] {
  return [0, 1].flatMap((k) => [
    ...[...get(out), ...get(x), ...get(above), ...interleaved(2 * k), ...get(minus), ...SUBTRACT, ...map],
    ...store(offset + k * VECTOR_BYTES),
  ])
}

/** Puts eight unsigned integers of 1, 2 or 4 bytes at local `data` into locals `a` and `b`, as words. */
function loadWords(width: number, data: number, a: number, b: number): number[] {
  if (width === 1) {
    return [
      ...[...get(data), ...LOAD_BYTES_AS_HALVES, ...set(b)],
      ...[...get(b), ...LOW_HALVES_AS_WORDS, ...set(a), ...get(b), ...HIGH_HALVES_AS_WORDS, ...set(b)],
    ]
  }
  const at = (k: number): number[] => (width === 2 ? loadHalvesAsWords(8 * k) : load(VECTOR_BYTES * k))
  return [...get(data), ...at(0), ...set(a), ...get(data), ...at(1), ...set(b)]
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
  const [out, end, data, base, above, minus, a, b] = [0, 1, 2, 3, 4, 5, 6, 7]
  return {
    name: `widen${width}`,
    parameters: [I32, I32, I32, F64],
    locals: [V128, V128, V128, V128],
    body: [
      ...prepareBase(base, above, minus),
      ...loop(out, end, [
        ...loadWords(width, data, a, b),
        ...storeDoubles(out, 0, a, above, minus),
        ...storeDoubles(out, 2 * VECTOR_BYTES, b, above, minus),
        ...advance(out, 4 * VECTOR_BYTES),
        ...advance(data, 8 * width),
      ]),
    ],
  }
}

/** `ticksN(out, end, data, base, high, low)`: sums of differences of N bytes at `data`, each times `high + low`. */
function ticksFunction(width: number): WasmFunction {
  const [out, end, data, base, high, low, above, minus, highs, lows, sum, a, b, tick, zero] = Array.from(
    { length: 15 },
    (_, i) => i,
  )
  /** Adds to `x` what it holds `bytes` before, where there is something. */
  const addShifted = (x: number, bytes: number, add: number[]): number[] => [
    ...[...get(x), ...get(zero), ...get(x), ...window(16 - bytes), ...add, ...set(x)],
  ]
  // Eight differences of a byte do not overflow halves: they are added up before they are widened.
  const sums =
    width === 1
      ? [
          ...[...get(data), ...LOAD_BYTES_AS_HALVES, ...set(b)],
          ...[2, 4, 8].flatMap((bytes) => addShifted(b, bytes, ADD_HALVES)),
          ...[...get(b), ...LOW_HALVES_AS_WORDS, ...get(sum), ...ADD_WORDS, ...set(a)],
          ...[...get(b), ...HIGH_HALVES_AS_WORDS, ...get(sum), ...ADD_WORDS, ...set(b)],
        ]
      : [
          ...loadWords(width, data, a, b),
          ...[a, b].flatMap((x) => [4, 8].flatMap((bytes) => addShifted(x, bytes, ADD_WORDS))),
          ...[...get(a), ...get(sum), ...ADD_WORDS, ...set(a)],
          ...[...get(b), ...get(a), ...get(a), ...LAST_WORD, ...ADD_WORDS, ...set(b)],
        ]
  const seconds = [
    ...set(tick),
    ...[...get(tick), ...get(highs), ...MULTIPLY, ...get(tick), ...get(lows), ...MULTIPLY, ...ADD],
  ]
  return {
    name: `ticks${width}`,
    parameters: [I32, I32, I32, F64, F64, F64],
    locals: [V128, V128, V128, V128, V128, V128, V128, V128, V128],
    body: [
      ...prepareBase(base, above, minus),
      ...[...get(high), ...SPLAT_DOUBLE, ...set(highs), ...get(low), ...SPLAT_DOUBLE, ...set(lows)],
      ...loop(out, end, [
        ...sums,
        ...[...get(b), ...get(b), ...LAST_WORD, ...set(sum)],
        ...storeDoubles(out, 0, a, above, minus, seconds),
        ...storeDoubles(out, 2 * VECTOR_BYTES, b, above, minus, seconds),
        ...advance(out, 4 * VECTOR_BYTES),
        ...advance(data, 8 * width),
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
 * Does what `decodeColumn` does for a column of doubles, where there is a function for it. It works on eight values at a
 * time: up to seven more are read and written than there are.
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
  // Sums with other bases would be rounded.
  if (encoding !== ENCODING.step && !(Number.isInteger(base) && Math.abs(base) < TWO_52 / 2)) return false
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
