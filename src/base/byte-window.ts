/** A stretch of a stream of bytes: what is worked on, and the beginning of what has not come as a whole yet. */

export class ByteWindow {
  /** Those from {@link at} up to {@link limit} are to be worked on. Behind them stands a zero, which ends what text has. */
  bytes: Buffer = Buffer.alloc(1)
  at = 0
  limit = 0

  /** Bytes that are to be worked on. */
  get length(): number {
    return this.limit - this.at
  }

  /** Moves what is left to the front and puts a chunk, copied, behind it. */
  append(chunk: Uint8Array): void {
    const { length: held } = this
    const limit = held + chunk.length
    const bytes = limit < this.bytes.length ? this.bytes : Buffer.allocUnsafe(limit * 2)
    this.bytes.copy(bytes, 0, this.at, this.limit)
    bytes.set(chunk, held)
    bytes[limit] = 0
    this.bytes = bytes
    this.at = 0
    this.limit = limit
  }

  /** What stands between the last line feed before {@link at} and there, as far as it is still there. */
  lineBefore(): string {
    const start = this.at === 0 ? 0 : this.bytes.lastIndexOf(0x0a, this.at - 1) + 1
    return this.bytes.toString('utf8', start, this.at)
  }
}
