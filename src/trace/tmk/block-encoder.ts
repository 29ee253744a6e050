/** Makes one block of a `.tmk` file out of the events gathered for it. */

import { EventBatch, type EventDetail } from '../events.js'
import { checksum } from './checksum.js'
import { type EncodedColumn, encodeIntegers, encodeTimes } from './columns.js'
import {
  aligned,
  B,
  BLOCK_DATA,
  BLOCK_EVENTS,
  BLOCK_HEADER_WORDS,
  BLOCK_PAGES,
  COLUMN_ALIGN,
  DESCRIPTOR_WORDS,
  LIST_BIT,
  MARK_BLOCK,
  PART_ALIGN,
} from './layout.js'

/** What the index keeps of a block. */
export interface BlockEntry {
  /** Where it begins in the file, bytes. */
  offset: number
  bytes: number
  /** Number of its first event, from 0 on. */
  first: number
  /** Times of its first and last event, seconds. */
  tFirst: number
  tLast: number
  checksum: number
}

export class BlockEncoder {
  private readonly staged = new EventBatch(BLOCK_EVENTS)
  /** Names of files that blocks have carried so far. */
  private names = 0

  /** Number of events waiting for their block to be full. */
  get length(): number {
    return this.staged.length
  }

  /** Whether event `i` of `batch` would make the block too large. */
  wouldOverflow(batch: EventBatch, i: number): boolean {
    const { staged } = this
    if (staged.length === 0) return false
    if (staged.length === BLOCK_EVENTS) return true
    return batch.list[i] >= 0 && staged.pagesLength + batch.count[i] > BLOCK_PAGES
  }

  /** Takes event `i` of `batch`. */
  add(batch: EventBatch, i: number): void {
    const { staged } = this
    const k = staged.length++
    staged.fileNames = batch.fileNames
    staged.t[k] = batch.t[i]
    staged.op[k] = batch.op[i]
    staged.task[k] = batch.task[i]
    staged.object[k] = batch.object[i]
    staged.start[k] = batch.start[i]
    staged.count[k] = batch.count[i]
    staged.flags[k] = batch.flags[i]
    const list = batch.list[i]
    if (list >= 0) {
      const at = staged.reservePages(batch.count[i])
      staged.pages.set(batch.pages.subarray(list, list + batch.count[i]), at)
      staged.op[k] |= LIST_BIT
    }
    const detail = batch.detail.size > 0 ? batch.detail.get(i) : undefined
    if (detail !== undefined) staged.detail.set(k, detail)
  }

  /**
   * The block as it stands in the file, and what the index keeps of it; afterwards the next block is empty.
   * @param file mark of the file
   * @param number of the block, from 0 on
   * @param first number of its first event
   */
  encode(file: number, number: number, first: number, offset: number): { bytes: Uint8Array; entry: BlockEntry } {
    const { staged } = this
    const n = staged.length
    const columns: EncodedColumn[] = [
      encodeTimes(staged.t, n),
      encodeIntegers(staged.op, n),
      encodeIntegers(staged.flags, n),
      encodeIntegers(staged.task, n),
      encodeIntegers(staged.object, n),
      encodeIntegers(staged.start, n),
      encodeIntegers(staged.count, n),
      encodeIntegers(staged.pages, staged.pagesLength),
    ]
    const details = json([...staged.detail] satisfies [number, EventDetail][], staged.detail.size)
    const fresh = staged.fileNames.slice(this.names)
    const names = json(fresh, fresh.length)
    this.names += fresh.length

    let length = BLOCK_DATA
    const offsets = columns.map((column) => {
      const at = length
      length = aligned(length + column.data.length, COLUMN_ALIGN)
      return at
    })
    const detailAt = length
    length = aligned(length + details.length + names.length, PART_ALIGN)

    const bytes = new Uint8Array(length)
    const words = new Int32Array(bytes.buffer)
    const doubles = new Float64Array(bytes.buffer)
    words[B.mark] = MARK_BLOCK
    words[B.bytes] = length
    words[B.file] = file
    words[B.number] = number
    doubles[B.first >> 1] = first
    words[B.events] = n
    words[B.pages] = staged.pagesLength
    doubles[B.tFirst >> 1] = staged.t[0]
    doubles[B.tLast >> 1] = staged.t[n - 1]
    words[B.detailBytes] = details.length
    words[B.nameBytes] = names.length
    columns.forEach((column, k) => {
      const at = BLOCK_HEADER_WORDS + k * DESCRIPTOR_WORDS
      words[at] = column.encoding
      words[at + 1] = offsets[k]
      doubles[(at + 2) >> 1] = column.base
      doubles[(at + 4) >> 1] = column.step
      bytes.set(column.data, offsets[k])
    })
    bytes.set(details, detailAt)
    bytes.set(names, detailAt + details.length)
    const sum = checksum(words, words.length, B.checksum)
    words[B.checksum] = sum

    const entry = { offset, bytes: length, first, tFirst: staged.t[0], tLast: staged.t[n - 1], checksum: sum }
    staged.clear()
    return { bytes, entry }
  }
}

function json(value: unknown, size: number): Uint8Array {
  return size === 0 ? new Uint8Array(0) : new TextEncoder().encode(JSON.stringify(value))
}
