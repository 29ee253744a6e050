/** Reads a `.tmk` trace that can be read only once, such as standard input or gzip data. */

import { EventBatch, type TraceHeader } from '../events.js'
import { BlockDecoder, type BlockPlace } from './block-decoder.js'
import {
  B,
  BLOCK_EVENTS,
  BLOCK_HEADER_WORDS,
  cutOff,
  damaged,
  FILE_HEADER_WORDS,
  I,
  INDEX_HEADER_WORDS,
  MARK_BLOCK,
  MARK_INDEX,
  TRAILER_WORDS,
} from './layout.js'
import { PartBuffer } from './part-buffer.js'
import { decodeHeader, decodeIndex, decodeTrailer, headerLength, validLength } from './parts.js'

/** A trace whose end is known to be whole only when it has been read. */
export class TmkStream {
  private readonly part = new PartBuffer()
  private readonly decoder = new BlockDecoder()
  private chunk: Uint8Array = new Uint8Array(0)
  /** Of the chunk, bytes taken. */
  private taken = 0
  private readonly checksums: number[] = []
  private place!: BlockPlace
  header!: TraceHeader

  private constructor(
    readonly path: string,
    private readonly chunks: AsyncIterator<Uint8Array>,
  ) {}

  /** Reads the header. @throws InputError */
  static async open(path: string, chunks: AsyncIterable<Uint8Array>): Promise<TmkStream> {
    const stream = new TmkStream(path, chunks[Symbol.asyncIterator]())
    await stream.readHeader()
    return stream
  }

  private async readHeader(): Promise<void> {
    const { part, path } = this
    await this.fill(0, 4 * FILE_HEADER_WORDS, 0)
    const length = headerLength(part, path)
    await this.fill(4 * FILE_HEADER_WORDS, length, 0)
    const { header, mark } = decodeHeader(part, length, path)
    this.header = header
    this.place = { path, mark, offset: length, number: 0, first: 0, t: 0 }
  }

  /**
   * The events; the same batch again and again.
   * @throws InputError for what is damaged, and at the end for what is cut off
   */
  async *batches(): AsyncGenerator<EventBatch> {
    const { part, place, path } = this
    const batch = new EventBatch(BLOCK_EVENTS)
    for (;;) {
      const at = place.offset
      await this.fill(0, 4 * INDEX_HEADER_WORDS, at)
      const isIndex = part.words[0] === MARK_INDEX
      if (!isIndex && part.words[0] !== MARK_BLOCK) throw damaged(path, at, 'no block where one should be')
      const length = part.words[isIndex ? I.bytes : B.bytes]
      if (!validLength(length, isIndex ? INDEX_HEADER_WORDS : BLOCK_HEADER_WORDS)) {
        throw damaged(path, at, 'a part of a length that cannot be')
      }
      await this.fill(4 * INDEX_HEADER_WORDS, length, at)
      if (isIndex) return this.finish(length)
      this.decoder.decode(part, length, place, batch)
      this.checksums.push(part.words[B.checksum])
      yield batch
    }
  }

  /** Compares what was read with what the index and the end mark say. */
  private async finish(length: number): Promise<void> {
    const { part, place, path } = this
    const at = place.offset
    const { blocks } = decodeIndex(part, length, place.mark, path, at)
    const whole = blocks.length === this.checksums.length && blocks.every((b, i) => b.checksum === this.checksums[i])
    if (!whole) throw damaged(path, at, 'the index does not fit the blocks')
    const end = at + length
    await this.fill(0, 4 * TRAILER_WORDS, end)
    const trailer = decodeTrailer(part, place.mark, path, end)
    if (trailer.index !== at || trailer.events !== place.first || (await this.more())) {
      throw damaged(path, end, 'the end mark is not where it was written')
    }
  }

  private async more(): Promise<boolean> {
    while (this.taken === this.chunk.length) {
      const next = await this.chunks.next()
      if (next.done) return false
      this.chunk = next.value
      this.taken = 0
    }
    return true
  }

  /** Reads on until the part holds `to` bytes, of which it has `from`. @param at where the part begins in the file */
  private async fill(from: number, to: number, at: number): Promise<void> {
    const { part } = this
    part.reserve(from)
    for (let have = from; have < to; ) {
      if (!(await this.more())) throw cutOff(this.path, at, 'a part is not whole')
      const n = Math.min(to - have, this.chunk.length - this.taken)
      // Grows with what is there, so that a broken length does not take memory that no file fills.
      part.reserve(have + n)
      part.bytes.set(this.chunk.subarray(this.taken, this.taken + n), have)
      have += n
      this.taken += n
    }
  }
}
