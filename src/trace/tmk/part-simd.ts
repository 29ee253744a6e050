/** Memory of a part whose checksum and columns are done by vector instructions. */

import { assemble, wasm } from '../../base/wasm.js'
import { fold, LANES, seed } from './checksum.js'
import { checksumFunction } from './checksum-simd.js'
import { COLUMN_FUNCTIONS, type ColumnFunctions, expandColumn } from './columns-simd.js'

let module: object | undefined

export interface SimdMemory {
  readonly buffer: ArrayBuffer
  /** Same as `checksum` over the buffer's words. */
  checksum(n: number, skip: number): number
  /** Same as `decodeColumn` into the doubles at `out`, bytes; false where that has to do it. */
  expand(encoding: number, base: number, step: number, at: number, n: number, out: number): boolean
}

const PAGE_BYTES = 65_536

/**
 * Memory of at least `bytes`; undefined where there are no vector instructions, or where the address space is limited
 * too tightly for WebAssembly.
 */
export function simdMemory(bytes: number): SimdMemory | undefined {
  try {
    module ??= assemble([checksumFunction(), ...COLUMN_FUNCTIONS])
    // The lanes stand behind what the caller uses.
    const memory = new wasm.Memory({ initial: Math.ceil((bytes + 4 * LANES) / PAGE_BYTES) })
    const { checksum, ...columns } = new wasm.Instance(module, { m: { m: memory } }).exports as ColumnFunctions
    const { buffer } = memory
    const state = buffer.byteLength - 4 * LANES
    const words = new Int32Array(buffer)
    const lanes = new Int32Array(buffer, state, LANES)
    return {
      buffer,
      checksum: (n, skip) => {
        const kept = words[skip]
        words[skip] = 0
        seed(lanes)
        if (n > 0) checksum(0, 4 * n, state)
        words[skip] = kept
        return fold(lanes, n)
      },
      expand: (encoding, base, step, at, n, out) => expandColumn(columns, encoding, base, step, at, n, out),
    }
  } catch {
    return undefined
  }
}
