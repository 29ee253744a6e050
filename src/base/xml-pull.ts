/**
 * A small pull reader for the XML that tools write: elements, attributes, text. No DTD is loaded, no entity but the five
 * of XML and numeric ones is resolved, and nothing is kept but the tag being read.
 */

export interface XmlHandler {
  open(name: string, attributes: Record<string, string>): void
  close(name: string): void
  /** Text between tags, only where there is more than blanks. */
  text(text: string): void
}

/** Longest tag, comment or text that is read, characters. */
const MAX_TOKEN = 1024 * 1024
const ATTRIBUTE = /([^\s=/"'<>]+)\s*=\s*("[^"]*"|'[^']*')/g

export class XmlPull {
  private rest = ''
  private readonly stack: string[] = []
  /** The root element has been closed. */
  done = false
  /** 1-based line of the tag or text being handled. */
  line = 1

  constructor(private readonly handler: XmlHandler) {}

  /** Feeds text. @throws Error for what is no XML */
  push(chunk: string): void {
    const text = this.rest + chunk
    let at = 0
    for (;;) {
      const open = text.indexOf('<', at)
      if (open < 0) break
      const end = tagEnd(text, open)
      if (end < 0) break
      if (open > at) {
        this.characters(text.slice(at, open))
        this.line += lineEnds(text, at, open)
      }
      this.tag(text.slice(open, end))
      this.line += lineEnds(text, open, end)
      at = end
    }
    this.rest = text.slice(at)
    if (this.rest.length > MAX_TOKEN) throw new Error(`a tag or text is longer than ${MAX_TOKEN} characters`)
  }

  /** @throws Error where the document ends before its root element does */
  end(): void {
    this.line += lineEnds(this.rest, 0, this.rest.length)
    if (!this.done) throw new Error(this.stack.length > 0 ? `<${this.stack.at(-1)}> is not closed` : 'no element')
  }

  private characters(text: string): void {
    if (text.trim() === '') return
    if (this.stack.length === 0) throw new Error('text outside of the root element')
    this.handler.text(decode(text.trim()))
  }

  private tag(tag: string): void {
    if (tag.startsWith('<!') || tag.startsWith('<?')) return
    if (this.done) throw new Error('an element behind the root element')
    if (tag.startsWith('</')) {
      const name = tag.slice(2, -1).trim()
      const open = this.stack.pop()
      if (open !== name) throw new Error(`</${name}> closes <${open ?? ''}>`)
      this.handler.close(name)
    } else {
      const empty = tag.endsWith('/>')
      const name = /^<([^\s/>]+)/.exec(tag)?.[1]
      if (name === undefined) throw new Error(`not a tag: ${tag.slice(0, 40)}`)
      const attributes: Record<string, string> = {}
      for (const [, key, quoted] of tag.slice(name.length + 1).matchAll(ATTRIBUTE))
        attributes[key] = decode(quoted.slice(1, -1))
      if (this.stack.length > 100) throw new Error('elements are nested deeper than 100')
      this.handler.open(name, attributes)
      if (empty) this.handler.close(name)
      else this.stack.push(name)
    }
    if (this.stack.length === 0) this.done = true
  }
}

function lineEnds(text: string, from: number, to: number): number {
  let n = 0
  for (let i = text.indexOf('\n', from); i >= 0 && i < to; i = text.indexOf('\n', i + 1)) n++
  return n
}

/** Where the tag at `open` ends (after its `>`), -1 when that is not there yet. Quotes, comments and DTDs hide a `>`. */
function tagEnd(text: string, open: number): number {
  if (text.startsWith('<!--', open)) {
    const end = text.indexOf('-->', open + 4)
    return end < 0 ? -1 : end + 3
  }
  let quote = ''
  let depth = 0
  for (let i = open + 1; i < text.length; i++) {
    const c = text[i]
    if (quote !== '') {
      if (c === quote) quote = ''
    } else if (c === '"' || c === "'") quote = c
    else if (c === '[') depth++
    else if (c === ']') depth--
    else if (c === '>' && depth <= 0) return i + 1
  }
  return -1
}

const ENTITIES: Record<string, string> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" }

function decode(text: string): string {
  if (!text.includes('&')) return text
  return text.replace(/&(#x?[0-9a-fA-F]+|\w+);/g, (whole, name: string) => {
    if (!name.startsWith('#')) return ENTITIES[name] ?? whole
    const code = name[1] === 'x' ? Number.parseInt(name.slice(2), 16) : Number(name.slice(1))
    return code > 0 && code <= 0x10ffff ? String.fromCodePoint(code) : whole
  })
}
