/**
 * A gzip member that is complete after every line (RFC 1952): data is compressed in blocks that end at a byte, and the
 * end of the member stands behind them until the next line takes its place.
 */

import { constants, deflateRawSync } from 'node:zlib'

const HEADER = Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255])
/** An empty last block of deflate. */
const LAST_BLOCK = Buffer.from([3, 0])

/**
 * Text before a line that its compression refers to, bytes. Several samples fit, which is what resembles the next one; more
 * costs time in every sample and gains little.
 */
const WINDOW = 8192
const OPTIONS = { windowBits: 13, memLevel: 7, level: 6, finishFlush: constants.Z_SYNC_FLUSH }

const CRC_TABLE = Int32Array.from({ length: 256 }, (_, i) => {
  let c = i
  for (let bit = 0; bit < 8; bit++) c = c & 1 ? (c >>> 1) ^ 0xedb88320 : c >>> 1
  return c
})

export class GzipMember {
  private window = Buffer.alloc(0)
  private crc = -1
  private length = 0

  /** The bytes that go behind what was added before, in place of the trailer. */
  add(text: Buffer): Buffer {
    const dictionary = this.window.length === 0 ? undefined : this.window
    const data = deflateRawSync(text, { ...OPTIONS, dictionary })
    const first = this.length === 0
    this.window = Buffer.concat([this.window, text]).subarray(-WINDOW)
    let { crc } = this
    for (let i = 0; i < text.length; i++) crc = (crc >>> 8) ^ CRC_TABLE[(crc ^ text[i]) & 255]
    this.crc = crc
    this.length += text.length
    return first ? Buffer.concat([HEADER, data]) : data
  }

  /** What ends the member; nothing before there is one. */
  trailer(): Buffer {
    if (this.length === 0) return Buffer.alloc(0)
    const ends = Buffer.alloc(8)
    ends.writeInt32LE(~this.crc, 0)
    ends.writeUInt32LE(this.length % 2 ** 32, 4)
    return Buffer.concat([LAST_BLOCK, ends])
  }
}
