import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { bannerDay } from '../../src/ingest/sar-text/banner-date.js'
import { readNumbers } from '../../src/ingest/text/byte-rows.js'
import { dateSeconds } from '../../src/ingest/text/dates.js'
import { parseNumber } from '../../src/ingest/text/numbers.js'

const parse = (text: string, code = 0, human = false): number => parseNumber(text, 0, text.length, { code }, human)

describe('parseNumber', () => {
  it('gives what Number gives, with a point or a comma', () => {
    fc.assert(
      fc.property(
        fc.bigInt({ min: -(10n ** 18n), max: 10n ** 18n }),
        fc.nat(6),
        fc.boolean(),
        (whole, decimals, comma) => {
          const text = decimals === 0 ? String(whole) : `${whole}.${'7'.repeat(decimals)}`
          expect(parse(comma ? text.replace('.', ',') : text)).toBe(Number(text))
        },
      ),
      { seed: 1 },
    )
  })

  it.each(['', '-', '.', '1.', '1..2', '1,234,567', '1.2.3', 'x', '1x', '0x10', '1e5', '٣'])(
    'says that %j is none',
    (text) => {
      expect(parse(text)).toBeNaN()
    },
  )

  it('keeps to the mark of the file, and takes units only where people asked for them', () => {
    expect(parse('1,5', 0x2e)).toBeNaN()
    expect(parse('98.9%')).toBeNaN()
    expect(['98.9%', '256.9M', '700.0k', '1.4G', '-2.0k'].map((t) => parse(t, 0, true))).toEqual([
      98.9, 263065.6, 700, 1468006.4, -2,
    ])
  })
})

describe('readNumbers', () => {
  const rate = fc
    .tuple(fc.nat(10 ** 9), fc.nat(99), fc.boolean())
    .map(([a, b, whole]) => (whole ? String(a) : `${a}.${String(b).padStart(2, '0')}`))

  it('reads what the careful way reads, or leaves it to that', () => {
    fc.assert(
      fc.property(
        fc.array(rate, { minLength: 1, maxLength: 12 }),
        fc.constantFrom(' ', '    ', ';'),
        fc.constantFrom('\n', '\r\n', '  \n'),
        (words, gap, end) => {
          const values = new Float64Array(64)
          const bytes = Buffer.from(`${gap === ';' ? '' : gap}${words.join(gap)}${end}next`)
          const next = readNumbers(bytes, 0, words.length, values, { code: 0x2e }, gap.charCodeAt(0))
          expect(next).toBe(bytes.length - 4)
          expect([...values.subarray(0, words.length)]).toEqual(words.map(Number))
        },
      ),
      { seed: 2 },
    )
  })

  it.each([
    '1 2 x\n',
    '1 2\n',
    '1 2 3 4\n',
    '1 2 -3\n',
    '1 2 3.4567\n',
    '1 2 3,45\n',
    '1 2 3.4\n',
    '1 2 99999999999999999999.00\n',
  ])('leaves %j to it', (text) => {
    expect(readNumbers(Buffer.from(text), 0, 3, new Float64Array(64), { code: 0x2e }, 0x20)).toBe(-1)
  })

  it('leaves the first number with a decimal mark to it, too', () => {
    expect(readNumbers(Buffer.from('1.00\n'), 0, 1, new Float64Array(64), { code: 0 }, 0x20)).toBe(-1)
  })
})

describe('dates', () => {
  it.each([
    ['Wed Aug 28 16:02:01 IST 2019', '2019-08-28T16:02:01Z'],
    ['Wed 28 Aug 2019 04:02:01 PM IST', '2019-08-28T16:02:01Z'],
    ['zzz ***Thu Mar 30 09:00:01 EDT 2017', '2017-03-30T09:00:01Z'],
    ['2019-08-28T16:02:01+02:00', '2019-08-28T16:02:01Z'],
    ['2019/08/28 16:02:01', '2019-08-28T16:02:01Z'],
    ['1567008121', '2019-08-28T16:02:01Z'],
    ['@1567008121', '2019-08-28T16:02:01Z'],
  ])('of a line: %s', (line, iso) => {
    expect(dateSeconds(line)).toBe(Date.parse(iso) / 1000)
  })

  it.each(['', 'pgfault 12', 'at 16:02:01 all was well', '12:10:01 AM', 'x'.repeat(100)])('%j is none', (line) => {
    expect(dateSeconds(line)).toBeNaN()
  })

  it.each([
    ['05/31/20', '2020-05-31'],
    ['31/05/2020', '2020-05-31'],
    ['31.05.2020', '2020-05-31'],
    ['31-05-20', '2020-05-31'],
    ['2020-05-31', '2020-05-31'],
    ['30.6.2019', '2019-06-30'],
    ['2020年05月31日', '2020-05-31'],
    ['2020년 05월 31일', '2020-05-31'],
    ['Monday 09 September 2024', '2024-09-09'],
    ['30. juni 2019', '2019-06-30'],
    ['04/04/24', '2024-04-04'],
    ['03/04/24', undefined],
    ['99/99/99', undefined],
    ['someday', undefined],
  ])('of a banner: %s', (date, iso) => {
    expect(bannerDay(date)).toBe(iso === undefined ? undefined : Date.parse(iso) / 1000)
  })
})
