/** UTF-8 text out of bytes, whatever way the chunks cut it. */

import { StringDecoder } from 'node:string_decoder'
import type { ByteSource } from './byte-source.js'

/** Decoded text chunk by chunk; what is not UTF-8 becomes U+FFFD. @throws InputError as the source does */
export async function* textChunks(source: ByteSource): AsyncGenerator<string> {
  const decoder = new StringDecoder('utf8')
  for await (const chunk of source.chunks()) {
    const text = decoder.write(chunk)
    if (text !== '') yield text
  }
  const rest = decoder.end()
  if (rest !== '') yield rest
}

/** Cuts text after each line end, so that a parser without positions can be told which line it is in. */
export function* linePieces(text: string): Generator<string> {
  let start = 0
  for (;;) {
    const lf = text.indexOf('\n', start)
    if (lf === -1) break
    yield text.slice(start, lf + 1)
    start = lf + 1
  }
  if (start < text.length) yield text.slice(start)
}
