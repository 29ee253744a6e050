/**
 * The checksum of checksum.ts by vector instructions: a function of WebAssembly, which needs no compiler but the one in
 * node, over memory that the file is read into. Plain JavaScript spends twice the time of the read on it, this half.
 */

import { fold, LANES, PRIME, seed } from './checksum.js'

/** What is used of WebAssembly; its types come with those of browsers only. */
interface Wasm {
  Module: new (bytes: Uint8Array) => object
  Memory: new (size: { initial: number }) => { readonly buffer: ArrayBuffer }
  Instance: new (module: object, imports: object) => { readonly exports: unknown }
}
const { WebAssembly: wasm } = globalThis as unknown as { WebAssembly: Wasm }

const VECTORS = LANES / 4
const VECTOR_BYTES = 16

/** Lengths and numbers of the binary format, signed and unsigned LEB128. */
function unsigned(n: number): number[] {
  return n < 0x80 ? [n] : [(n & 0x7f) | 0x80, ...unsigned(n >>> 7)]
}
function signed(n: number): number[] {
  return n >= -64 && n < 64 ? [n & 0x7f] : [(n & 0x7f) | 0x80, ...signed(n >> 7)]
}
const counted = (bytes: number[]): number[] => [...unsigned(bytes.length), ...bytes]
const section = (id: number, bytes: number[]): number[] => [id, ...counted(bytes)]

const I32 = 0x7f
const V128 = 0x7b
const get = (local: number): number[] => [0x20, local]
const set = (local: number): number[] => [0x21, local]
const i32 = (n: number): number[] => [0x41, ...signed(n)]
const simd = (code: number, ...rest: number[]): number[] => [0xfd, ...unsigned(code), ...rest]
const load = (offset: number): number[] => simd(0x00, 4, ...unsigned(offset))
const store = (offset: number): number[] => simd(0x0b, 4, ...unsigned(offset))
const SPLAT = simd(0x11)
const OR = simd(0x50)
const XOR = simd(0x51)
const SHIFT_LEFT = simd(0xab, 1)
const SHIFT_RIGHT = simd(0xad, 1)
const MULTIPLY = simd(0xb5, 1)

/** `run(from, to, state)`: byte offsets of the words, and of the lanes that they go into. */
function code(): number[] {
  const [from, to, state, prime, x] = [0, 1, 2, 3, 4]
  const lane = (k: number): number => 5 + k
  const out = [...i32(PRIME), ...SPLAT, ...set(prime)]
  for (let k = 0; k < VECTORS; k++) out.push(...get(state), ...load(k * VECTOR_BYTES), ...set(lane(k)))
  const loop = [0x03, 0x40]
  const branchIf = [0x0d, 0]
  const lessThan = 0x49
  const add = 0x6a
  const end = 0x0b
  out.push(...loop)
  for (let k = 0; k < VECTORS; k++) {
    out.push(...get(lane(k)), ...get(from), ...load(k * VECTOR_BYTES), ...XOR, ...set(x))
    out.push(...get(x), ...i32(13), ...SHIFT_LEFT, ...get(x), ...i32(19), ...SHIFT_RIGHT, ...OR)
    out.push(...get(prime), ...MULTIPLY, ...set(lane(k)))
  }
  out.push(...get(from), ...i32(LANES * 4), add, ...set(from), ...get(from), ...get(to), lessThan, ...branchIf, end)
  for (let k = 0; k < VECTORS; k++) out.push(...get(state), ...get(lane(k)), ...store(k * VECTOR_BYTES))
  const locals = [1, VECTORS + 2, V128]
  return [...locals, ...out, end]
}

function build(): object {
  const name = (text: string): number[] => counted([...Buffer.from(text)])
  return new wasm.Module(
    Uint8Array.from([
      ...[0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
      ...section(1, [1, 0x60, 3, I32, I32, I32, 0]),
      ...section(2, [1, ...name('m'), ...name('m'), 2, 0, 1]),
      ...section(3, [1, 0]),
      ...section(7, [1, ...name('run'), 0, 0]),
      ...section(10, [1, ...counted(code())]),
    ]),
  )
}

let module: object | undefined

/** Memory that is summed up fast. */
export interface SimdMemory {
  readonly buffer: ArrayBuffer
  /** Same as `checksum` over the buffer's words. */
  checksum(n: number, skip: number): number
}

const PAGE_BYTES = 65_536

/**
 * Memory of at least `bytes`; undefined where there are no vector instructions, or where the address space is limited
 * too tightly for WebAssembly.
 */
export function simdMemory(bytes: number): SimdMemory | undefined {
  try {
    module ??= build()
    // The lanes stand behind what the caller uses.
    const memory = new wasm.Memory({ initial: Math.ceil((bytes + 4 * LANES) / PAGE_BYTES) })
    const { run } = new wasm.Instance(module, { m: { m: memory } }).exports as {
      run(from: number, to: number, state: number): void
    }
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
        if (n > 0) run(0, 4 * n, state)
        words[skip] = kept
        return fold(lanes, n)
      },
    }
  } catch {
    return undefined
  }
}
