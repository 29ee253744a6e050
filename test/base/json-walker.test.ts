import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type JsonPath, JsonWalker } from '../../src/base/json-walker.js'

function walk(text: string, size: number, take: (path: JsonPath) => boolean): [string, unknown][] {
  const items: [string, unknown][] = []
  const walker = new JsonWalker({ take, item: (path, value) => items.push([path.join('.'), value]) })
  for (let i = 0; i < text.length; i += size) walker.push(text.slice(i, i + size))
  expect(walker.done).toBe(true)
  return items
}

describe('JsonWalker', () => {
  it('takes what is asked for, whole, and passes by the rest', () => {
    const text = '{"a":[1,{"b":[2,null,true]},[]],"c":"x","d":{"e":{"f":-1.5e3}}}'
    expect(walk(text, 3, (p) => p[0] === 'a' && p.length === 2)).toEqual([
      ['a.0', 1],
      ['a.1', { b: [2, null, true] }],
      ['a.2', []],
    ])
    expect(walk(text, 100, (p) => p.join() === 'd,e')).toEqual([['d.e', { f: -1500 }]])
    expect(walk(text, 1, (p) => p.length === 0)).toEqual([['', JSON.parse(text)]])
  })

  it('agrees with JSON.parse for any document', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.json()), fc.integer({ min: 1, max: 40 }), (parts, size) => {
        const text = `{${Object.entries(parts)
          .map(([k, v]) => `${JSON.stringify(k)}:${v}`)
          .join(',')}}`
        const expected = Object.entries(parts).map(([k, v]) => [k, JSON.parse(v)])
        expect(walk(text, size, (p) => p.length === 1)).toEqual(expected)
      }),
      { seed: 4 },
    )
  })

  it('gives up on a value without end', () => {
    const walker = new JsonWalker({ take: () => false, item: () => {} })
    walker.push('["')
    const chunk = 'x'.repeat(1 << 20)
    expect(() => {
      for (let i = 0; i < 40; i++) walker.push(chunk)
    }).toThrow('a value is longer than')
  })
})
