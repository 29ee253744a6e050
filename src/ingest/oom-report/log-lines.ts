/** Bytes of a log → text lines, with bounded memory: plain or gzip, UTF-8 or UTF-16, file or standard input. */

import { TextDecoder } from 'node:util'
import { type ByteSource, openBytes } from '../../base/byte-source.js'
import { InputError } from '../../base/errors.js'

/** Longer lines are cut here, characters; the longest line of a real report (a cgroup's statistics) has a few KiB. */
export const MAX_LINE = 64 * 1024

/** What cannot be read as text, and the command that turns it into text. */
const REFUSED: { magic: string; what: string; hint: (file: string) => string }[] = [
  { magic: 'fd377a585a00', what: 'xz', hint: (f) => `xz -dc ${f} | tidemark oom -` },
  { magic: '28b52ffd', what: 'zstd', hint: (f) => `zstd -dc ${f} | tidemark oom -` },
  { magic: '425a68', what: 'bzip2', hint: (f) => `bzip2 -dc ${f} | tidemark oom -` },
  {
    magic: '4c504b5348485248',
    what: 'a binary systemd journal',
    hint: (f) => `journalctl --file ${f} --dmesg --no-pager | tidemark oom -`,
  },
]

/**
 * Opens a log.
 *
 * @param path a file, or `-` for standard input
 * @throws InputError when it is missing, unreadable, empty, or needs another tool to become text
 */
export async function openLog(path: string, stdin?: AsyncIterable<Uint8Array>): Promise<ByteSource> {
  const source = await openBytes(path, stdin)
  const start = source.head.subarray(0, 8).toString('hex')
  const refused = REFUSED.find((r) => start.startsWith(r.magic))
  if (!refused) return source
  await source.close()
  throw new InputError(`is ${refused.what}, which is not read as a log`, {
    file: path,
    code: 'TM_INPUT_REFUSED',
    expected: 'a kernel log as text or gzip',
    hint: refused.hint(path === '-' ? 'LOG' : path),
  })
}

/** The lines of a log without their ends. A byte that is not valid in the encoding becomes U+FFFD. */
export async function* logLines(chunks: AsyncIterable<Buffer>): AsyncGenerator<string> {
  let decoder: TextDecoder | null = null
  let rest = ''
  for await (const chunk of chunks) {
    decoder ??= new TextDecoder(encodingOf(chunk))
    const text = decoder.decode(chunk, { stream: true })
    let start = 0
    for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n', start)) {
      yield append(rest, text, start, end)
      rest = ''
      start = end + 1
    }
    rest = append(rest, text, start, text.length)
  }
  if (rest) yield rest
}

/** What fits of `text[start, end)` behind `line`. */
function append(line: string, text: string, start: number, end: number): string {
  return line + text.slice(start, Math.min(end, start + MAX_LINE - line.length))
}

function encodingOf(first: Buffer): string {
  if (first[0] === 0xff && first[1] === 0xfe) return 'utf-16le'
  if (first[0] === 0xfe && first[1] === 0xff) return 'utf-16be'
  return 'utf-8'
}
