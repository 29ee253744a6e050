/**
 * Where bytes come from: a file, a pipe or standard input, gunzipped when the content says so. Nothing here knows a
 * format. Memory is bounded: one chunk at a time, and the head that a reader needs to recognise what it has.
 */

import { closeSync, fstatSync, openSync, readSync, statSync } from 'node:fs'
import { InputError } from './errors.js'
import { gunzipChunks } from './gunzip.js'

/** How much of the decoded content is looked at to recognise a format, bytes. */
export const HEAD_BYTES = 64 * 1024

/** One read; 256 KiB to 1 MiB is where `readSync` into a reused buffer is fastest. */
const READ_BYTES = 256 * 1024

const UTF8_BOM = Buffer.from([0xef, 0xbb, 0xbf])

export interface ByteSource {
  /** As the user named it, `-` for standard input. */
  readonly name: string
  /** The content was gzip and is decoded on the way. */
  readonly gzip: boolean
  /** Where the same bytes can be read again in any order: an ordinary file that is not gzip. */
  readonly path?: string
  /** The first {@link HEAD_BYTES} of decoded content, without a UTF-8 byte order mark; all of it when it is shorter. */
  readonly head: Buffer
  /** Decoded bytes that {@link chunks} has given out so far. Who reads from {@link path} instead counts them here. */
  delivered: number
  /**
   * All decoded bytes, the head included. A chunk may be overwritten as soon as the next one is asked for.
   * Can be iterated once.
   * @throws InputError where the input cannot be read or its gzip data is damaged
   */
  chunks(): AsyncIterable<Buffer>
  /** Releases the file; needed only where {@link chunks} is not read to its end. */
  close(): Promise<void>
}

/**
 * Opens `path` (`-`: standard input), looks into it and gunzips it if it starts as gzip does.
 * @throws InputError for what is missing, not readable, a directory, empty, or damaged gzip
 */
export async function openBytes(path: string, stdin: AsyncIterable<Uint8Array> = process.stdin): Promise<ByteSource> {
  const raw = path === '-' ? fromStream(stdin) : fromFile(path)
  const again = path !== '-' && isOrdinaryFile(path)
  return sourceOf(path, raw, again ? path : undefined)
}

/** Whether a file can be read from any place; what is wrong with a path is for the opening to say. */
function isOrdinaryFile(path: string): boolean {
  try {
    return statSync(path).isFile()
  } catch {
    return false
  }
}

/**
 * A source over bytes that are already in memory or that somebody else produces.
 * @param path of an ordinary file with these bytes
 */
export async function sourceOf(name: string, raw: AsyncIterable<Uint8Array>, path?: string): Promise<ByteSource> {
  const rest = raw[Symbol.asyncIterator]() as AsyncIterator<Buffer>
  const first = await gather(rest, 2)
  const gzip = first.bytes.length >= 2 && first.bytes[0] === 0x1f && first.bytes[1] === 0x8b
  const joined = prepend(first.bytes, first.ended ? undefined : rest)
  const decoded: AsyncIterator<Buffer> = (gzip ? gunzipChunks(name, joined) : joined)[Symbol.asyncIterator]()
  const start = await gather(decoded, HEAD_BYTES)
  let bytes = start.bytes
  if (bytes.subarray(0, 3).equals(UTF8_BOM)) bytes = bytes.subarray(3)
  if (bytes.length === 0) {
    throw new InputError(gzip ? 'nothing in this gzip file' : 'the file is empty', {
      file: name,
      code: 'TM_INPUT_UNKNOWN_FORMAT',
      expected: 'a recording or a trace',
    })
  }
  async function* counted(): AsyncGenerator<Buffer> {
    for await (const chunk of prepend(bytes, start.ended ? undefined : decoded)) {
      source.delivered += chunk.length
      yield chunk
    }
  }
  const source: ByteSource = {
    name,
    gzip,
    path: gzip ? undefined : path,
    head: bytes.subarray(0, HEAD_BYTES),
    delivered: 0,
    chunks: counted,
    close: async () => {
      await decoded.return?.()
      await rest.return?.()
    },
  }
  return source
}

/** At least `least` bytes from an iterator, copied, unless it ends before. */
async function gather(from: AsyncIterator<Buffer>, least: number): Promise<{ bytes: Buffer; ended: boolean }> {
  const parts: Buffer[] = []
  let length = 0
  while (length < least) {
    const next = await from.next()
    if (next.done) return { bytes: Buffer.concat(parts), ended: true }
    parts.push(Buffer.from(next.value))
    length += next.value.length
  }
  return { bytes: parts.length === 1 ? parts[0] : Buffer.concat(parts), ended: false }
}

async function* prepend(first: Buffer, rest: AsyncIterator<Buffer> | undefined): AsyncGenerator<Buffer> {
  try {
    if (first.length > 0) yield first
    while (rest !== undefined) {
      const next: IteratorResult<Buffer, unknown> = await rest.next()
      if (next.done) return
      yield next.value
    }
  } finally {
    await rest?.return?.()
  }
}

async function* fromStream(stream: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer> {
  for await (const chunk of stream) yield Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength)
}

async function* fromFile(path: string): AsyncGenerator<Buffer> {
  let fd: number
  try {
    fd = openSync(path, 'r')
  } catch (error) {
    throw unreadable(path, error)
  }
  try {
    if (fstatSync(fd).isDirectory()) throw unreadable(path, { code: 'EISDIR' })
    const buffer = Buffer.allocUnsafe(READ_BYTES)
    for (;;) {
      const n = readSync(fd, buffer, 0, READ_BYTES, null)
      if (n === 0) return
      yield buffer.subarray(0, n)
    }
  } catch (error) {
    if (error instanceof InputError) throw error
    throw unreadable(path, error)
  } finally {
    closeSync(fd)
  }
}

const REASONS: Record<string, string> = {
  ENOENT: 'no such file',
  EACCES: 'no permission to read this file',
  EPERM: 'no permission to read this file',
  EISDIR: 'this is a directory',
  ENOTDIR: 'a part of the path is not a directory',
  ENAMETOOLONG: 'the name is too long',
  ELOOP: 'too many symbolic links',
}

/** The error of the operating system for `path`, in words; the codes are those of open(2) and read(2). */
export function unreadable(path: string, error: unknown): InputError {
  const code = (error as { code?: string }).code ?? ''
  const reason = REASONS[code] ?? `cannot be read${code ? `: ${code}` : `: ${String(error)}`}`
  return new InputError(reason, { file: path, code: 'TM_INPUT_UNREADABLE', expected: 'a readable file' })
}
