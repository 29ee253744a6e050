/** Memory in which vector instructions read plain rows from bytes into a block of rows; see row-kernel.ts. */

import { assemble, wasm } from '../../base/wasm.js'
import { BLOCK_ROWS, MAX_VALUES, RowBlock } from '../series/row-block.js'
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
const LAYOUT: KernelLayout = {
  state: 0,
  decimals: 1024,
  wholes: 3072,
  header: 5120,
  clock: 8192,
  line: 8192 + STRIDE,
  values: 8192 + 2 * STRIDE,
  stride: STRIDE,
}
const INPUT = LAYOUT.values + MAX_VALUES * STRIDE
const MEMORY_PAGES = Math.ceil((INPUT + INPUT_BYTES + BEYOND) / PAGE_BYTES)

const [AT, ROW, LINE, END, LEAD_AT, GAP, CELLS, MARK, ROWS, HEADER] = STATE.keys()

let module: object | undefined

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
    private readonly run: () => void,
  ) {
    this.state = new Int32Array(buffer, LAYOUT.state, STATE.length)
    this.bytes = new Uint8Array(buffer)
    this.input = new Uint8Array(buffer, INPUT, INPUT_BYTES)
    const doubles = (at: number, n: number) => new Float64Array(buffer, at, n)
    this.rows = new RowBlock(BLOCK_ROWS, {
      clock: doubles(LAYOUT.clock, BLOCK_ROWS),
      line: doubles(LAYOUT.line, BLOCK_ROWS),
      values: doubles(LAYOUT.values, MAX_VALUES * BLOCK_ROWS),
    })
    new Uint16Array(buffer, LAYOUT.decimals).set(digitPlaces(true))
    new Uint16Array(buffer, LAYOUT.wholes).set(digitPlaces(false))
    this.state[ROWS] = BLOCK_ROWS
  }

  /** Undefined where there are no vector instructions, or no room for the memory of WebAssembly. */
  static open(): KernelRows | undefined {
    try {
      module ??= assemble([rowsFunction(LAYOUT)])
      const memory = new wasm.Memory({ initial: MEMORY_PAGES })
      const { rows } = new wasm.Instance(module, { m: { m: memory } }).exports as { rows: () => void }
      return new KernelRows(memory.buffer, rows)
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
    this.run()
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
