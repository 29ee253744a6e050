/** Reads a `.tmk` file that can be read anywhere: large synchronous reads into one buffer, blocks found by the index. */

import { closeSync, fstatSync, openSync, readSync } from 'node:fs'
import { unreadable } from '../../base/byte-source.js'
import type { EventBatch, TraceHeader } from '../events.js'
import { BlockDecoder, type BlockPlace } from './block-decoder.js'
import type { BlockEntry } from './block-encoder.js'
import { B, cutOff, damaged, FILE_HEADER_WORDS, TRAILER_WORDS } from './layout.js'
import { PartBuffer } from './part-buffer.js'
import { decodeHeader, decodeIndex, decodeTrailer, headerLength, type TraceIndex, validLength } from './parts.js'

export class TmkFile {
  readonly header: TraceHeader
  /** Of the whole file, bytes. */
  readonly size: number
  /** Blocks in order of time. */
  readonly blocks: readonly BlockEntry[]
  /** Events of the whole file. */
  readonly events: number
  /** Names of the files that events mention, by serial. */
  readonly fileNames: readonly string[]
  private readonly part = new PartBuffer()
  private decoder = new BlockDecoder()
  private place: BlockPlace
  private readonly mark: number
  private next = 0

  /**
   * Opens the file and verifies its header, its end and its index.
   * @throws InputError for what cannot be read, is no `.tmk` file of a known version, is cut off or damaged
   */
  static open(path: string): TmkFile {
    let fd: number
    try {
      fd = openSync(path, 'r')
    } catch (error) {
      throw unreadable(path, error)
    }
    try {
      return new TmkFile(path, fd)
    } catch (error) {
      closeSync(fd)
      throw error
    }
  }

  private constructor(
    readonly path: string,
    private readonly fd: number,
  ) {
    const { part } = this
    const stat = fstatSync(fd)
    if (stat.isDirectory()) throw unreadable(path, { code: 'EISDIR' })
    const { size } = stat
    this.size = size
    const least = 4 * FILE_HEADER_WORDS
    this.read(0, Math.min(size, least))
    if (size < least) throw cutOff(path, 0, 'no whole header')
    const length = headerLength(part, path)
    if (length > size) throw cutOff(path, 0, 'no whole header')
    this.read(0, length)
    const { header, mark } = decodeHeader(part, length, path)
    this.header = header
    this.mark = mark
    const index = this.readIndex(size, length)
    this.blocks = index.blocks
    this.fileNames = index.fileNames
    this.events = index.events
    this.place = this.begin(length)
  }

  private readIndex(size: number, headerBytes: number): TraceIndex & { events: number } {
    const { path, part, mark } = this
    const end = size - 4 * TRAILER_WORDS
    if (end < headerBytes) throw cutOff(path, headerBytes, 'no end mark')
    this.read(end, 4 * TRAILER_WORDS)
    const trailer = decodeTrailer(part, mark, path, end)
    const { index, indexBytes } = trailer
    if (trailer.length !== size || index + indexBytes !== end || index < headerBytes || !validLength(indexBytes, 8)) {
      throw damaged(path, end, 'the end mark is not where it was written')
    }
    this.read(index, indexBytes)
    const decoded = decodeIndex(part, indexBytes, mark, path, index)
    let at = headerBytes
    for (const block of decoded.blocks) {
      if (block.offset !== at || !validLength(block.bytes, B.checksum + 1)) {
        throw damaged(path, index, 'the index does not fit the blocks')
      }
      at += block.bytes
    }
    if (at !== index) throw damaged(path, index, 'the index does not fit the blocks')
    return { ...decoded, events: trailer.events }
  }

  private begin(offset: number): BlockPlace {
    return { path: this.path, mark: this.mark, offset, number: 0, first: 0, t: 0 }
  }

  /**
   * Reads, verifies and expands the next block.
   * @param batch for BLOCK_EVENTS events; nobody else may write into it
   * @returns false at the end of the file; `batch` is then empty
   * @throws InputError
   */
  nextBatch(batch: EventBatch): boolean {
    const block = this.blocks[this.next]
    if (block === undefined) {
      batch.clear()
      if (this.place.first !== this.events) throw damaged(this.path, this.place.offset, 'events are missing')
      return false
    }
    this.part.reserve(block.bytes)
    this.read(block.offset, block.bytes)
    this.decoder.decode(this.part, block.bytes, this.place, batch)
    if (this.part.words[B.checksum] !== block.checksum) {
      throw damaged(this.path, block.offset, `block ${this.next} is not the one that the index knows`)
    }
    this.next++
    return true
  }

  /** The bytes around the blocks: header, and index with the checksums of the blocks, and end mark. */
  *frame(): Generator<Uint8Array> {
    const [first, last] = [this.blocks[0], this.blocks[this.blocks.length - 1]]
    const ranges =
      first === undefined
        ? [[0, this.size]]
        : [
            [0, first.offset],
            [last.offset + last.bytes, this.size],
          ]
    for (const [from, to] of ranges) {
      this.read(from, to - from)
      yield this.part.bytes.subarray(0, to - from)
    }
  }

  /** Where the next block begins, bytes. */
  get position(): number {
    return this.place.offset
  }

  /** Goes to the block with the first event at `t` seconds or later. File names are all known from then on. */
  seek(t: number): void {
    let low = 0
    let high = this.blocks.length
    while (low < high) {
      const middle = (low + high) >> 1
      if (this.blocks[middle].tLast < t) low = middle + 1
      else high = middle
    }
    this.next = low
    const block = this.blocks[low]
    const before = this.blocks[low - 1]
    this.place = {
      ...this.place,
      number: low,
      offset: block?.offset ?? this.place.offset,
      first: block?.first ?? this.events,
      t: before?.tLast ?? 0,
    }
    this.decoder = new BlockDecoder(this.fileNames)
  }

  close(): void {
    closeSync(this.fd)
  }

  private read(at: number, length: number): void {
    this.part.reserve(length)
    let got = 0
    while (got < length) {
      let n: number
      try {
        n = readSync(this.fd, this.part.bytes, got, length - got, at + got)
      } catch (error) {
        throw unreadable(this.path, error)
      }
      if (n === 0) throw cutOff(this.path, at + got, 'the file ends here')
      got += n
    }
  }
}
