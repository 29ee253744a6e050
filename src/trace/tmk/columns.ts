/**
 * How one column of a block is written: as narrow as its values allow, so that a block is read fast and widened by one
 * `TypedArray.set`. What is the same for all events, or goes up evenly, takes no bytes at all.
 *
 * Times are decimal fractions in practice: they are stored as whole ticks of 1/10^k s with their differences, if that
 * gives back exactly the same doubles, and as doubles otherwise.
 */

/** Stable numbers: they stand in files. */
export const ENCODING = {
  /** `base + i · step`, no data. */
  step: 0,
  /** `base +` unsigned integers of 1, 2, 4 bytes. */
  u8: 1,
  u16: 2,
  u32: 3,
  f64: 4,
  /** Running sum of differences, starting at `base`, divided by `step`: 1, 2, 4 bytes a difference. */
  ticks8: 5,
  ticks16: 6,
  ticks32: 7,
} as const

const WIDTH = [0, 1, 2, 4, 8, 1, 2, 4] as const

export type ColumnArray = Float64Array | Int32Array | Uint32Array | Uint8Array

/** A column ready to be written. */
export interface EncodedColumn {
  encoding: number
  base: number
  step: number
  /** Data bytes, in the byte order of the file. */
  data: Uint8Array
}

const NO_DATA = new Uint8Array(0)

/** Bytes of `n` values; −1 for an encoding that this version does not know. */
export function columnBytes(encoding: number, n: number): number {
  return encoding in WIDTH ? WIDTH[encoding] * n : -1
}

/** Encodes whole numbers. */
export function encodeIntegers(values: ColumnArray, n: number): EncodedColumn {
  const step = evenStep(values, n)
  if (step !== undefined) return { encoding: ENCODING.step, base: n > 0 ? values[0] : 0, step, data: NO_DATA }
  let min = Number.POSITIVE_INFINITY
  let max = Number.NEGATIVE_INFINITY
  for (let i = 0; i < n; i++) {
    const v = values[i]
    if (v < min) min = v
    if (v > max) max = v
  }
  // Base 0 needs no addition when it is read.
  const base = min >= 0 && width(max) === width(max - min) ? 0 : min
  const range = max - base
  if (range <= 0xff) {
    const data = new Uint8Array(n)
    for (let i = 0; i < n; i++) data[i] = values[i] - base
    return { encoding: ENCODING.u8, base, step: 0, data }
  }
  if (range <= 0xffff) {
    const data = new Uint16Array(n)
    for (let i = 0; i < n; i++) data[i] = values[i] - base
    return { encoding: ENCODING.u16, base, step: 0, data: bytesOf(data) }
  }
  if (range <= 0xffffffff) {
    const data = new Uint32Array(n)
    for (let i = 0; i < n; i++) data[i] = values[i] - base
    return { encoding: ENCODING.u32, base, step: 0, data: bytesOf(data) }
  }
  return doubles(values, n)
}

/** Encodes times, seconds. */
export function encodeTimes(t: Float64Array, n: number): EncodedColumn {
  for (const perSecond of [1e3, 1e6, 1e9]) {
    const differences = ticks(t, n, perSecond)
    if (differences === undefined) continue
    const base = Math.round(t[0] * perSecond)
    const max = differences.reduce((a, b) => Math.max(a, b), 0)
    if (max <= 0xff) return { encoding: ENCODING.ticks8, base, step: perSecond, data: Uint8Array.from(differences) }
    if (max <= 0xffff) {
      return { encoding: ENCODING.ticks16, base, step: perSecond, data: bytesOf(Uint16Array.from(differences)) }
    }
    return { encoding: ENCODING.ticks32, base, step: perSecond, data: bytesOf(differences) }
  }
  return doubles(t, n)
}

/** Differences in ticks, the first 0; undefined where they would not give the same times again. */
function ticks(t: Float64Array, n: number, perSecond: number): Uint32Array | undefined {
  const out = new Uint32Array(n)
  let previous = Math.round(t[0] * perSecond)
  for (let i = 0; i < n; i++) {
    const now = Math.round(t[i] * perSecond)
    const difference = now - previous
    if (now / perSecond !== t[i] || difference > 0xffffffff || now > Number.MAX_SAFE_INTEGER) return undefined
    out[i] = difference
    previous = now
  }
  return out
}

/** The step of a column that goes up evenly by whole numbers, 0 for one that stays the same. */
function evenStep(values: ColumnArray, n: number): number | undefined {
  const step = n > 1 ? values[1] - values[0] : 0
  for (let i = 1; i < n; i++) if (values[i] - values[i - 1] !== step) return undefined
  return step
}

function width(range: number): number {
  return range <= 0xff ? 1 : range <= 0xffff ? 2 : range <= 0xffffffff ? 4 : 8
}

function doubles(values: ColumnArray, n: number): EncodedColumn {
  return { encoding: ENCODING.f64, base: 0, step: 0, data: bytesOf(Float64Array.from(values.subarray(0, n))) }
}

function bytesOf(array: Uint16Array | Uint32Array | Float64Array): Uint8Array {
  return new Uint8Array(array.buffer, array.byteOffset, array.byteLength)
}

/**
 * Expands `n` values into `out`.
 * @param at where the data begin in `buffer`, a multiple of 8; they must lie within it
 */
export function decodeColumn(
  encoding: number,
  base: number,
  step: number,
  buffer: ArrayBuffer,
  at: number,
  n: number,
  out: ColumnArray,
): void {
  switch (encoding) {
    case ENCODING.step:
      if (step === 0) out.fill(base, 0, n)
      else for (let i = 0; i < n; i++) out[i] = base + i * step
      break
    case ENCODING.u8:
      widen(new Uint8Array(buffer, at, n), base, n, out)
      break
    case ENCODING.u16:
      widen(new Uint16Array(buffer, at, n), base, n, out)
      break
    case ENCODING.u32:
      widen(new Uint32Array(buffer, at, n), base, n, out)
      break
    case ENCODING.f64:
      widen(new Float64Array(buffer, at, n), base, n, out)
      break
    case ENCODING.ticks8:
      sumUp(new Uint8Array(buffer, at, n), base, step, n, out)
      break
    case ENCODING.ticks16:
      sumUp(new Uint16Array(buffer, at, n), base, step, n, out)
      break
    case ENCODING.ticks32:
      sumUp(new Uint32Array(buffer, at, n), base, step, n, out)
      break
  }
}

type Data = Uint8Array | Uint16Array | Uint32Array | Float64Array

function widen(data: Data, base: number, n: number, out: ColumnArray): void {
  out.set(data)
  if (base !== 0) for (let i = 0; i < n; i++) out[i] += base
}

function sumUp(data: Data, base: number, perSecond: number, n: number, out: ColumnArray): void {
  let tick = base
  for (let i = 0; i < n; i++) {
    tick += data[i]
    out[i] = tick / perSecond
  }
}
