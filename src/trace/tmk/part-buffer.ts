/** The bytes of one part of a `.tmk` file, seen as what they may hold. One buffer, used for each part in turn. */

import { checksum } from './checksum.js'
import { type ColumnArray, decodeColumn } from './columns.js'
import { BLOCK_EVENTS } from './layout.js'
import { type SimdMemory, simdMemory } from './part-simd.js'

/** Columns that are expanded within the buffer's own memory. */
export type WideColumn = 't' | 'start'
const WIDE: readonly WideColumn[] = ['t', 'start']
const WIDE_BYTES = 8 * BLOCK_EVENTS

export class PartBuffer {
  bytes!: Uint8Array
  words!: Int32Array
  doubles!: Float64Array
  /** Where {@link PartBuffer.expand} puts them; others once the buffer has grown. */
  columns!: Readonly<Record<WideColumn, Float64Array>>
  private simd: SimdMemory | undefined

  /** @param bytes that it holds at first */
  constructor(bytes = 1 << 19) {
    this.reserve(bytes)
  }

  get buffer(): ArrayBuffer {
    return this.bytes.buffer as ArrayBuffer
  }

  /** Room for `bytes`; what the buffer holds is kept. */
  reserve(bytes: number): void {
    const old = this.bytes
    if (old !== undefined && old.length >= bytes) return
    const size = Math.ceil(Math.max(bytes, 2 * (old?.length ?? 0)) / 4096) * 4096
    const whole = size + WIDE.length * WIDE_BYTES
    this.simd = simdMemory(whole)
    const buffer = this.simd?.buffer ?? new ArrayBuffer(whole)
    this.bytes = new Uint8Array(buffer, 0, size)
    this.words = new Int32Array(buffer, 0, size >> 2)
    this.doubles = new Float64Array(buffer, 0, size >> 3)
    const [t, start] = WIDE.map((_, k) => new Float64Array(buffer, size + k * WIDE_BYTES, BLOCK_EVENTS))
    this.columns = { t, start }
    if (old !== undefined) this.bytes.set(old)
  }

  /** Sum of the first `n` words, the one at `skip` taken for 0. */
  checksum(n: number, skip: number): number {
    return this.simd?.checksum(n, skip) ?? checksum(this.words, n, skip)
  }

  /** Bytes `from` to `to` as text. */
  text(from: number, to: number): string {
    return Buffer.from(this.buffer, from, to - from).toString('utf8')
  }

  /**
   * Expands a column of `n` values into `out`: fast into one of {@link PartBuffer.columns}, and anywhere.
   * @param at where its data begin in the part, bytes
   */
  expand(encoding: number, base: number, step: number, at: number, n: number, out: ColumnArray): void {
    const { simd } = this
    if (out.buffer === this.buffer && simd?.expand(encoding, base, step, at, n, out.byteOffset)) return
    decodeColumn(encoding, base, step, this.buffer, at, n, out)
  }
}
