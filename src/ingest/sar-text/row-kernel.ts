/**
 * Rows of sar by vector instructions, a cell at a time: what PlainRow reads of a row as sar lays it out. Compiled in one
 * pass when it is first used, while plain JavaScript would run slowly for longer than a recording of some days lasts.
 */

import {
  advance,
  block,
  branch,
  branchIf,
  type Code,
  f64,
  get,
  I32,
  I32_ADD,
  I64,
  i32,
  i64,
  load,
  loadByte,
  loadHalf,
  loadLong,
  loadWord,
  repeat,
  set,
  simd,
  storeDouble,
  storeWord,
  tee,
  V128,
  VECTOR_BYTES,
  type WasmFunction,
  when,
} from '../../base/wasm.js'
import { CELL, MARK } from './cells.js'

/** Where things stand in the kernel's memory, bytes. */
export interface KernelLayout {
  /** Words, see {@link STATE}. */
  readonly state: number
  /** Of the places of a cell, one bit each: which must be digits where these are blanks; see {@link digitPlaces}. */
  readonly decimals: number
  readonly wholes: number
  /** The header met last, as it stands behind its time. */
  readonly header: number
  /** Doubles, one a column. */
  readonly sums: number
  /** Doubles, one a row; `values` and `counts` column after column, `stride` bytes from one to the next. */
  readonly clock: number
  readonly end: number
  readonly dt: number
  readonly line: number
  readonly values: number
  readonly counts: number
  readonly stride: number
}

/** Words that the kernel reads before its first row; the first three are written when it stops. */
export const STATE = ['at', 'row', 'line', 'end', 'lead', 'gap', 'cells', 'mark', 'rows', 'header'] as const
const KEPT = 3

const CELL_PLACES = (1 << CELL) - 1
/** In this place of a cell without decimals stand hundreds of millions. */
const NINTH_DIGIT = 1

/**
 * For each set of blanks among the places of a cell: the places that must be digits; no such places where the cell
 * cannot be a number.
 * @param mark whether there is a decimal mark, which is looked at apart
 */
export function digitPlaces(mark: boolean): Uint16Array {
  const table = new Uint16Array(1 << CELL).fill(0xffff)
  // At least one blank, and at least one digit before the mark.
  for (let blanks = 1; blanks < (mark ? MARK : CELL); blanks++) {
    const places = (1 << blanks) - 1
    table[places] = CELL_PLACES & ~places & ~(mark ? 1 << MARK : 0)
  }
  return table
}

const LF = 0x0a
const CR = 0x0d
const BLANK = 0x20
const ZERO = 0x30
const NINE = 9
const [A, P, M] = [0x41, 0x50, 0x4d]

const [EQZ, EQ, NE, LESS, GREATER, NOT_LESS] = [[0x45], [0x46], [0x47], [0x49], [0x4b], [0x4f]]
const [MINUS, TIMES, AND, OR, XOR, LEFT, RIGHT] = [[0x6b], [0x6c], [0x71], [0x72], [0x73], [0x74], [0x76]]
const [LONG_EQ, LONG_NE_ZERO, LONG_PLUS] = [[0x51], [0x50, 0x45], [0x7c]]
const [LONG_AND, LONG_OR, LONG_XOR, LONG_RIGHT] = [[0x83], [0x84], [0x85], [0x88]]
const [LOW_WORD, DOUBLE, DIVIDE, SELECT] = [[0xa7], [0xb7], [0xa3], [0x1b]]

const constant = (bytes: ArrayLike<number>): number[] => simd(0x0c, ...Array.from(bytes))
const words = (...values: number[]): number[] => constant(new Uint8Array(Int16Array.from(values).buffer))
const SPLAT = simd(0x0f)
const BYTES_EQ = simd(0x23)
const BYTES_NOT_ABOVE = simd(0x2a)
const BITMASK = simd(0x64)
const MINUS_BYTES = simd(0x71)
/** What would be below 0 is 0: blanks and marks, less the code of zero, are no part of a sum. */
const MINUS_BYTES_TO_ZERO = simd(0x73)
const PICK = simd(0x0e)
const byteAt = (lane: number): number[] => simd(0x16, lane)
const WIDEN_BYTES = simd(0x89)
const NARROW_WORDS = simd(0x85)
/** Products of neighbours, added up in pairs. */
const DOT = simd(0xba)
const wordAt = (lane: number): number[] => simd(0x1b, lane)

/** Eight places of a cell; the others do not count. */
const eight = (...places: number[]): number[] => constant([...places, ...Array(8).fill(0x80)])

/**
 * `rows()`: reads rows from `at` on until the bytes end, there is no room for more, or a line is anything else than a
 * plain row, an empty line, or the header met last with the time of the row before it.
 */
export function rowsFunction(layout: KernelLayout): WasmFunction {
  const [at, row, line, end, lead, gap, cells, mark, rows, header, ...more] = Array.from({ length: 26 }, (_, k) => k)
  const [hours, minutes, seconds, half, i, stop, out, bad, blanks, n, places, before] = more
  const [time, lastTime, cell, pick] = more.slice(12)
  const longs = [time, lastTime]
  const vectors = [cell, pick]

  const vectorOf = (value: number): Code => [i32(value), SPLAT]
  const maskOf = (of: Code, value: number): Code => [of, vectorOf(value), BYTES_EQ, BITMASK]
  const digit = (of: number, shift: number): Code => [[get(of), shift === 0 ? [] : [i32(shift), RIGHT], i32(15), AND]]
  const twoDigits = (of1: number, shift1: number, of2: number, shift2: number): Code => [
    [digit(of1, shift1), i32(10), TIMES, digit(of2, shift2), I32_ADD],
  ]
  const nextLine = [advance(line, 1), branch(2)]

  /** Passes by the header, where it has the time of the row before. */
  const repeatedHeader = when([
    block(
      [get(header), EQZ, branchIf(0)],
      [get(at), get(header), I32_ADD, i32(8), I32_ADD, get(end), GREATER, branchIf(0)],
      [get(at), loadWord(7), get(before), loadWord(7), NE, branchIf(0)],
      [i32(0), set(i)],
      repeat(
        // The last vector ends where the header does.
        [get(header), i32(VECTOR_BYTES), MINUS, tee(stop), get(i)],
        [get(stop), get(i), LESS, SELECT, set(stop)],
        [get(at), get(stop), I32_ADD, load(8), get(stop), load(layout.header), BYTES_EQ],
        [BITMASK, i32(0xffff), NE, branchIf(1)],
        [advance(i, VECTOR_BYTES), get(i), get(header), LESS, branchIf(0)],
      ),
      [get(at), get(header), I32_ADD, i32(8), I32_ADD, set(at)],
      [advance(line, 1), branch(3)],
    ),
  ])

  /** Relative to its place in `00:00:00` a digit is itself, a colon 0; adding 6 carries what is above nine. */
  const clock = [
    [get(time), i64(0x30303a30303a3030n), LONG_XOR, set(time)],
    [get(time), get(time), i64(0x0606000606000606n), LONG_PLUS, LONG_OR],
    [i64(0xf0f0fff0f0fff0f0n), LONG_AND, LONG_NE_ZERO, branchIf(0)],
    [get(time), LOW_WORD, set(half), get(time), i64(32n), LONG_RIGHT, LOW_WORD, set(i)],
    [twoDigits(half, 0, half, 8), set(hours)],
    [twoDigits(half, 24, i, 0), set(minutes)],
    [twoDigits(i, 16, i, 24), set(seconds)],
    [get(hours), i32(23), GREATER, get(minutes), i32(59), GREATER, OR],
    [get(seconds), i32(60), GREATER, OR, branchIf(0)],
    [maskOf([get(at), load(8)], BLANK), set(blanks)],
    [get(at), loadByte(9), tee(half), i32(BLANK), NE],
    when([
      [get(half), i32(A), NE, get(half), i32(P), NE, AND],
      [get(at), loadByte(10), i32(M), NE, OR],
      [get(hours), i32(12), GREATER, OR, branchIf(1)],
      [i32(0), get(hours), get(hours), i32(12), EQ, SELECT],
      [get(half), i32(P), EQ, i32(12), TIMES, I32_ADD, set(hours)],
      [get(blanks), i32(0b110), OR, set(blanks)],
    ]),
    [get(blanks), get(gap), AND, get(gap), NE, branchIf(0)],
  ]

  const readCell = [
    [get(i), load(0), set(cell)],
    [maskOf(get(cell), BLANK), i32(CELL_PLACES), AND, i32(1), LEFT, set(blanks)],
    [get(cell), vectorOf(ZERO), MINUS_BYTES, vectorOf(NINE), BYTES_NOT_ABOVE, BITMASK],
    [i32(CELL_PLACES), AND, set(places)],
    [get(cell), byteAt(MARK), get(mark), EQ, tee(half)],
    when(
      [
        [get(blanks), loadHalf(layout.decimals), get(places), XOR, get(bad), OR, set(bad)],
        [eight(1, 2, 3, 4, 5, 6, 8, 9), set(pick), i32(0), set(n)],
      ],
      [
        [get(blanks), loadHalf(layout.wholes), get(places), XOR, get(bad), OR, set(bad)],
        [get(cell), vectorOf(ZERO), MINUS_BYTES_TO_ZERO, byteAt(NINTH_DIGIT)],
        [i32(1e8), TIMES, set(n), eight(2, 3, 4, 5, 6, 7, 8, 9), set(pick)],
      ],
    ),
    [get(cell), vectorOf(ZERO), MINUS_BYTES_TO_ZERO, get(pick), PICK, WIDEN_BYTES],
    [words(1000, 100, 10, 1, 1000, 100, 10, 1), DOT, tee(cell), get(cell), NARROW_WORDS],
    [words(10_000, 10_000, 1, 1, 0, 0, 0, 0), DOT, tee(cell), wordAt(0)],
    [get(cell), wordAt(1), I32_ADD, get(n), I32_ADD, set(n)],
    [get(half)],
    when(
      [[get(out), get(n), DOUBLE, f64(100), DIVIDE, storeDouble(layout.values)]],
      [[get(out), get(n), DOUBLE, storeDouble(layout.values)]],
    ),
    [advance(out, layout.stride), advance(i, CELL)],
  ]

  const readRow = [
    [get(at), get(lead), I32_ADD, tee(i), get(cells), i32(CELL), TIMES, I32_ADD],
    [tee(stop), get(end), NOT_LESS, branchIf(0)],
    [get(row), i32(3), LEFT, set(out), i32(0), set(bad)],
    repeat(readCell, [get(i), get(stop), LESS, branchIf(0)]),
    [get(bad), branchIf(0)],
    [get(i), get(i), loadByte(0), i32(CR), EQ, I32_ADD, tee(i)],
    [loadByte(0), i32(LF), NE, branchIf(0)],
    [advance(line, 1), get(row), i32(3), LEFT, tee(out)],
    [get(hours), i32(60), TIMES, get(minutes), I32_ADD, i32(60), TIMES],
    [get(seconds), I32_ADD, DOUBLE, storeDouble(layout.clock)],
    [get(out), get(line), DOUBLE, storeDouble(layout.line)],
    [get(at), tee(before), set(at)],
    [get(i), i32(1), I32_ADD, set(at), advance(row, 1)],
  ]

  return {
    name: 'rows',
    parameters: [],
    locals: Array.from({ length: 26 }, (_, k) => (longs.includes(k) ? I64 : vectors.includes(k) ? V128 : I32)),
    body: [
      STATE.flatMap((_, k) => [i32(layout.state), loadWord(4 * k), set(k)]),
      [i64(-1n), set(lastTime)],
      repeat(
        block(
          [get(at), get(end), NOT_LESS, get(row), get(rows), NOT_LESS, OR, branchIf(0)],
          [get(at), loadByte(0), i32(LF), EQ, when([advance(at, 1), nextLine])],
          [get(at), loadLong(0), tee(time), get(lastTime), LONG_EQ, repeatedHeader],
          clock,
          readRow,
          [get(before), loadLong(0), set(lastTime), branch(1)],
        ),
      ),
      STATE.slice(0, KEPT).flatMap((_, k) => [i32(layout.state), get(k), storeWord(4 * k)]),
    ],
  }
}
