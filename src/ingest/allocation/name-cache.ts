/** Strings for names seen before, found by their bytes: a trace names few regions and files, very often. */

/** Slots; a name that lands on another's slot replaces it, so the cache stays small whatever a trace holds. */
const SLOTS = 1024

export class NameCache {
  private readonly bytes: (Buffer | undefined)[] = new Array(SLOTS).fill(undefined)
  private readonly texts: string[] = new Array(SLOTS).fill('')

  /** The text of `source[start, end)`, which is ASCII and has the given hash. */
  get(source: Buffer, start: number, end: number, hash: number): string {
    const slot = (hash ^ (hash >>> 10)) & (SLOTS - 1)
    const known = this.bytes[slot]
    if (known !== undefined && known.length === end - start) {
      let i = 0
      while (i < known.length && known[i] === source[start + i]) i++
      if (i === known.length) return this.texts[slot]
    }
    const text = source.toString('latin1', start, end)
    this.bytes[slot] = Buffer.from(source.subarray(start, end))
    this.texts[slot] = text
    return text
  }
}
