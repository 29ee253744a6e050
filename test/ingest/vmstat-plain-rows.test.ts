import { describe, expect, it } from 'vitest'
import { inspectSource } from '../../src/ingest/inspect.js'
import { bytesSource, failure, type PlainSeries, seriesOf } from './helpers.js'

/** A seeded source of numbers, so that a failure can be had again. */
function random(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }
}

type Random = ReturnType<typeof random>

const GROUP = 'procs -----------memory---------- ---swap-- -----io---- -system-- ------cpu-----'
const NAMES = ' r  b   swpd   free   buff  cache   si   so    bi    bo   in   cs us sy id wa st'
const START = Date.UTC(2024, 4, 31, 23, 50) / 1000

interface Layout {
  stamp: ((text: string) => string) | undefined
  /** A line in so many is none of the plain rows; 0: none is. */
  odd: number
}

const stamped: Layout = { stamp: (text) => ` ${text}`, odd: 0 }

function recording(next: Random, { stamp, odd }: Layout, rows: number): string[] {
  const lines = [GROUP, NAMES]
  let seconds = START
  for (let i = 0; i < rows; i++) {
    seconds += next(40) === 0 ? 0 : 1 + next(120)
    const values = NAMES.trim()
      .split(/\s+/)
      .map((name, c) => String(name === 'id' ? 94 : next(10 ** (1 + (c % 6)))).padStart(1 + next(6)))
    const text = new Date(seconds * 1000).toISOString().slice(0, 19).replace('T', ' ')
    let line = ` ${values.join(' ')}${stamp?.(text) ?? ''}`
    if (odd > 0 && next(odd) === 0) {
      const what = next(7)
      if (what === 0) line = values.slice(0, 9).join(' ')
      else if (what === 1) line = `${line} #1`
      else if (what === 2) lines.push(`# a remark ${i}`)
      else if (what === 3) lines.push('Fri May 31 23:59:59 UTC 2024')
      else if (what === 4) seconds += 86_400
      else if (what === 5) line = line.replace(/(\d+)$/, 'x$1')
      else lines.push('', GROUP)
    }
    lines.push(line)
    if (next(30) === 0) lines.push(GROUP, NAMES)
  }
  return lines
}

/** For the careful way: a NUL in front is nothing that a plain row has, and means nothing. */
const careful = (lines: readonly string[]): string => lines.map((line) => `\0${line}`).join('\n')

async function outcome(text: string, size?: number): Promise<PlainSeries | string> {
  let series: PlainSeries | undefined
  const work = seriesOf(text, {}, 'input', size).then((found) => {
    series = found
  })
  await work.catch(() => {})
  return series ?? (await failure(work)).message
}

/** What `inspect` tells, but for the size of the file; or its error. */
async function report(text: string): Promise<unknown> {
  try {
    return { ...(await inspectSource(await bytesSource(text))), bytes: 0 }
  } catch (error) {
    return (error as Error).message
  }
}

describe('vmstat rows read from bytes', () => {
  const layouts: [string, Layout][] = [
    ['with -t', stamped],
    ['without times', { stamp: undefined, odd: 0 }],
    ['with a zone', { stamp: (text) => ` ${text} CEST`, odd: 0 }],
    ['behind a tab, with carriage returns', { stamp: (text) => `\t${text}  \r`, odd: 0 }],
    ['with odd lines among them', { ...stamped, odd: 25 }],
    ['without times and with odd lines among them', { stamp: undefined, odd: 25 }],
  ]
  it.each(layouts)('give the same series as careful reading: %s', async (name, layout) => {
    const next = random(name.length)
    let read = 0
    for (let round = 0; round < 60; round++) {
      const lines = recording(next, layout, 60)
      const expected = await outcome(careful(lines))
      expect(await outcome(lines.join('\n'))).toEqual(expected)
      expect(await outcome(lines.join('\n'), 97)).toEqual(expected)
      if (typeof expected !== 'string') read++
    }
    expect(read).toBeGreaterThan(5)
  })

  it('give the same report as careful reading', async () => {
    const next = random(7)
    for (let round = 0; round < 20; round++) {
      const lines = recording(next, { ...stamped, odd: round % 2 === 0 ? 0 : 200 }, 60)
      const [slow, fast] = await Promise.all([careful(lines), lines.join('\n')].map(report))
      expect(fast).toEqual(slow)
    }
  })

  it('say where time goes backwards', async () => {
    const row = (clock: string): string => `${' 1'.repeat(17)} 2024-05-31 ${clock} UTC`
    const text = [NAMES, row('10:00:00'), row('10:00:01'), row('10:00:02'), row('08:00:00')].join('\n')
    expect((await failure(seriesOf(text))).message).toBe(
      'input:5: time goes backwards (expected a time after the row before, found "2024-05-31 08:00:00 UTC")',
    )
  })
})
