/** What people hand over by mistake, recognised by its content, with what to do instead. */

import { InputError } from '../base/errors.js'
import type { Head } from './format.js'

interface Refusal {
  /** The first bytes, or a look at the head. */
  readonly magic?: readonly number[]
  readonly matches?: (head: Head) => boolean
  readonly what: string
  readonly hint?: (file: string) => string
}

const REFUSALS: readonly Refusal[] = [
  {
    magic: [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00],
    what: 'xz data',
    hint: (f) => `Unpack it: xz -dc ${f} | tidemark … -`,
  },
  { magic: [0x42, 0x5a, 0x68], what: 'bzip2 data', hint: (f) => `Unpack it: bzip2 -dc ${f} | tidemark … -` },
  { magic: [0x28, 0xb5, 0x2f, 0xfd], what: 'zstd data', hint: (f) => `Unpack it: zstd -dc ${f} | tidemark … -` },
  { magic: [0x1f, 0x8b], what: 'gzip data inside gzip data', hint: (f) => `Unpack it: gzip -dc ${f} | tidemark … -` },
  { magic: [0x50, 0x4b, 0x03, 0x04], what: 'a zip archive', hint: (f) => `Unpack it: unzip ${f}` },
  {
    magic: [0x25, 0x50, 0x44, 0x46],
    what: 'a PDF document',
    hint: () => 'A recording is text: ask for the file behind it.',
  },
  { magic: [0x7f, 0x45, 0x4c, 0x46], what: 'an ELF program' },
  { magic: [0x89, 0x50, 0x4e, 0x47], what: 'a PNG image' },
  { magic: [0xff, 0xfe], what: 'UTF-16 text', hint: (f) => `Convert it: iconv -f UTF-16 -t UTF-8 ${f}` },
  { magic: [0xfe, 0xff], what: 'UTF-16 text', hint: (f) => `Convert it: iconv -f UTF-16 -t UTF-8 ${f}` },
  {
    matches: ({ bytes }) => bytes.toString('latin1', 0, 16) === 'SQLite format 3\0',
    what: 'an SQLite database',
    hint: () => 'To look into a database: tidemark query --db FILE',
  },
  { matches: ({ bytes }) => bytes.toString('latin1', 257, 262) === 'ustar', what: 'a tar archive' },
  {
    matches: ({ lines }) => lines.some((l) => /\bavm\s+fre\s+re\s+pi\s+po\s+fr\s+sr\s+cy\b/.test(l)),
    what: 'AIX vmstat (columns avm fre re pi po fr sr cy). Only Linux is supported',
  },
  {
    matches: ({ lines }) =>
      lines.some((l) => /^SunOS \S+ 5\.\d+/.test(l) || /\bswap\s+free\s+re\s+mf\s+pi\s+po\s+fr\s+de\s+sr\b/.test(l)),
    what: 'output of Solaris (sar or vmstat). Only Linux is supported',
  },
  {
    matches: ({ lines }) => lines.some((l) => /\bavm\s+fre\s+flt\s+re\s+pi\s+po\s+fr\s+sr\b/.test(l)),
    what: 'output of FreeBSD vmstat. Only Linux is supported',
  },
  {
    matches: ({ lines }) => lines.some((l) => /^(HP-UX|AIX) \S+ /.test(l)),
    what: 'output of AIX or HP-UX. Only Linux is supported',
  },
  {
    matches: ({ lines }) =>
      lines.some((l) => /^\s*\d+ K total memory/.test(l)) && lines.some((l) => /CPU context switches/.test(l)),
    what: 'vmstat -s, a table of totals without intervals',
    hint: () => 'Run: vmstat -t 1',
  },
]

/** @throws InputError (TM_INPUT_REFUSED) for content that is known and cannot be used */
export function refuse(head: Head): void {
  const sysstat = binarySysstat(head.bytes)
  if (sysstat !== undefined) {
    throw refused(
      head.file,
      `binary sysstat data file${sysstat}`,
      `Convert it: sadf -j ${head.file} -- -B -r -S -W > ${head.file}.json`,
    )
  }
  for (const refusal of REFUSALS) {
    const matched = refusal.magic?.every((byte, i) => head.bytes[i] === byte) ?? refusal.matches?.(head)
    if (matched) throw refused(head.file, `this is ${refusal.what}`, refusal.hint?.(head.file))
  }
  if (isBinary(head.bytes)) throw refused(head.file, 'this is binary data of an unknown kind')
}

/** sa.h of sysstat: magic 0xd596, then the magic of the format, then version, patch level and sublevel. */
function binarySysstat(bytes: Buffer): string | undefined {
  const little = bytes[0] === 0x96 && bytes[1] === 0xd5
  const big = bytes[0] === 0xd5 && bytes[1] === 0x96
  if (little || big) return bytes.length > 6 ? ` (sysstat ${bytes[4]}.${bytes[5]}.${bytes[6]})` : ''
  // sysstat 7 of RHEL 5 has no such mark.
  return bytes[0] === 0x51 && bytes[1] === 0x28 && bytes[2] === 0x5b && bytes[3] === 0x50 ? ' (sysstat 7)' : undefined
}

/** Control bytes that no text has. NUL is left out: some releases of sysstat print it into their text. */
function isBinary(bytes: Buffer): boolean {
  let control = 0
  let nul = 0
  for (const byte of bytes.subarray(0, 4096)) {
    if (byte === 0) nul++
    else if (byte < 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09 && byte !== 0x1b && byte !== 0x0c) control++
  }
  const length = Math.min(bytes.length, 4096)
  return control > length / 50 || nul > length / 8
}

function refused(file: string, what: string, hint?: string): InputError {
  return new InputError(what, { file, hint, code: 'TM_INPUT_REFUSED' })
}
