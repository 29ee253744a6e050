/**
 * The layout of a `.tmk` file: an allocation trace as columns, ready to be replayed. Version 2.
 *
 * Numbers are in the byte order of the host that wrote them (little-endian, wherever node runs), and the header says so;
 * doubles stand at multiples of 8 bytes, every part at a multiple of 128, and each part carries the checksum of its words.
 *
 *     file header   8 words, then the trace's header as JSON
 *     block…        16 words, a descriptor a column, the columns, details and new file names as JSON
 *     index         8 words, an entry a block, the file names as JSON
 *     trailer       32 words: where the index is, how long the file is
 *
 * A block holds up to {@link BLOCK_EVENTS} events or about {@link BLOCK_PAGES} page numbers: one read of 100 to 256 KiB,
 * which is where a byte costs least, and which stays in the second-level cache while it is verified and replayed. Its
 * number, the number of its first event and the file's own mark stand in it, so that blocks that were lost, repeated,
 * moved or come from another file are noticed; without a trailer the file is known to be cut off before anything is
 * replayed.
 */

import { InputError } from '../../base/errors.js'

/** Eight bytes that no text has and that a transfer as text would break: 89 "TMK" CR LF 1A LF. */
export const MAGIC = Uint8Array.of(0x89, 0x54, 0x4d, 0x4b, 0x0d, 0x0a, 0x1a, 0x0a)
export const TMK_VERSION = 2

/** Written as a word; another value means another byte order. */
export const BYTE_ORDER = 0x01020304

/** "BLK1", "IDX1", "END1" */
export const MARK_BLOCK = 0x314b4c42
export const MARK_INDEX = 0x31584449
export const MARK_TRAILER = 0x31444e45

/** Parts begin at multiples of this, bytes: what the checksum takes at a time. */
export const PART_ALIGN = 128
/** Columns and details of a block begin at multiples of this. */
export const COLUMN_ALIGN = 8
export const BLOCK_EVENTS = 16_384
export const BLOCK_PAGES = 1 << 16

/** File header: words 0–1 magic. The checksum covers the JSON as well. */
export const FILE_HEADER_WORDS = 8
export const H = { version: 2, order: 3, jsonBytes: 4, bytes: 5, checksum: 7 } as const

/** Block header. `first`, `tFirst` and `tLast` are doubles and take two words. */
export const BLOCK_HEADER_WORDS = 16
export const B = {
  mark: 0,
  bytes: 1,
  file: 2,
  number: 3,
  first: 4,
  events: 6,
  pages: 7,
  tFirst: 8,
  tLast: 10,
  detailBytes: 12,
  nameBytes: 13,
  checksum: 15,
} as const

/** Columns of a block, in this order. `list` and `line` follow from the others. */
export const COLUMNS = ['t', 'op', 'flags', 'task', 'object', 'start', 'count', 'pages'] as const
export const NR_COLUMNS = COLUMNS.length

/** A column's descriptor: words 0 encoding, 1 offset of its data in the block; doubles `base` and `step` from word 2 on. */
export const DESCRIPTOR_WORDS = 6
export const BLOCK_DATA = 4 * (BLOCK_HEADER_WORDS + NR_COLUMNS * DESCRIPTOR_WORDS)

/** Set in the `op` column where the pages are a list. */
export const LIST_BIT = 0x80

/** Index header; entries follow, each of {@link INDEX_ENTRY_DOUBLES} doubles: offset, bytes, first event, tFirst, tLast, checksum. */
export const INDEX_HEADER_WORDS = 8
export const I = { mark: 0, bytes: 1, file: 2, blocks: 3, nameBytes: 4, checksum: 7 } as const
export const INDEX_ENTRY_DOUBLES = 6

/** Trailer. `index` and `length` (of the whole file), `events` are doubles. */
export const TRAILER_WORDS = 32
export const T = { mark: 0, file: 1, index: 2, length: 4, events: 6, indexBytes: 8, checksum: 15 } as const

/** Next multiple of `to`. */
export function aligned(bytes: number, to: number): number {
  return Math.ceil(bytes / to) * to
}

/** Largest part that is believed, bytes: one event with a list longer than any text line can hold is far below. */
export const MAX_PART_BYTES = 1 << 29

/** A `.tmk` file that cannot be what was written. @param at byte offset of the part that is wrong */
export function damaged(file: string, at: number, what: string, found?: string): InputError {
  return new InputError(`at byte ${at}: ${what}`, {
    file,
    found,
    hint: 'The file is damaged: write it again with tidemark convert, from the trace it was made of.',
  })
}

/** A file that ends before it should. @param at where the part begins that is not whole */
export function cutOff(file: string, at: number, what: string): InputError {
  return new InputError(`at byte ${at}: ${what}: the file is cut off`, {
    file,
    hint: 'Copy it again, or write it again with tidemark convert.',
  })
}
