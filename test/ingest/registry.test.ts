import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, describe, expect, it } from 'vitest'
import { openBytes, unreadable } from '../../src/base/byte-source.js'
import { openInput, openSource } from '../../src/ingest/registry.js'
import { bytesSource, eventsOf, failure, plainEvents } from './helpers.js'

const TRACE = '{"trace":"allocation/1"}\n{"t":0,"op":"spawn","pid":1,"comm":"a"}\n'
const folder = mkdtempSync(join(tmpdir(), 'tidemark-ingest-'))
afterAll(() => rmSync(folder, { recursive: true }))

describe('openInput', () => {
  it('reads files, gzip by content whatever the name, several members, and standard input', async () => {
    const file = join(folder, 'trace.log')
    writeFileSync(file, gzipSync(TRACE))
    const opened = await openInput(file)
    expect(opened.kind).toBe('allocation')
    if (opened.kind === 'allocation') expect((await plainEvents(opened)).length).toBe(1)
    const members = Buffer.concat([gzipSync(TRACE.slice(0, 30)), gzipSync(TRACE.slice(30))])
    expect((await eventsOf(members, 'input', 5)).length).toBe(1)
    async function* stdin(): AsyncGenerator<Uint8Array> {
      for (const byte of Buffer.from(TRACE)) yield Uint8Array.of(byte)
    }
    const piped = await openSource(await openBytes('-', stdin()))
    if (piped.kind === 'allocation') expect((await plainEvents(piped)).length).toBe(1)
  })

  it('says what is wrong with a path', async () => {
    expect(await failure(openInput(join(folder, 'missing')))).toEqual({
      code: 'TM_INPUT_UNREADABLE',
      message: `${join(folder, 'missing')}: no such file (expected a readable file)`,
    })
    expect((await failure(openInput(folder))).message).toBe(`${folder}: this is a directory (expected a readable file)`)
    expect((await failure(openInput(join(folder, 'trace.log', 'x')))).message).toContain(
      'a part of the path is not a directory',
    )
    expect(unreadable('f', { code: 'EACCES' }).message).toBe(
      'f: no permission to read this file (expected a readable file)',
    )
    const closed = join(folder, 'closed')
    writeFileSync(closed, TRACE)
    chmodSync(closed, 0)
    // The superuser may read anything.
    if (process.getuid?.() !== 0) {
      expect((await failure(openInput(closed))).message).toBe(
        `${closed}: no permission to read this file (expected a readable file)`,
      )
    }
  })

  it.each([
    ['nothing', '', 'TM_INPUT_UNKNOWN_FORMAT', 'input: the file is empty (expected a recording or a trace)'],
    [
      'an empty gzip file',
      gzipSync(''),
      'TM_INPUT_UNKNOWN_FORMAT',
      'input: nothing in this gzip file (expected a recording or a trace)',
    ],
    ['gzip in gzip', gzipSync(gzipSync(TRACE)), 'TM_INPUT_REFUSED', 'input: this is gzip data inside gzip data'],
    ['xz', [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0, 1, 2], 'TM_INPUT_REFUSED', 'input: this is xz data'],
    ['bzip2', Buffer.from('BZh91AY&SY'), 'TM_INPUT_REFUSED', 'input: this is bzip2 data'],
    ['zstd', [0x28, 0xb5, 0x2f, 0xfd, 0, 1], 'TM_INPUT_REFUSED', 'input: this is zstd data'],
    ['a PDF', Buffer.from('%PDF-1.7\n%âãÏÓ\n1 0 obj\n'), 'TM_INPUT_REFUSED', 'input: this is a PDF document'],
    ['UTF-16', Buffer.from('\ufeffLinux', 'utf16le'), 'TM_INPUT_REFUSED', 'input: this is UTF-16 text'],
    [
      'binary sa data',
      [0x96, 0xd5, 0x75, 0x21, 12, 5, 4, 0, 0],
      'TM_INPUT_REFUSED',
      'input: binary sysstat data file (sysstat 12.5.4)',
    ],
    [
      'binary sa data of s390x',
      [0xd5, 0x96, 0x21, 0x75, 12, 0, 6, 0, 0],
      'TM_INPUT_REFUSED',
      'input: binary sysstat data file (sysstat 12.0.6)',
    ],
    [
      'binary sa data of RHEL 5',
      [0x51, 0x28, 0x5b, 0x50, 1, 2, 3],
      'TM_INPUT_REFUSED',
      'input: binary sysstat data file (sysstat 7)',
    ],
    ['other binary data', Buffer.alloc(1000, 3), 'TM_INPUT_REFUSED', 'input: this is binary data of an unknown kind'],
    [
      'AIX vmstat',
      'kthr memory page\n r b avm fre re pi po fr sr cy in sy cs us sy id wa\n',
      'TM_INPUT_REFUSED',
      'input: this is AIX vmstat (columns avm fre re pi po fr sr cy). Only Linux is supported',
    ],
    [
      'Solaris vmstat',
      ' kthr memory page\n r b w swap free re mf pi po fr de sr s0 in sy cs us sy id\n',
      'TM_INPUT_REFUSED',
      'input: this is output of Solaris (sar or vmstat). Only Linux is supported',
    ],
    [
      'vmstat -s',
      '  8000 K total memory\n  4000 K used memory\n  123 CPU context switches\n',
      'TM_INPUT_REFUSED',
      'input: this is vmstat -s, a table of totals without intervals',
    ],
    ['prose', '# Notes\nNothing of interest.\n', 'TM_INPUT_UNKNOWN_FORMAT', 'input: of no known format'],
  ])('refuses %s', async (_, content, code, message) => {
    const error = await failure(bytesSource(content as Buffer).then((source) => openSource(source)))
    expect(error.code).toBe(code)
    expect(error.message.slice(0, message.length)).toBe(message)
  })

  it('says how to convert what it refuses', async () => {
    const source = await bytesSource(Uint8Array.of(0x96, 0xd5, 0x75, 0x21, 12, 5, 4, 0), 'sa15')
    expect((await failure(openSource(source))).hint).toBe('Convert it: sadf -j sa15 -- -B -r -S -W > sa15.json')
  })

  it('says where gzip data ends early or is damaged', async () => {
    const long = gzipSync(TRACE + '{"t":1,"op":"read","pid":1,"file":"f","start":0,"count":1}\n'.repeat(100_000))
    expect((await failure(eventsOf(long.subarray(0, 40), 'cut'))).message).toMatch(
      /^cut: gzip data ends early, after \d+ decoded bytes: the file is cut off$/,
    )
    const cut = long.subarray(0, long.length - 2000)
    expect((await failure(eventsOf(cut, 'cut', 512))).message).toMatch(
      /^cut: gzip data ends early, after [1-9]\d+ decoded bytes/,
    )
    const damaged = Buffer.from(long)
    damaged[damaged.length - 6] ^= 0xff
    expect((await failure(eventsOf(damaged, 'bad'))).message).toMatch(
      /^bad: gzip data is damaged after \d+ decoded bytes \(.+\)$/,
    )
  })
})
