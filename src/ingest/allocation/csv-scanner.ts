/**
 * The fast way into a CSV trace, as the NDJSON scanner is into NDJSON: rows of touch, read and write with plain numbers
 * and names are read from the bytes. Whatever it does not know it leaves to the reader of records.
 */

import {
  clear,
  code,
  complete,
  EventScanner,
  four,
  HAS_COUNT,
  HAS_OBJECT,
  HAS_OP,
  HAS_PAGES,
  HAS_PID,
  HAS_START,
  HAS_T,
} from './event-scanner.js'
import { MAX_PAGE, type RawEvent } from './raw-event.js'

const LF = 0x0a
const CR = 0x0d
const BLANK = 0x20
const QUOTE = 0x22
const COMMA = 0x2c

const TOUC = code('touc')
const READ = code('read')
const WRIT = code('writ')
const TRUE = code('true')
const FALS = code('fals')

/** Columns that the events have; a value in any other is left to the reader of records. */
const FIELDS = ['t', 'op', 'pid', 'region', 'file', 'start', 'count', 'pages', 'write', 'readahead']
const [T, OP, PID, REGION, FILE, START, COUNT, PAGES, WRITE, READAHEAD] = FIELDS.keys()

export class CsvScanner extends EventScanner {
  /** For each column which of the fields it is, or −1. */
  private readonly fields: Int8Array

  constructor(columns: readonly string[]) {
    super()
    this.fields = Int8Array.from(columns, (name) => FIELDS.indexOf(name))
  }

  /**
   * Reads the row that begins at `start`, ended by a line feed, into `raw`.
   * @returns where the next line begins, or −1 for a row that is anything but a plain touch, read or write
   */
  scan(bytes: Buffer, start: number, raw: RawEvent): number {
    const { fields } = this
    const last = fields.length - 1
    clear(raw)
    let have = 0
    let i = start
    for (let k = 0; k <= last; k++) {
      if (bytes[i] !== COMMA) {
        if (bytes[i] <= CR) {
          if (k < last) return -1
          break
        }
        const found = this.cell(fields[k], bytes, i, raw)
        if (found < 0) return -1
        have |= found
        i = this.pos
      }
      if (k < last && bytes[i++] !== COMMA) return -1
    }
    if (bytes[i] === CR) i++
    if (bytes[i] !== LF || !fitting(raw, have)) return -1
    return complete(raw, have) ? i + 1 : -1
  }

  /** Reads a cell that is not empty. @returns what it tells of the event, or −1 */
  private cell(field: number, bytes: Buffer, at: number, raw: RawEvent): number {
    switch (field) {
      case T:
        return this.seconds(bytes, at, raw) ? HAS_T : -1
      case OP:
        return this.op(bytes, at, raw) ? HAS_OP : -1
      case PID:
        raw.pid = this.integer(bytes, at)
        return raw.pid < 0 ? -1 : HAS_PID
      case START:
        raw.start = this.integer(bytes, at)
        return raw.start < 0 ? -1 : HAS_START
      case COUNT:
        raw.count = this.integer(bytes, at)
        return raw.count < 0 ? -1 : HAS_COUNT
      case REGION:
        if (!this.name(bytes, at)) return -1
        raw.region = this.text
        return HAS_OBJECT
      case FILE:
        if (!this.name(bytes, at)) return -1
        raw.file = this.text
        return HAS_OBJECT
      case PAGES:
        return this.pages(bytes, at, raw) ? HAS_PAGES : -1
      case WRITE:
      case READAHEAD: {
        const value = this.boolean(bytes, at)
        if (value < 0) return -1
        if (field === WRITE) raw.write = value === 1
        else raw.readahead = value === 1
        return 0
      }
      default:
        return -1
    }
  }

  private op(bytes: Buffer, at: number, raw: RawEvent): boolean {
    const head = four(bytes, at)
    if (head === TOUC && bytes[at + 4] === 0x68 /* h */) {
      raw.op = 'touch'
      this.pos = at + 5
    } else if (head === READ) {
      raw.op = 'read'
      this.pos = at + 4
    } else if (head === WRIT && bytes[at + 4] === 0x65 /* e */) {
      raw.op = 'write'
      this.pos = at + 5
    } else return false
    return true
  }

  private boolean(bytes: Buffer, at: number): number {
    const head = four(bytes, at)
    if (head === TRUE) {
      this.pos = at + 4
      return 1
    }
    if (head === FALS && bytes[at + 4] === 0x65 /* e */) {
      this.pos = at + 5
      return 0
    }
    return -1
  }

  /** A name of plain ASCII without blanks around it or quotes. */
  private name(bytes: Buffer, at: number): boolean {
    let i = at
    let hash = 0
    let c = bytes[i]
    if (c === BLANK) return false
    while (c !== COMMA && c !== LF && c !== CR) {
      if (c < BLANK || c > 0x7e || c === QUOTE) return false
      hash = (Math.imul(hash, 31) + c) | 0
      c = bytes[++i]
    }
    if (bytes[i - 1] === BLANK) return false
    this.text = this.names.get(bytes, at, i, hash)
    this.pos = i
    return true
  }

  /** Page numbers, one blank between them. */
  private pages(bytes: Buffer, at: number, raw: RawEvent): boolean {
    let list: Uint32Array = raw.list
    let n = 0
    let max = -1
    let i = at
    for (;;) {
      const page = this.integer(bytes, i)
      if (page < 0 || page > MAX_PAGE) return false
      if (n === list.length) list = raw.growList()
      list[n++] = page
      if (page > max) max = page
      i = this.pos
      if (bytes[i] !== BLANK) break
      i++
    }
    raw.listLength = n
    raw.listMax = max
    return true
  }
}

/** Values that another event would have are left to the reader of records, which checks them. */
function fitting(raw: RawEvent, have: number): boolean {
  if ((have & (HAS_OP | HAS_OBJECT)) !== (HAS_OP | HAS_OBJECT)) return false
  return raw.op === 'touch' ? raw.file === undefined && !raw.readahead : raw.region === undefined && !raw.write
}
