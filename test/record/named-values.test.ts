import { describe, expect, it } from 'vitest'
import { NamedValues } from '../../src/record/named-values.js'

function read(values: NamedValues, text: string): Record<string, number> {
  values.read(Buffer.from(text))
  return Object.fromEntries(values.names.map((name, i) => [name, values.values[i]]))
}

describe('name value lines', () => {
  it('are read again and again under the names that were learnt', () => {
    const values = new NamedValues()
    expect(read(values, 'a 1\nbc 22\nd 0\n')).toEqual({ a: 1, bc: 22, d: 0 })
    const { names } = values
    expect(read(values, 'a 18446744073709551615\nbc 3\nd -4\n')).toEqual({ a: 2 ** 64, bc: 3, d: -4 })
    expect(values.names).toBe(names)
  })

  it('are learnt again when they change', () => {
    const values = new NamedValues()
    read(values, 'a 1\nb 2\n')
    expect(read(values, 'a 1\nb 2\nc 3\n')).toEqual({ a: 1, b: 2, c: 3 })
    expect(read(values, 'a 1\nc 3\n')).toEqual({ a: 1, c: 3 })
    expect(read(values, 'ab 1\nc 3\n')).toEqual({ ab: 1, c: 3 })
    expect(read(values, 'a 1\n')).toEqual({ a: 1 })
    expect(read(values, '')).toEqual({})
    expect(read(values, 'a 7')).toEqual({ a: 7 })
  })

  it('are kept only where they are wanted, with or without a unit', () => {
    const values = new NamedValues(new Set(['MemTotal', 'Active']))
    const text = 'MemTotal:       24684092 kB\nActive:            12 kB\nActive(anon):   5 kB\nHugePages_Total:  0\n'
    expect(read(values, text)).toEqual({ MemTotal: 24_684_092, Active: 12 })
    expect(read(values, text.replace('12', '999999'))).toEqual({ MemTotal: 24_684_092, Active: 999_999 })
  })

  it('may stand between lines that are none', () => {
    const values = new NamedValues()
    const text = 'Node 0, zone DMA\na 1\n\n  odd line here\nb 2\n'
    expect(read(values, text)).toEqual({ a: 1, b: 2 })
    expect(read(values, text.replace('a 1', 'a 5'))).toEqual({ a: 5, b: 2 })
  })
})
