import { describe, expect, it } from 'vitest'
import { PlainRow, plainClock } from '../../src/ingest/sar-text/plain-row.js'
import { failure, type PlainSeries, seriesOf } from './helpers.js'

/** A seeded source of numbers, so that a failure can be had again. */
function random(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }
}

type Random = ReturnType<typeof random>

const NAMES = 'pgpgin/s pgpgout/s fault/s majflt/s pgfree/s pgscank/s pgscand/s pgsteal/s %vmeff'.split(' ')
const two = (n: number): string => String(n).padStart(2, '0')
const pick = <T>(next: Random, of: readonly T[]): T => of[next(of.length)]

/** What a row may have instead of one of its values. */
const ODD = [
  '-nan',
  '-1.50',
  '1.5',
  '7',
  '1,234.50',
  '99999999999999999.99',
  '12.345',
  '.50',
  '5.',
  '1e3',
  '5.0x',
  '12,50',
]

function cell(next: Random): string {
  const digits = next(3) === 0 ? next(12) : next(7)
  return (next(10 ** digits) + next(100) / 100).toFixed(2)
}

/** How the lines of one recording are laid out. */
interface Layout {
  half: boolean
  comma: boolean
  time: number
  width: number
  end: string
  /** One row in so many has something odd; 0: none has. */
  odd: number
}

const plain: Layout = { half: false, comma: false, time: 11, width: 10, end: '', odd: 0 }

function clockOf(seconds: number, half: boolean): string {
  const hours = Math.floor(seconds / 3600) % 24
  const rest = `${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`
  return half ? `${two(hours % 12 || 12)}:${rest} ${hours < 12 ? 'AM' : 'PM'}` : `${two(hours)}:${rest}`
}

function line(next: Random, seconds: number, layout: Layout): string {
  const cells = NAMES.map(() => cell(next))
  let { time, width } = layout
  if (layout.odd > 0 && next(layout.odd) === 0) {
    const at = next(cells.length)
    const what = next(6)
    if (what === 0) time = pick(next, [8, 9, 10, 12, 13, 20])
    else if (what === 1) width = pick(next, [1, 8, 9, 12])
    else if (what === 2) cells.splice(at, 1)
    else if (what === 3) cells.push('#1')
    else cells[at] = pick(next, ODD)
  }
  const row = clockOf(seconds, layout.half).padEnd(time) + cells.map((c) => ` ${c.padStart(width - 1)}`).join('')
  return (layout.comma ? row.replaceAll('.', ',') : row) + layout.end
}

function recording(next: Random, layout: Layout, rows: number): string[] {
  const lines = ['Linux 5.4.0-42-generic (web1) \t07/14/20 \t_x86_64_\t(4 CPU)', '']
  let seconds = 40_000
  const header = (): string => clockOf(seconds, layout.half).padEnd(11) + NAMES.map((n) => n.padStart(10)).join('')
  lines.push(header())
  for (let i = 0; i < rows; i++) {
    seconds += 1 + next(1200)
    lines.push(line(next, seconds, layout))
    if (next(20) === 0) lines.push('', header())
  }
  return lines
}

/** For the careful way: a NUL behind the time is nothing that a plain row has, and means nothing. */
const careful = (lines: string[]): string => lines.map((l) => l.replace(/^\d\d:\d\d:\d\d/, '$&\0')).join('\n')

/** The series, or the error that reading ends in. */
async function outcome(text: string, size?: number): Promise<PlainSeries | string> {
  let series: PlainSeries | undefined
  const work = seriesOf(text, {}, 'input', size).then((found) => {
    series = found
  })
  await work.catch(() => {})
  return series ?? (await failure(work)).message
}

describe('rows read from bytes', () => {
  it('have the doubles that a parser makes of the same digits', () => {
    const next = random(1)
    const row = new PlainRow()
    const values = new Float64Array(64)
    let wide = 0
    for (let round = 0; round < 5000; round++) {
      const cells = NAMES.map(() => cell(next))
      wide += cells.filter((c) => c.length > 9).length
      const clock = next(86_400)
      const time = clockOf(clock, false)
      const bytes = Buffer.from(`noise\n${time.padEnd(11)}${cells.map((c) => ` ${c.padStart(9)}`).join('')}\n`)
      row.open(bytes)
      expect(row.read(6, NAMES.length, values, { code: 0x2e })).toBe(bytes.length)
      expect([row.clock, plainClock(bytes, 6)]).toEqual([clock, clock])
      expect([...values.subarray(0, NAMES.length)]).toEqual(cells.map(Number))
    }
    expect(wide).toBeGreaterThan(1000)
  })

  it.each(['24:00:00', '23:60:00', '23:59:61', '2a:59:00', '23-59:00', '23:59;00', '23:5/:00', '1:02:03 ', '23:59:0:'])(
    'leave the time %s to the careful way',
    (time) => {
      const row = new PlainRow()
      row.open(Buffer.from(`${time}         1.00      2.00\n`))
      expect(row.read(0, 2, new Float64Array(2), { code: 0x2e })).toBe(-1)
    },
  )

  it('are told from everything else byte by byte', () => {
    const text = '12:00:00      123.45   1234.56    0.00\n'
    const values = new Float64Array(3)
    const row = new PlainRow()
    for (let at = 0; at < text.length; at++) {
      for (let c = 0; c < 256; c++) {
        const bytes = Buffer.from(text)
        bytes[at] = c
        row.open(bytes)
        if (row.read(0, 3, values, { code: 0x2e }) < 0) continue
        const found = bytes.toString('latin1').split('\n')[0]
        expect(found).toMatch(/^\d\d:\d\d:\d\d( [AP]M)?( +\d+(\.\d\d)?){3} *\r?$/)
        const words = found
          .replace(/^\S+( [AP]M)?/, '')
          .trim()
          .split(/ +/)
        expect([...values]).toEqual(words.map(Number))
      }
    }
  })

  const layouts: [string, Layout][] = [
    ['as sar prints them', plain],
    ['on a 12-hour clock', { ...plain, half: true }],
    ['with decimal commas', { ...plain, comma: true }],
    ['moved to the right', { ...plain, time: 12 }],
    ['with one blank only', { ...plain, time: 9, width: 1 }],
    ['with carriage returns', { ...plain, end: '\r' }],
    ['with blanks at their end', { ...plain, end: '  ' }],
    ['with odd ones among them', { ...plain, odd: 40 }],
    ['with odd ones on a 12-hour clock', { ...plain, half: true, odd: 30 }],
  ]
  it.each(layouts)('give the same series as careful reading: %s', async (_, layout) => {
    const next = random(layout.odd + layout.time)
    let read = 0
    for (let round = 0; round < 60; round++) {
      const lines = recording(next, layout, 30)
      const expected = await outcome(careful(lines))
      expect(await outcome(lines.join('\n'))).toEqual(expected)
      expect(await outcome(lines.join('\n'), 97)).toEqual(expected)
      if (typeof expected !== 'string') read++
    }
    expect(read).toBeGreaterThan(5)
  })
})
