/**
 * Takes chosen parts out of one JSON document while it streams by, on the tokens of stream-json. Nothing but the part
 * being assembled is held, so a document may be larger than memory.
 */

import Assembler from 'stream-json/core/assembler.js'
import { jsonParser, type Token } from 'stream-json/core/parser.js'
import { InputError } from './errors.js'

/** Where a value stands: keys of objects and indices of arrays from the root. */
export type JsonPath = readonly (string | number)[]
export type JsonKind = 'object' | 'array' | 'string' | 'number' | 'boolean' | 'null'

export interface JsonVisitor {
  /** Asked at the start of each value outside of a taken one: true takes the value whole. */
  take(path: JsonPath, kind: JsonKind): boolean
  /** A taken value. The path is reused: copy what is to be kept. */
  item(path: JsonPath, value: unknown): void
}

/** Characters that may pass without a token before a value counts as endless. */
export const MAX_VALUE_CHARS = 16 * 1024 * 1024
/** Tokens of one taken value. */
const MAX_ITEM_TOKENS = 8 * 1024 * 1024

const KINDS: Record<string, JsonKind> = {
  startObject: 'object',
  startArray: 'array',
  stringValue: 'string',
  numberValue: 'number',
  trueValue: 'boolean',
  falseValue: 'boolean',
  nullValue: 'null',
}

export class JsonWalker {
  /** The document's last bracket has been seen. */
  done = false
  private readonly parse = jsonParser({ packValues: true, streamValues: false })
  private readonly path: (string | number)[] = []
  /** For each open container whether it is an array, so that the last element of the path is counted up. */
  private readonly inArray: boolean[] = []
  private taking: Assembler | undefined
  private takingDepth = 0
  private itemTokens = 0
  private silent = 0

  constructor(private readonly visitor: JsonVisitor) {}

  /** Feeds text. @throws Error of the tokenizer for text that is not JSON, RangeError for a value without an end */
  push(text: string): void {
    const out = this.parse(text) as { values?: Token[] } | symbol
    if (typeof out === 'symbol' || out.values === undefined) {
      this.silent += text.length
      if (this.silent > MAX_VALUE_CHARS) throw new RangeError(`a value is longer than ${MAX_VALUE_CHARS} characters`)
      return
    }
    this.silent = 0
    for (const token of out.values) this.token(token)
  }

  /**
   * Feeds a piece of a file.
   * @param written the piece as it stands in the file, where it was repaired before it came here
   * @throws InputError that names file and line for text that is not JSON, and whatever the visitor throws of that kind
   */
  pushFrom(file: string, line: number, text: string, written = text): void {
    try {
      this.push(text)
    } catch (error) {
      if (error instanceof InputError) throw error
      const what = (error as Error).message.replace(/^Parser (cannot parse input: )?/, '')
      throw new InputError(`not valid JSON: ${what}`, { file, line, found: written.trim() })
    }
  }

  private token(token: Token): void {
    if (this.taking !== undefined) {
      if (++this.itemTokens > MAX_ITEM_TOKENS) throw new RangeError(`a value has more than ${MAX_ITEM_TOKENS} parts`)
      this.taking.consume(token)
      if (token.name === 'startObject' || token.name === 'startArray') this.takingDepth++
      else if (token.name === 'endObject' || token.name === 'endArray') this.takingDepth--
      if (this.takingDepth === 0) {
        const value = this.taking.current
        this.taking = undefined
        this.visitor.item(this.path, value)
        this.leave()
      }
      return
    }
    switch (token.name) {
      case 'keyValue':
        this.path[this.path.length - 1] = token.value
        return
      case 'endObject':
      case 'endArray':
        this.path.pop()
        this.inArray.pop()
        this.leave()
        return
      default:
        this.value(token)
    }
  }

  private value(token: Token): void {
    const kind = KINDS[token.name]
    if (this.inArray.at(-1)) this.path[this.path.length - 1] = (this.path.at(-1) as number) + 1
    const take = this.visitor.take(this.path, kind)
    if (kind === 'object' || kind === 'array') {
      if (take) {
        this.taking = new Assembler()
        this.taking.consume(token)
        this.takingDepth = 1
        this.itemTokens = 0
      } else {
        this.path.push(kind === 'array' ? -1 : '')
        this.inArray.push(kind === 'array')
      }
      return
    }
    if (take) {
      const raw = (token as { value: unknown }).value
      this.visitor.item(this.path, kind === 'number' ? Number(raw) : raw)
    }
    this.leave()
  }

  private leave(): void {
    if (this.inArray.length === 0) this.done = true
  }
}
