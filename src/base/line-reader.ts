/** Bytes cut at line ends, without an object a line and without ever holding more than one block and one line. */

import type { ByteSource } from './byte-source.js'
import { InputError } from './errors.js'

/** Longest line that is read, bytes. Real ones stay far below; a file without line ends must not fill the memory. */
export const MAX_LINE_BYTES = 16 * 1024 * 1024

const LF = 10

/** Whole lines: `bytes[start, end)`, each ended by a line feed, also the last of the input. Valid until the next one. */
export interface LineBlock {
  bytes: Buffer
  start: number
  end: number
}

export class LineReader {
  /** Number of the line worked on, 1-based: whoever takes the lines out of the blocks counts here. */
  line = 0

  constructor(
    readonly source: ByteSource,
    readonly maxLine = MAX_LINE_BYTES,
  ) {}

  /** @throws InputError for a line longer than the limit, and what the source throws */
  async *blocks(): AsyncGenerator<LineBlock> {
    let carry = Buffer.allocUnsafe(4096)
    let held = 0
    const hold = (part: Buffer): void => {
      if (held + part.length > this.maxLine) throw this.tooLong()
      if (held + part.length + 1 > carry.length) {
        const grown = Buffer.allocUnsafe(Math.max(carry.length * 2, held + part.length + 1))
        carry.copy(grown, 0, 0, held)
        carry = grown
      }
      part.copy(carry, held)
      held += part.length
    }
    for await (const chunk of this.source.chunks()) {
      let start = 0
      if (held > 0) {
        const lf = chunk.indexOf(LF)
        if (lf === -1) {
          hold(chunk)
          continue
        }
        hold(chunk.subarray(0, lf + 1))
        const end = held
        held = 0
        yield { bytes: carry, start: 0, end }
        start = lf + 1
      }
      const end = chunk.lastIndexOf(LF) + 1
      if (end > start) {
        yield { bytes: chunk, start, end }
        start = end
      }
      if (start < chunk.length) hold(chunk.subarray(start))
    }
    if (held > 0) {
      hold(Buffer.from([LF]))
      yield { bytes: carry, start: 0, end: held }
    }
  }

  private tooLong(): InputError {
    return new InputError(`line is longer than ${this.maxLine} bytes`, {
      file: this.source.name,
      line: this.line + 1,
      expected: 'text with line ends',
    })
  }
}
