import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { sourceOf } from '../../src/base/byte-source.js'
import { LineReader } from '../../src/base/line-reader.js'

async function* chunksOf(text: string, size: number): AsyncGenerator<Buffer> {
  const bytes = Buffer.from(text)
  for (let i = 0; i < bytes.length; i += size) yield Buffer.from(bytes.subarray(i, i + size))
}

async function linesOf(text: string, size: number, maxLine?: number): Promise<string[]> {
  const reader = new LineReader(await sourceOf('input', chunksOf(text, size)), maxLine)
  let whole = ''
  for await (const { bytes, start, end } of reader.blocks()) {
    expect(bytes[end - 1]).toBe(0x0a)
    whole += bytes.toString('utf8', start, end)
  }
  return whole.slice(0, -1).split('\n')
}

describe('LineReader', () => {
  it('gives the lines whatever the chunks are', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.string({ unit: fc.constantFrom('a', 'é', ' ', '1'), maxLength: 30 }), { minLength: 1 }),
        fc.integer({ min: 1, max: 50 }),
        async (lines, size) => {
          const text = lines.join('\n')
          fc.pre(text.length > 0)
          const expected = text.endsWith('\n') ? lines.slice(0, -1) : lines
          expect(await linesOf(text, size)).toEqual(expected)
        },
      ),
      { seed: 3 },
    )
  })

  it('refuses a line that is longer than the limit, with its number', async () => {
    const reader = new LineReader(await sourceOf('input', chunksOf(`short\n${'x'.repeat(90_000)}`, 1000)), 50_000)
    const read = async (): Promise<void> => {
      for await (const { bytes, start, end } of reader.blocks()) {
        for (let i = start; i < end; i++) if (bytes[i] === 0x0a) reader.line++
      }
    }
    await expect(read()).rejects.toThrow('input:2: line is longer than 50000 bytes (expected text with line ends)')
  })
})
