import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { TmkWriter } from '../../src/trace/tmk/writer.js'
import { eventsOf, failure, openTrace, plainEvents } from '../ingest/helpers.js'
import { makeEvents, ndjson } from './random-events.js'
import { eventsOfFile, fileOf, rewritten } from './written.js'

const CHANCES = [0.12, 0.73, 0.34, 0.95, 0.56, 0.07, 0.61, 0.83, 0.42, 0.29, 0.99, 0.5, 0.18]
const tmk = await rewritten(ndjson(makeEvents(33_000, CHANCES)), 'tmk')
const other = await rewritten(ndjson(makeEvents(33_000, CHANCES.toReversed())), 'tmk')
const events = await eventsOf(tmk)

/** Codes that say: this file cannot be used, and where it is broken. */
const CODES = ['TM_INPUT_SYNTAX', 'TM_INPUT_REFUSED', 'TM_INPUT_UNKNOWN_FORMAT']

/** Reads the damaged bytes both ways; each must end in an error that names the file, never in events. */
async function refused(bytes: Buffer): Promise<string[]> {
  const messages: string[] = []
  const path = fileOf(bytes, 'damaged.tmk')
  for (const read of [() => eventsOfFile(path), () => eventsOf(bytes, path, 5000)]) {
    const { code, message } = await failure(read())
    expect(CODES).toContain(code)
    expect(message.startsWith(path)).toBe(true)
    messages.push(message)
  }
  return messages
}

describe('a damaged .tmk file is refused', () => {
  describe('all through a small one', async () => {
    const small = await rewritten(ndjson(makeEvents(12, CHANCES)), 'tmk')

    it('wherever it ends', async () => {
      for (let length = 1; length < small.length; length += 3) await refused(small.subarray(0, length))
    })

    it('whichever word is another', async () => {
      for (let word = 0; 4 * word < small.length; word++) {
        const bytes = Buffer.from(small)
        bytes[4 * word + (word & 3)] ^= 1 << ((word >> 2) & 7)
        await refused(bytes)
      }
    })
  })

  it('wherever a bit is flipped', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: 8 * tmk.length - 1 }), async (bit) => {
        const bytes = Buffer.from(tmk)
        bytes[bit >> 3] ^= 1 << (bit & 7)
        await refused(bytes)
      }),
      { numRuns: 200 },
    )
  })

  it('wherever bytes are overwritten', async () => {
    const run = fc.tuple(fc.nat(tmk.length - 1), fc.uint8Array({ minLength: 1, maxLength: 5000 }))
    await fc.assert(
      fc.asyncProperty(run, async ([at, bytes]) => {
        const damaged = Buffer.from(tmk)
        damaged.set(bytes.subarray(0, tmk.length - at), at)
        if (!damaged.equals(tmk)) await refused(damaged)
      }),
      { numRuns: 100 },
    )
  })

  it('wherever it ends early', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: tmk.length - 1 }), async (length) => {
        await refused(tmk.subarray(0, length))
      }),
      { numRuns: 150 },
    )
  })

  it('wherever something is left out, put in, or said twice', async () => {
    const place = fc.tuple(fc.nat(tmk.length), fc.nat(tmk.length), fc.nat(tmk.length))
    await fc.assert(
      fc.asyncProperty(place, async ([a, b, c]) => {
        const [from, to] = a < b ? [a, b] : [b, a]
        const without = Buffer.concat([tmk.subarray(0, from), tmk.subarray(to)])
        if (from < to && without.length > 0) await refused(without)
        const twice = Buffer.concat([tmk.subarray(0, c), tmk.subarray(from, to), tmk.subarray(c)])
        if (from < to && !(from === 0 && to === tmk.length && c === 0)) await refused(twice)
      }),
      { numRuns: 100 },
    )
  })

  it('in whole blocks as well: left out, swapped, repeated, or from another file', async () => {
    const blocks = blockOffsets(tmk)
    expect(blocks.length).toBeGreaterThan(2)
    const [a, b, c] = blocks
    const part = (from: number, to: number): Buffer => tmk.subarray(from, to)
    await refused(Buffer.concat([part(0, a), part(b, tmk.length)]))
    await refused(Buffer.concat([part(0, a), part(b, c), part(a, b), part(c, tmk.length)]))
    await refused(Buffer.concat([part(0, b), part(a, tmk.length)]))
    const [otherA, otherB] = blockOffsets(other)
    await refused(Buffer.concat([part(0, a), other.subarray(otherA, otherB), part(b, tmk.length)]))
    await refused(Buffer.concat([part(0, c), other.subarray(blockOffsets(other)[2])]))
  })

  it('where something follows', async () => {
    await refused(Buffer.concat([tmk, Buffer.from('x')]))
    await refused(Buffer.concat([tmk, tmk]))
  })

  it('where the writer never came to the end', async () => {
    const trace = await openTrace(tmk)
    const writer = new TmkWriter(trace.header)
    const parts: Uint8Array[] = []
    for await (const batch of trace.batches()) parts.push(...writer.add(batch))
    const [, streamed] = await refused(Buffer.concat(parts))
    expect(streamed).toMatch(/at byte \d+: a part is not whole: the file is cut off$/)
  })
})

describe('the message', () => {
  it('names the block and where it is', async () => {
    const [, second] = blockOffsets(tmk)
    const bytes = Buffer.from(tmk)
    bytes[second + 1000] ^= 1
    const path = fileOf(bytes, 'message.tmk')
    expect(await failure(eventsOfFile(path))).toEqual({
      code: 'TM_INPUT_SYNTAX',
      message: `${path}: at byte ${second}: block 1 does not have its checksum`,
      hint: 'The file is damaged: write it again with tidemark convert, from the trace it was made of.',
    })
  })

  it('says of a file that is cut off that it is, before any event is read', async () => {
    const path = fileOf(tmk.subarray(0, tmk.length - 100), 'cut.tmk')
    expect(await failure(eventsOfFile(path))).toMatchObject({
      message: expect.stringMatching(/no end mark: the file is cut off$/),
      hint: 'Copy it again, or write it again with tidemark convert.',
    })
  })

  it('tells another version and another byte order from damage', async () => {
    const newer = Buffer.from(tmk)
    newer.writeInt32LE(3, 8)
    expect(await failure(eventsOf(newer))).toMatchObject({
      code: 'TM_INPUT_REFUSED',
      message: 'input: a .tmk file of a version that is not known (expected version 2, found "version 3")',
    })
    const swapped = Buffer.from(tmk)
    swapped.writeInt32BE(0x01020304, 12)
    expect(await failure(eventsOf(swapped))).toMatchObject({
      code: 'TM_INPUT_REFUSED',
      message: 'input: written by a host with another byte order',
    })
  })
})

it('gives what was read before the damage, where it can be read only once', async () => {
  const offsets = blockOffsets(tmk)
  const bytes = Buffer.from(tmk)
  bytes[offsets[2] + 999] ^= 4
  const trace = await openTrace(bytes)
  const seen: number[] = []
  await failure(
    (async () => {
      for await (const batch of trace.batches()) seen.push(batch.length)
    })(),
  )
  expect(seen).toHaveLength(2)
  expect((await plainEvents(await openTrace(tmk))).length).toBe(events.length)
})

/** Where the blocks begin: the header and each block say how long they are. */
function blockOffsets(bytes: Buffer): number[] {
  const offsets: number[] = []
  for (let at = bytes.readInt32LE(4 * 5); bytes.toString('latin1', at, at + 4) === 'BLK1'; ) {
    offsets.push(at)
    at += bytes.readInt32LE(at + 4)
  }
  return offsets
}
