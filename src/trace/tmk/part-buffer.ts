/** The bytes of one part of a `.tmk` file, seen as what they may hold. One buffer, used for each part in turn. */

import { checksum } from './checksum.js'
import { type SimdMemory, simdMemory } from './checksum-simd.js'

export class PartBuffer {
  bytes!: Uint8Array
  words!: Int32Array
  doubles!: Float64Array
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
    this.simd = simdMemory(size)
    const buffer = this.simd?.buffer ?? new ArrayBuffer(size)
    this.bytes = new Uint8Array(buffer, 0, size)
    this.words = new Int32Array(buffer, 0, size >> 2)
    this.doubles = new Float64Array(buffer, 0, size >> 3)
    if (old !== undefined) this.bytes.set(old)
  }

  /** Sum of the first `n` words, the one at `skip` taken for 0. */
  checksum(n: number, skip: number): number {
    return this.simd?.checksum(n, skip) ?? checksum(this.words, n, skip)
  }
}
