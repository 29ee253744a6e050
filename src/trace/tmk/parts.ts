/** The parts of a `.tmk` file around its blocks: header, index, trailer, verified as they are read. */

import { InputError } from '../../base/errors.js'
import type { TraceHeader } from '../events.js'
import type { BlockEntry } from './block-encoder.js'
import {
  BYTE_ORDER,
  cutOff,
  damaged,
  FILE_HEADER_WORDS,
  H,
  I,
  INDEX_ENTRY_DOUBLES,
  INDEX_HEADER_WORDS,
  MAGIC,
  MARK_INDEX,
  MARK_TRAILER,
  MAX_PART_BYTES,
  PART_ALIGN,
  T,
  TMK_VERSION,
  TRAILER_WORDS,
} from './layout.js'
import type { PartBuffer } from './part-buffer.js'

/** Whether a file that begins like this is a `.tmk` file. */
export function isTmk(head: Uint8Array): boolean {
  return head.length >= MAGIC.length && MAGIC.every((byte, i) => head[i] === byte)
}

/**
 * Length of the file header, from its first {@link FILE_HEADER_WORDS} words.
 * @throws InputError for another version or byte order, or a length that cannot be
 */
export function headerLength({ words, bytes }: PartBuffer, path: string): number {
  if (!isTmk(bytes)) throw damaged(path, 0, 'this is no .tmk file')
  const order = words[H.order]
  if (order !== BYTE_ORDER) {
    if (order !== 0x04030201) throw damaged(path, 0, 'the header is broken')
    throw new InputError('written by a host with another byte order', {
      file: path,
      code: 'TM_INPUT_REFUSED',
      hint: 'Convert it to NDJSON where it was written: tidemark convert TRACE OUT.ndjson',
    })
  }
  if (words[H.version] !== TMK_VERSION) {
    throw new InputError('a .tmk file of a version that is not known', {
      file: path,
      code: 'TM_INPUT_REFUSED',
      expected: `version ${TMK_VERSION}`,
      found: `version ${words[H.version]}`,
      hint: 'Write it again with this tidemark, from the trace it was made of, or use the tidemark that wrote it.',
    })
  }
  const length = words[H.bytes]
  const json = words[H.jsonBytes]
  if (!validLength(length, FILE_HEADER_WORDS) || json < 0 || 4 * FILE_HEADER_WORDS + json > length) {
    throw damaged(path, 0, 'the header is broken')
  }
  return length
}

/** The header of the trace and the mark that all parts of the file carry. @throws InputError */
export function decodeHeader(part: PartBuffer, length: number, path: string): { header: TraceHeader; mark: number } {
  const { words } = part
  const mark = part.checksum(length >> 2, H.checksum)
  if (mark !== words[H.checksum]) throw damaged(path, 0, 'the header does not have its checksum')
  const json = part.text(4 * FILE_HEADER_WORDS, 4 * FILE_HEADER_WORDS + words[H.jsonBytes])
  return { header: JSON.parse(json) as TraceHeader, mark }
}

export interface TraceIndex {
  blocks: BlockEntry[]
  fileNames: string[]
}

/** @param length of the index, bytes @throws InputError */
export function decodeIndex(part: PartBuffer, length: number, mark: number, path: string, at: number): TraceIndex {
  const { words, doubles } = part
  if (words[I.mark] !== MARK_INDEX || words[I.bytes] !== length) throw damaged(path, at, 'no index where one should be')
  if (part.checksum(length >> 2, I.checksum) !== words[I.checksum]) {
    throw damaged(path, at, 'the index does not have its checksum')
  }
  if (words[I.file] !== mark) throw damaged(path, at, 'the index of another file')
  const tableAt = 4 * INDEX_HEADER_WORDS
  const tableBytes = 8 * INDEX_ENTRY_DOUBLES * words[I.blocks]
  const blocks: BlockEntry[] = []
  for (let k = 0; k < words[I.blocks]; k++) {
    const e = (tableAt >> 3) + k * INDEX_ENTRY_DOUBLES
    blocks.push({
      offset: doubles[e],
      bytes: doubles[e + 1],
      first: doubles[e + 2],
      tFirst: doubles[e + 3],
      tLast: doubles[e + 4],
      checksum: doubles[e + 5],
    })
  }
  const namesAt = tableAt + tableBytes
  const names = part.text(namesAt, namesAt + words[I.nameBytes])
  return { blocks, fileNames: JSON.parse(names) as string[] }
}

export interface Trailer {
  /** Where the index is, bytes. */
  index: number
  indexBytes: number
  /** Of the whole file, bytes. */
  length: number
  events: number
}

/**
 * Reads the trailer at the beginning of `part`.
 * @param at where it stands in the file
 * @throws InputError where it is none, which is what a file that was cut off looks like
 */
export function decodeTrailer(part: PartBuffer, mark: number, path: string, at: number): Trailer {
  const { words, doubles } = part
  if (words[T.mark] !== MARK_TRAILER) throw cutOff(path, at, 'no end mark')
  if (part.checksum(TRAILER_WORDS, T.checksum) !== words[T.checksum]) {
    throw damaged(path, at, 'the end mark does not have its checksum')
  }
  if (words[T.file] !== mark) throw damaged(path, at, 'the end of another file')
  return {
    index: doubles[T.index >> 1],
    indexBytes: words[T.indexBytes],
    length: doubles[T.length >> 1],
    events: doubles[T.events >> 1],
  }
}

/** Whether a part can have this length, bytes. */
export function validLength(bytes: number, headerWords: number): boolean {
  return bytes >= 4 * headerWords && bytes <= MAX_PART_BYTES && bytes % PART_ALIGN === 0
}
