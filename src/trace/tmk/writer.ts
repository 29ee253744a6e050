/** Writes a `.tmk` file from batches of events, block by block, in bounded memory. */

import type { EventBatch, TraceHeader } from '../events.js'
import { BlockEncoder, type BlockEntry } from './block-encoder.js'
import { checksum } from './checksum.js'
import {
  aligned,
  BYTE_ORDER,
  FILE_HEADER_WORDS,
  H,
  I,
  INDEX_ENTRY_DOUBLES,
  INDEX_HEADER_WORDS,
  MAGIC,
  MARK_INDEX,
  MARK_TRAILER,
  PART_ALIGN,
  T,
  TMK_VERSION,
  TRAILER_WORDS,
} from './layout.js'

/**
 * Gives the bytes of a `.tmk` file, part by part. Nothing is known to be whole before {@link TmkWriter.finish} has given
 * its last: a reader takes a file without them for cut off.
 */
export class TmkWriter {
  private readonly encoder = new BlockEncoder()
  private readonly index: BlockEntry[] = []
  private readonly header: Uint8Array
  private readonly mark: number
  private offset = 0
  private events = 0
  private names: readonly string[] = []

  constructor(header: TraceHeader) {
    this.header = encodeHeader(header)
    this.mark = new Int32Array(this.header.buffer)[H.checksum]
  }

  /** Takes a batch. @returns parts of the file that are complete now, in order */
  *add(batch: EventBatch): Generator<Uint8Array> {
    if (this.offset === 0) yield this.part(this.header)
    this.names = batch.fileNames
    for (let i = 0; i < batch.length; i++) {
      if (this.encoder.wouldOverflow(batch, i)) yield this.block()
      this.encoder.add(batch, i)
    }
  }

  /** The rest of the file. Nothing may be added afterwards. */
  *finish(): Generator<Uint8Array> {
    if (this.offset === 0) yield this.part(this.header)
    if (this.encoder.length > 0) yield this.block()
    const at = this.offset
    const index = this.part(encodeIndex(this.index, this.names, this.mark))
    yield index
    yield encodeTrailer(this.mark, at, index.length, this.events)
  }

  private block(): Uint8Array {
    const n = this.encoder.length
    const { bytes, entry } = this.encoder.encode(this.mark, this.index.length, this.events, this.offset)
    this.index.push(entry)
    this.events += n
    return this.part(bytes)
  }

  private part(bytes: Uint8Array): Uint8Array {
    this.offset += bytes.length
    return bytes
  }
}

function encodeHeader(header: TraceHeader): Uint8Array {
  const json = new TextEncoder().encode(JSON.stringify(header))
  const bytes = new Uint8Array(aligned(4 * FILE_HEADER_WORDS + json.length, PART_ALIGN))
  const words = new Int32Array(bytes.buffer)
  bytes.set(MAGIC)
  words[H.version] = TMK_VERSION
  words[H.order] = BYTE_ORDER
  words[H.jsonBytes] = json.length
  words[H.bytes] = bytes.length
  bytes.set(json, 4 * FILE_HEADER_WORDS)
  words[H.checksum] = checksum(words, words.length, H.checksum)
  return bytes
}

function encodeIndex(entries: readonly BlockEntry[], names: readonly string[], mark: number): Uint8Array {
  const json = new TextEncoder().encode(JSON.stringify(names))
  const tableBytes = 8 * INDEX_ENTRY_DOUBLES * entries.length
  const bytes = new Uint8Array(aligned(4 * INDEX_HEADER_WORDS + tableBytes + json.length, PART_ALIGN))
  const words = new Int32Array(bytes.buffer)
  words[I.mark] = MARK_INDEX
  words[I.bytes] = bytes.length
  words[I.file] = mark
  words[I.blocks] = entries.length
  words[I.nameBytes] = json.length
  const table = new Float64Array(bytes.buffer, 4 * INDEX_HEADER_WORDS, INDEX_ENTRY_DOUBLES * entries.length)
  entries.forEach((e, k) => {
    table.set([e.offset, e.bytes, e.first, e.tFirst, e.tLast, e.checksum], k * INDEX_ENTRY_DOUBLES)
  })
  bytes.set(json, 4 * INDEX_HEADER_WORDS + tableBytes)
  words[I.checksum] = checksum(words, words.length, I.checksum)
  return bytes
}

function encodeTrailer(mark: number, indexAt: number, indexBytes: number, events: number): Uint8Array {
  const bytes = new Uint8Array(4 * TRAILER_WORDS)
  const words = new Int32Array(bytes.buffer)
  const doubles = new Float64Array(bytes.buffer)
  words[T.mark] = MARK_TRAILER
  words[T.file] = mark
  doubles[T.index >> 1] = indexAt
  doubles[T.length >> 1] = indexAt + indexBytes + bytes.length
  doubles[T.events >> 1] = events
  words[T.indexBytes] = indexBytes
  words[T.checksum] = checksum(words, words.length, T.checksum)
  return bytes
}
