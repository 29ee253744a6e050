import {
  appendFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import fc from 'fast-check'
import { afterAll, describe, expect, it } from 'vitest'
import type { TidemarkError } from '../../src/base/errors.js'
import { GzipMember } from '../../src/record/gzip-member.js'
import { openRecordingFile } from '../../src/record/recording-file.js'

const folder = mkdtempSync(join(tmpdir(), 'tidemark-file-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

function problem(work: () => void): Partial<TidemarkError> {
  try {
    work()
  } catch (error) {
    const { code, exitCode, message, hint } = error as TidemarkError
    return { code, exitCode, message, ...(hint === undefined ? {} : { hint }) }
  }
  throw new Error('no error was thrown')
}

describe('a gzip member', () => {
  it('is complete after everything that is added', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ minLength: 1, maxLength: 3000 }), { minLength: 1, maxLength: 12 }), (texts) => {
        const member = new GzipMember()
        let data = Buffer.alloc(0)
        let sofar = ''
        for (const text of texts) {
          data = Buffer.concat([data, member.add(Buffer.from(text))])
          sofar += text
          expect(gunzipSync(Buffer.concat([data, member.trailer()])).toString()).toBe(sofar)
        }
      }),
      { numRuns: 50 },
    )
  })

  it('makes a line that resembles the ones before small', () => {
    const member = new GzipMember()
    const line = Buffer.from(`${Array.from({ length: 200 }, (_, i) => (i * 7919) % 1000).join(',')}\n`)
    member.add(line)
    expect(member.add(line).length).toBeLessThan(30)
  })
})

describe('the file', () => {
  it.each(['a.ndjson', 'a.ndjson.gz'])('%s is whole after every line', (name) => {
    const path = join(folder, name)
    const content = (): string =>
      (name.endsWith('.gz') ? gunzipSync(readFileSync(path)) : readFileSync(path)).toString()
    const file = openRecordingFile(path, false)
    for (let i = 1; i <= 20; i++) {
      file.write(`{"line":${i}}\n`)
      expect(content().split('\n')).toHaveLength(i + 1)
      expect(file.bytes).toBe(readFileSync(path).length)
    }
    file.close()
    const again = openRecordingFile(path, true)
    again.write('more\n')
    again.close()
    expect(content().endsWith('{"line":20}\nmore\n')).toBe(true)
  })

  it('is never overwritten', () => {
    const path = join(folder, 'there.ndjson')
    writeFileSync(path, 'something\n')
    expect(problem(() => openRecordingFile(path, false))).toEqual({
      code: 'TM_USAGE',
      exitCode: 2,
      message: `${path} is there already`,
      hint: 'Give another name, or --append to go on with that recording.',
    })
  })

  it('says why it cannot be made', () => {
    mkdirSync(join(folder, 'inside'))
    const says = (path: string): unknown => problem(() => openRecordingFile(path, false))
    const error = { code: 'TM_OUTPUT', exitCode: 4 }
    expect(says(join(folder, 'inside'))).toEqual({ ...error, message: `${join(folder, 'inside')}: this is a folder` })
    expect(says(join(folder, 'none', 'x'))).toEqual({
      ...error,
      message: `${join(folder, 'none', 'x')}: no such folder`,
    })
    const below = join(folder, 'a.ndjson', 'x')
    expect(says(below)).toEqual({ ...error, message: `${below}: a part of the path is not a folder` })
    // Not even the superuser may make files in sysfs.
    if (existsSync('/sys/kernel')) {
      expect(says('/sys/kernel/x.ndjson')).toEqual({
        ...error,
        message: '/sys/kernel/x.ndjson: no permission to write here',
      })
    }
  })

  it.skipIf(!existsSync('/dev/full'))('says that the device is full', () => {
    const file = openRecordingFile('/dev/full', false)
    expect(problem(() => file.write('line\n'))).toEqual({
      code: 'TM_OUTPUT',
      exitCode: 4,
      message: '/dev/full: no space left on the device',
      hint: 'Everything sampled before is in the file.',
    })
    file.abandon()
  })

  it.skipIf(!existsSync('/dev/full'))('cannot be gzip where it is no file', () => {
    const path = join(folder, 'full.gz')
    symlinkSync('/dev/full', path)
    expect(problem(() => openRecordingFile(path, false))).toEqual({
      code: 'TM_USAGE',
      exitCode: 2,
      message: `${path}: gzip needs a regular file`,
      hint: 'Record without .gz and pipe it through gzip.',
    })
  })

  it.each(['b.ndjson', 'b.ndjson.gz'])('%s that is deleted or changed by somebody else ends the recording', (name) => {
    const path = join(folder, name)
    const file = openRecordingFile(path, false)
    file.write('one\n')
    appendFileSync(path, 'from elsewhere\n')
    expect(problem(() => file.write('two\n')).message).toBe(`${path}: another process has changed the file`)
    truncateSync(path, file.bytes)
    file.write('two\n')
    rmSync(path)
    expect(problem(() => file.write('three\n')).message).toBe(
      `${path}: the file was deleted while it was recorded into`,
    )
    file.abandon()
  })
})
