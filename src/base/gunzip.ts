/** Gunzip as an async sequence of chunks, in bounded memory. */

import { pipeline, Readable } from 'node:stream'
import { createGunzip } from 'node:zlib'
import { InputError } from './errors.js'

/** Bytes inflated at a time: the default of 16 KiB costs a third of the speed. */
const CHUNK_BYTES = 1024 * 1024

/**
 * Inflates gzip data, several members one after another included.
 * @throws InputError when the data ends early or is damaged
 */
export async function* gunzipChunks(name: string, compressed: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const gunzip = createGunzip({ chunkSize: CHUNK_BYTES })
  // The inflater works on another thread while the next chunk is read, so it needs bytes of its own.
  const input = Readable.from(owned(compressed), { highWaterMark: 1 })
  pipeline(input, gunzip, () => {})
  let length = 0
  try {
    for await (const chunk of gunzip as AsyncIterable<Buffer>) {
      length += chunk.length
      yield chunk
    }
  } catch (error) {
    throw explain(name, error, length)
  }
}

async function* owned(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  for await (const chunk of chunks) yield Buffer.from(chunk)
}

function explain(name: string, error: unknown, length: number): unknown {
  if (error instanceof InputError) return error
  const code = (error as { code?: string }).code ?? ''
  if (code === 'Z_BUF_ERROR') {
    return new InputError(`gzip data ends early, after ${length} decoded bytes: the file is cut off`, {
      file: name,
      hint: 'Copy the file again, or rescue what is there: gzip -dc FILE > part',
    })
  }
  if (code.startsWith('Z_')) {
    return new InputError(`gzip data is damaged after ${length} decoded bytes (${(error as Error).message})`, {
      file: name,
    })
  }
  return error
}
