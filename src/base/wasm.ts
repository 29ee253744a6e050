/**
 * Functions of WebAssembly over one memory, put together where they are used: vector instructions, and loops whose
 * addresses stay in registers, need no compiler but the one in node.
 */

/** What is used of WebAssembly; its types come with those of browsers only. */
interface Wasm {
  Module: new (bytes: Uint8Array) => object
  Memory: new (size: { initial: number }) => { readonly buffer: ArrayBuffer }
  Instance: new (module: object, imports: object) => { readonly exports: unknown }
}
export const { WebAssembly: wasm } = globalThis as unknown as { WebAssembly: Wasm }

/** Lengths and numbers of the binary format, signed and unsigned LEB128. */
export function unsigned(n: number): number[] {
  return n < 0x80 ? [n] : [(n & 0x7f) | 0x80, ...unsigned(n >>> 7)]
}
function signed(n: number): number[] {
  return n >= -64 && n < 64 ? [n & 0x7f] : [(n & 0x7f) | 0x80, ...signed(n >> 7)]
}
function signedLong(n: bigint): number[] {
  return n >= -64n && n < 64n ? [Number(n & 0x7fn)] : [Number(n & 0x7fn) | 0x80, ...signedLong(n >> 7n)]
}
// Arrays are joined by what is built in: a spread goes through them one by one, before anything is compiled.
const counted = (bytes: number[]): number[] => unsigned(bytes.length).concat(bytes)
const section = (id: number, items: number[][]): number[] =>
  [id].concat(counted(unsigned(items.length).concat(items.flat())))
const name = (text: string): number[] => counted(Array.from(Buffer.from(text)))

/** Instructions, in as many arrays as they are easily written in. */
export type Code = readonly (number | Code)[]

export const I32 = 0x7f
export const I64 = 0x7e
export const F64 = 0x7c
export const V128 = 0x7b
export const VECTOR_BYTES = 16

export const get = (local: number): number[] => [0x20, local]
export const set = (local: number): number[] => [0x21, local]
export const tee = (local: number): number[] => [0x22, local]
export const i32 = (n: number): number[] => [0x41, ...signed(n)]
export const i64 = (n: bigint): number[] => [0x42, ...signedLong(BigInt.asIntN(64, n))]
export const f64 = (n: number): number[] => [0x44, ...Buffer.from(new Float64Array([n]).buffer)]
export const I32_ADD = [0x6a]
/** Loads and stores at the address on the stack and `offset`. */
export const loadByte = (offset: number): number[] => [0x2d, 0, ...unsigned(offset)]
export const loadHalf = (offset: number): number[] => [0x2f, 0, ...unsigned(offset)]
export const loadWord = (offset: number): number[] => [0x28, 0, ...unsigned(offset)]
export const storeWord = (offset: number): number[] => [0x36, 0, ...unsigned(offset)]
export const loadLong = (offset: number): number[] => [0x29, 0, ...unsigned(offset)]
export const loadDouble = (offset: number): number[] => [0x2b, 0, ...unsigned(offset)]
export const storeDouble = (offset: number): number[] => [0x39, 0, ...unsigned(offset)]

/** Instructions that {@link branch} and {@link branchIf} leave by the end of, and those that they repeat. */
export const block = (...body: Code): Code => [0x02, 0x40, body, 0x0b]
export const repeat = (...body: Code): Code => [0x03, 0x40, body, 0x0b]
/** `then` where the number on the stack is not 0. It counts as a block of its own for branches. */
export const when = (then: Code, otherwise: Code = []): Code => [
  ...[0x04, 0x40, then],
  otherwise.length === 0 ? [] : [0x05, otherwise],
  0x0b,
]
/** Leaves or repeats the block that is `depth` blocks further out than the innermost. */
export const branch = (depth: number): number[] => [0x0c, depth]
export const branchIf = (depth: number): number[] => [0x0d, depth]

/** A vector instruction. */
export const simd = (code: number, ...rest: number[]): number[] => [0xfd, ...unsigned(code), ...rest]
export const load = (offset: number): number[] => simd(0x00, 4, ...unsigned(offset))
export const store = (offset: number): number[] => simd(0x0b, 4, ...unsigned(offset))

/** Repeats `body`, at least once, while local `at` has not reached local `end`. */
export function loop(at: number, end: number, body: number[]): number[] {
  const lessThan = 0x49
  return [0x03, 0x40, ...body, ...get(at), ...get(end), lessThan, 0x0d, 0, 0x0b]
}

/** Moves local `at` on by `bytes`. */
export const advance = (at: number, bytes: number): number[] => [...get(at), ...i32(bytes), ...I32_ADD, ...set(at)]

/** A function without a result. Its locals are numbered from the parameters on. */
export interface WasmFunction {
  name: string
  parameters: number[]
  locals: number[]
  body: Code
}

/** A module that exports `functions` and takes its memory as import `m.m`. */
export function assemble(functions: readonly WasmFunction[]): object {
  const types = functions.map(({ parameters }) => [0x60, ...counted(parameters), 0])
  const bodies = functions.map(({ locals, body }) => {
    const declared = unsigned(locals.length).concat(locals.flatMap((type) => [1, type]))
    return counted(declared.concat((body as unknown[]).flat(Number.POSITIVE_INFINITY) as number[], 0x0b))
  })
  const sections = [
    [0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    section(1, types),
    section(2, [[...name('m'), ...name('m'), 2, 0, 1]]),
    section(
      3,
      functions.map((_, k) => unsigned(k)),
    ),
    section(
      7,
      functions.map((f, k) => [...name(f.name), 0, ...unsigned(k)]),
    ),
    section(10, bodies),
  ]
  return new wasm.Module(new Uint8Array(sections.flat()))
}
