/** Verifies one block of a `.tmk` file and expands it into a batch. */

import { type EventBatch, type EventDetail, OP_NAMES } from '../events.js'
import { columnBytes, ENCODING } from './columns.js'
import { ConstantColumns } from './constant-columns.js'
import {
  aligned,
  B,
  BLOCK_DATA,
  BLOCK_EVENTS,
  BLOCK_HEADER_WORDS,
  COLUMN_ALIGN,
  COLUMNS,
  DESCRIPTOR_WORDS,
  damaged,
  LIST_BIT,
  MARK_BLOCK,
  NR_COLUMNS,
} from './layout.js'
import type { PartBuffer } from './part-buffer.js'

/** Where the encoding of the `op` column stands. */
const OP_ENCODING = BLOCK_HEADER_WORDS + COLUMNS.indexOf('op') * DESCRIPTOR_WORDS

/** Where in the file a block must stand, and what was read before it. */
export interface BlockPlace {
  /** Path, for messages. */
  readonly path: string
  /** Mark of the file. */
  readonly mark: number
  /** Where the block begins, bytes. */
  offset: number
  /** Its number, and that of its first event. */
  number: number
  first: number
  /** Time of the last event before it, seconds. */
  t: number
}

export class BlockDecoder {
  /** Names that blocks have brought so far, by serial. */
  private readonly fileNames: string[]
  private readonly constants = new ConstantColumns()

  /** @param known all names of the file, where they are known before its blocks are read */
  constructor(private readonly known?: readonly string[]) {
    this.fileNames = known === undefined ? [] : [...known]
  }

  /**
   * Expands the block of `length` bytes in `part` into `batch` and moves `place` behind it. Columns of doubles and page
   * numbers of four bytes are not copied: `batch` looks at the memory of `part` until the next block.
   * @throws InputError for a block that is not whole, not of this file or not the next one
   */
  decode(part: PartBuffer, length: number, place: BlockPlace, batch: EventBatch): void {
    const { words, doubles } = part
    const fail = (what: string, found?: string): never => {
      throw damaged(place.path, place.offset, what, found)
    }
    if (words[B.mark] !== MARK_BLOCK || words[B.bytes] !== length) fail('no block where one should be')
    const sum = part.checksum(length >> 2, B.checksum)
    if (sum !== words[B.checksum]) fail(`block ${place.number} does not have its checksum`)
    if (words[B.file] !== place.mark) fail('a block of another file')
    const first = doubles[B.first >> 1]
    if (words[B.number] !== place.number || first !== place.first) {
      fail(`block ${place.number} is not where it should be`, `block ${words[B.number]}`)
    }
    const n = words[B.events]
    const nPages = words[B.pages]
    if (n <= 0 || n > Math.min(batch.capacity, BLOCK_EVENTS) || nPages < 0 || !(doubles[B.tFirst >> 1] >= place.t)) {
      fail(`block ${place.number} does not fit what precedes it`)
    }
    batch.clear()
    const { t, start } = part.columns
    if (batch.t !== t) {
      batch.t = t
      batch.start = start
    }
    const end = this.columns(part, length, n, nPages, batch, place)
    this.lists(part, batch, n, nPages, place)
    this.details(part, length, end, batch, place)
    batch.length = n
    batch.firstLine = first + 1
    batch.fileNames = this.fileNames
    place.offset += length
    place.number++
    place.first += n
    place.t = doubles[B.tLast >> 1]
  }

  /** @returns where the last column ends */
  private columns(
    part: PartBuffer,
    length: number,
    n: number,
    nPages: number,
    batch: EventBatch,
    place: BlockPlace,
  ): number {
    const { words, doubles } = part
    let end = BLOCK_DATA
    for (let k = 0; k < NR_COLUMNS; k++) {
      const at = BLOCK_HEADER_WORDS + k * DESCRIPTOR_WORDS
      const encoding = words[at]
      const offset = words[at + 1]
      const count = COLUMNS[k] === 'pages' ? nPages : n
      const bytes = columnBytes(encoding, count)
      if (bytes < 0 || offset < end || offset % COLUMN_ALIGN !== 0 || offset + bytes > length) {
        throw damaged(place.path, place.offset, `column ${COLUMNS[k]} of block ${place.number} cannot be read`)
      }
      end = offset + bytes
      const base = doubles[(at + 2) >> 1]
      const step = doubles[(at + 4) >> 1]
      if (COLUMNS[k] === 'pages') {
        if (encoding === ENCODING.u32 && base === 0) batch.pages = new Uint32Array(part.buffer, offset, count)
        else {
          batch.pages = this.ownPages(count)
          part.expand(encoding, base, step, offset, count, batch.pages)
        }
        batch.pagesLength = count
      } else if (encoding === ENCODING.step && step === 0) this.constants.fill(batch[COLUMNS[k]], base)
      else {
        this.constants.forget(batch[COLUMNS[k]])
        part.expand(encoding, base, step, offset, n, batch[COLUMNS[k]])
      }
    }
    return end
  }

  private wide = new Uint32Array(0)

  /** Page numbers that had to be widened go here. */
  private ownPages(n: number): Uint32Array {
    if (n > this.wide.length) this.wide = new Uint32Array(2 * n)
    return this.wide
  }

  /** Takes the list bit out of `op`, and gives each list its place in `pages`. */
  private lists(part: PartBuffer, batch: EventBatch, n: number, nPages: number, place: BlockPlace): void {
    const { op, list, count } = batch
    let at = 0
    let highest = 0
    if (part.words[OP_ENCODING] === ENCODING.step && op[0] === op[n - 1] && (op[0] & LIST_BIT) === 0) {
      this.constants.fill(list, -1)
      highest = op[0]
    } else {
      this.constants.forget(op)
      this.constants.forget(list)
      for (let i = 0; i < n; i++) {
        const code = op[i] & ~LIST_BIT
        if (op[i] === code) list[i] = -1
        else {
          op[i] = code
          list[i] = at
          at += count[i]
        }
        if (code > highest) highest = code
      }
    }
    if (at !== nPages || highest >= OP_NAMES.length) {
      throw damaged(place.path, place.offset, `block ${place.number} holds what no event can be`)
    }
  }

  private details(part: PartBuffer, length: number, from: number, batch: EventBatch, place: BlockPlace): void {
    const { words } = part
    const detailBytes = words[B.detailBytes]
    const nameBytes = words[B.nameBytes]
    if (detailBytes === 0 && nameBytes === 0) return
    const at = aligned(from, COLUMN_ALIGN)
    const end = at + detailBytes + nameBytes
    if (detailBytes < 0 || nameBytes < 0 || end > length) {
      throw damaged(place.path, place.offset, `block ${place.number} holds details that do not fit`)
    }
    if (detailBytes > 0) {
      const details = JSON.parse(part.text(at, at + detailBytes)) as [number, EventDetail][]
      for (const [i, detail] of details) batch.detail.set(i, detail)
    }
    if (nameBytes > 0 && this.known === undefined) {
      for (const name of JSON.parse(part.text(at + detailBytes, end)) as string[]) this.fileNames.push(name)
    }
  }
}
