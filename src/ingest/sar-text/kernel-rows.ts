/** Memory in which vector instructions read plain rows from bytes into a block of rows; see row-kernel.ts. */

import { assemble, wasm } from '../../base/wasm.js'
import { BLOCK_ROWS, MAX_VALUES, RowBlock, SOME_ROWS } from '../series/row-block.js'
import { countFunction, followFunction, PASS } from './block-passes.js'
import { digitPlaces, type KernelLayout, rowsFunction, STATE } from './row-kernel.js'

const PAGE_BYTES = 65_536
/** Vectors reach over the end of the bytes. */
const BEYOND = 64
/** Longest part of a block of lines that is read at once: as much as a file is read by, and the line before. */
const INPUT_BYTES = 288 * 1024
/** A header is compared by whole vectors. */
const HEADER_BYTES = { least: 16, most: 512 }
/** The place of the first cell in a line: behind the time, and within the one vector that is looked at for blanks. */
const LEAD = { least: 9, most: 24 }

const STRIDE = 8 * BLOCK_ROWS
/** Numbers of the passes, and the columns. */
const PASSES = 512
const COLUMNS = 8192
const column = (k: number): number => COLUMNS + k * STRIDE
const LAYOUT: KernelLayout = {
  state: 0,
  decimals: 1024,
  wholes: 3072,
  header: 5120,
  sums: 6144,
  clock: column(0),
  end: column(1),
  dt: column(2),
  line: column(3),
  values: column(4),
  counts: column(4 + MAX_VALUES),
  stride: STRIDE,
}
const INPUT = LAYOUT.counts + MAX_VALUES * STRIDE
const MEMORY_PAGES = Math.ceil((INPUT + INPUT_BYTES + BEYOND) / PAGE_BYTES)

const [AT, ROW, LINE, END, LEAD_AT, GAP, CELLS, MARK, ROWS, HEADER] = STATE.keys()

let module: object | undefined

type Functions = Record<'rows' | 'follow' | 'count', () => void>

/** Rows in the memory of the kernel, where two of the passes over them are done as well. */
class KernelBlock extends RowBlock {
  private readonly words: Int32Array
  private readonly doubles: Float64Array
  private readonly sums: Float64Array
  private readonly made: Float64Array

  constructor(
    buffer: ArrayBuffer,
    private readonly functions: Functions,
  ) {
    const doubles = (at: number, n = BLOCK_ROWS) => new Float64Array(buffer, at, n)
    super(BLOCK_ROWS, {
      clock: doubles(LAYOUT.clock),
      end: doubles(LAYOUT.end),
      dt: doubles(LAYOUT.dt),
      line: doubles(LAYOUT.line),
      values: doubles(LAYOUT.values, MAX_VALUES * BLOCK_ROWS),
    })
    this.words = new Int32Array(buffer, PASSES)
    this.doubles = new Float64Array(buffer, PASSES)
    this.sums = doubles(LAYOUT.sums, MAX_VALUES)
    this.made = doubles(LAYOUT.counts, MAX_VALUES * BLOCK_ROWS)
  }

  override follow(from: number, before: number, time: number): number {
    const { words, doubles } = this
    if (this.length - from < SOME_ROWS) return from
    words[PASS.i / 4] = 8 * from
    words[PASS.end / 4] = 8 * this.length
    doubles[PASS.before / 8] = before
    doubles[PASS.time / 8] = time
    doubles[PASS.longest / 8] = this.longest
    this.functions.follow()
    this.longest = doubles[PASS.longest / 8]
    return words[PASS.i / 4] / 8
  }

  override count(from: number, to: number, sums: Float64Array): void {
    const { words, doubles, length, stride, width } = this
    if (from > 0 || to < length) {
      super.count(from, to, sums)
      return
    }
    if (length % 2 === 1) {
      // The last vector has nothing in its second half.
      for (let c = 0; c < width; c++) this.values[c * stride + length] = 0
      this.dt[length] = 0
    }
    words[PASS.end / 4] = 8 * length
    words[PASS.columns / 4] = width
    this.functions.count()
    for (let c = 0; c < width; c++) sums[c] += this.sums[c]
    this.least = doubles[PASS.least / 8]
    this.most = doubles[PASS.most / 8]
    this.counts = this.made
  }
}

/** The kernel over a memory of its own: one recording is read by it. */
export class KernelRows {
  /** Whose values are read here. */
  readonly rows: RowBlock
  /** Line of the file read last. */
  line = 0
  private readonly state: Int32Array
  private readonly input: Uint8Array
  private readonly bytes: Uint8Array
  /** From a place in the bytes to that in the memory. */
  private shift = 0
  private end = 0
  private headerText: Buffer | undefined

  private constructor(
    buffer: ArrayBuffer,
    private readonly functions: Functions,
  ) {
    this.state = new Int32Array(buffer, LAYOUT.state, STATE.length)
    this.bytes = new Uint8Array(buffer)
    this.input = new Uint8Array(buffer, INPUT, INPUT_BYTES)
    this.rows = new KernelBlock(buffer, functions)
    new Uint16Array(buffer, LAYOUT.decimals).set(digitPlaces(true))
    new Uint16Array(buffer, LAYOUT.wholes).set(digitPlaces(false))
    this.state[ROWS] = BLOCK_ROWS
  }

  /** Undefined where there are no vector instructions, or no room for the memory of WebAssembly. */
  static open(): KernelRows | undefined {
    try {
      module ??= assemble([rowsFunction(LAYOUT), followFunction(PASSES, LAYOUT), countFunction(PASSES, LAYOUT)])
      const memory = new wasm.Memory({ initial: MEMORY_PAGES })
      const { exports } = new wasm.Instance(module, { m: { m: memory } })
      return new KernelRows(memory.buffer, exports as Functions)
    } catch {
      return undefined
    }
  }

  /** Takes the whole lines `bytes[start, end)`. @returns false for more than there is room for */
  take(bytes: Buffer, start: number, end: number): boolean {
    if (end - start > INPUT_BYTES) return false
    this.input.set(bytes.subarray(start, end))
    this.shift = INPUT - start
    this.end = end + this.shift
    return true
  }

  /**
   * Reads rows into {@link rows}, behind those that are there, as long as they come and there is room. Goes on over empty
   * lines, and over `header` where it has the time of the row before it.
   * @param line the one before `at`; counted up in {@link line}
   * @param lead where the first cell of a row begins
   * @param header as it stands behind its time
   * @returns where the line begins that ended it
   */
  read(at: number, line: number, lead: number, mark: number, header: Buffer | undefined): number {
    const { state, rows } = this
    this.line = line
    if (lead < LEAD.least || lead > LEAD.most) return at
    if (header !== this.headerText) this.keep(header)
    state[AT] = at + this.shift
    state[ROW] = rows.length
    state[LINE] = line
    state[END] = this.end
    state[LEAD_AT] = lead
    state[GAP] = (1 << (lead - 8)) - 1
    state[CELLS] = rows.width
    state[MARK] = mark
    this.functions.rows()
    rows.length = state[ROW]
    this.line = state[LINE]
    return state[AT] - this.shift
  }

  private keep(header: Buffer | undefined): void {
    this.headerText = header
    const n = header?.length ?? 0
    const fits = n >= HEADER_BYTES.least && n <= HEADER_BYTES.most
    this.state[HEADER] = fits ? n : 0
    if (fits) this.bytes.set(header as Buffer, LAYOUT.header)
  }
}
