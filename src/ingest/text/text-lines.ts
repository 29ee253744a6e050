/** Lines of text, cleaned, a block of them at a time. */

import type { ByteSource } from '../../base/byte-source.js'
import { LineReader } from '../../base/line-reader.js'
import { cleanText } from './clean.js'

export class TextLines {
  /** 1-based number of the line being looked at: whoever walks through a block counts here. */
  line = 0
  /** Lines with bytes that are not UTF-8, and the first of them. */
  notUtf8 = 0
  notUtf8Line = 0

  constructor(readonly source: ByteSource) {}

  /** @throws InputError for lines without end and what the source throws */
  async *blocks(): AsyncGenerator<string[]> {
    const reader = new LineReader(this.source)
    for await (const { bytes, start, end } of reader.blocks()) {
      // Line feeds are never touched by the cleaning, so numbers stay right. The last one ends the last line.
      const lines = cleanText(bytes.toString('utf8', start, end - 1)).split('\n')
      reader.line += lines.length
      const before = this.line
      if (this.notUtf8 < 1000) this.checkUtf8(lines, before)
      yield lines
      this.line = before + lines.length
    }
  }

  private checkUtf8(lines: string[], before: number): void {
    for (let i = 0; i < lines.length; i++) {
      if (!lines[i].includes('\ufffd')) continue
      if (this.notUtf8++ === 0) this.notUtf8Line = before + i + 1
    }
  }
}
