/** Where values of a JSON text begin and end, told from its bytes without reading them. */

const QUOTE = 0x22
const COMMA = 0x2c
const COLON = 0x3a
const BACKSLASH = 0x5c
const OPEN_ARRAY = 0x5b
const CLOSE_ARRAY = 0x5d
const OPEN_OBJECT = 0x7b
const CLOSE_OBJECT = 0x7d
const BLANK = 0x20

/**
 * The end of the value that begins at `start`. Brackets are only counted: whether the value is right is for a parser.
 * @returns −1 where it does not end before `limit`
 */
export function valueEnd(bytes: Buffer, start: number, limit: number): number {
  let depth = 0
  let i = start
  while (i < limit) {
    const c = bytes[i]
    if (c === QUOTE) {
      i = stringEnd(bytes, i + 1, limit)
      if (i < 0) return -1
      if (depth === 0) return i
      continue
    }
    if (c === OPEN_OBJECT || c === OPEN_ARRAY) depth++
    else if (c === CLOSE_OBJECT || c === CLOSE_ARRAY) {
      if (depth === 0) return i
      if (--depth === 0) return i + 1
    } else if (depth === 0 && (c === COMMA || c <= BLANK)) return i
    i++
  }
  return -1
}

function stringEnd(bytes: Buffer, start: number, limit: number): number {
  for (let i = start; i < limit; i++) {
    const c = bytes[i]
    if (c === QUOTE) return i + 1
    if (c === BACKSLASH) i++
  }
  return -1
}

/** Finds the array that is one member of the outermost object, in bytes that come piece by piece. */
export class ArrayFinder {
  private depth = 0
  private inString = false
  private escaped = false
  /** The string that is open, or was read last, at the outermost level: the beginning of it. */
  private text = ''
  private key = ''

  constructor(private readonly name: string) {}

  /**
   * Goes on through `bytes[start, end)`, which after an array was found begins with its closing bracket.
   * @returns what stands behind the bracket that opens the array, or −1
   */
  find(bytes: Buffer, start: number, end: number): number {
    for (let i = start; i < end; i++) {
      const c = bytes[i]
      if (this.inString) this.string(c)
      else if (c === QUOTE) {
        this.inString = true
        this.text = ''
      } else if (c === COLON && this.depth === 1) this.key = this.text
      else if (c === COMMA && this.depth === 1) this.key = ''
      else if (c === OPEN_ARRAY && this.depth === 1 && this.key === this.name) {
        this.key = ''
        this.depth++
        return i + 1
      } else if (c === OPEN_OBJECT || c === OPEN_ARRAY) this.depth++
      else if (c === CLOSE_OBJECT || c === CLOSE_ARRAY) this.depth--
    }
    return -1
  }

  private string(c: number): void {
    if (this.escaped) this.escaped = false
    else if (c === BACKSLASH) this.escaped = true
    else if (c === QUOTE) {
      this.inString = false
      return
    }
    if (this.depth === 1 && this.text.length <= this.name.length) this.text += String.fromCharCode(c)
  }
}
