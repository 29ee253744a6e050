import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { KernelRows } from '../../src/ingest/sar-text/kernel-rows.js'
import { SarReader } from '../../src/ingest/sar-text/reader.js'
import { IssueList } from '../../src/ingest/series/issue-list.js'
import type { RowBlock } from '../../src/ingest/series/row-block.js'
import type { SysstatSink, SysstatTable } from '../../src/ingest/sysstat/sink.js'
import { bytesSource, SHARED } from './helpers.js'

/** Writes down all that is reported; rows one by one, so that it does not matter how many come at once. */
class Listener implements SysstatSink {
  readonly heard: unknown[] = []

  banner(...of: unknown[]): void {
    this.heard.push(['banner', ...of])
  }
  rows(table: SysstatTable, rows: RowBlock): void {
    for (let i = 0; i < rows.length; i++) {
      const values = Array.from({ length: rows.width }, (_, c) => rows.values[c * rows.stride + i])
      const times = [rows.clock[i], rows.end[i], rows.dt[i], rows.midnight[i], rows.segment]
      this.heard.push([table.columns.join(' '), rows.line[i], times, values])
    }
    this.steps(rows)
    this.counts(rows)
  }
  average(table: SysstatTable, values: Float64Array, line: number): void {
    this.heard.push(['average', table.columns.join(' '), line, [...values]])
  }
  restart(...of: unknown[]): void {
    this.heard.push(['restart', ...of])
  }
  comment(...of: unknown[]): void {
    this.heard.push(['comment', ...of])
  }

  /** What is said of all rows of a block has to be true. */
  private steps({ longest, span, end, dt, length }: RowBlock): void {
    if (Number.isNaN(longest)) return
    const apart = Array.from({ length: length - 1 }, (_, i) => end[i + 1] - end[i])
    const lengths = [...dt.subarray(0, length)]
    expect(Math.min(...apart, ...lengths)).toBeGreaterThan(0)
    expect(longest).toBe(Math.max(...apart, ...lengths))
    expect(span).toBe(lengths.reduce((a, b) => a + b))
  }

  private counts(rows: RowBlock): void {
    const sums = new Float64Array(rows.width)
    const { length } = rows
    rows.count(0, length, sums)
    for (let c = 0; c < rows.width; c++) {
      const expected = rows.column(c).map((value, i) => value * rows.dt[i])
      expect([...rows.counted(c, length)]).toEqual([...expected])
      const sum = expected.reduce((a, b) => a + b)
      if (!Number.isNaN(sum)) expect(Math.abs(sums[c] - sum)).toBeLessThanOrEqual(1e-9 * Math.abs(sum))
    }
  }
}

async function heard(text: string | Uint8Array, kernel: KernelRows | undefined, size?: number): Promise<unknown[]> {
  const listener = new Listener()
  const issues = new IssueList('input')
  const skipped: unknown[] = []
  const reader = new SarReader('input', listener, issues, (...of) => skipped.push(of), kernel)
  try {
    for await (const _ of reader.read(await bytesSource(text, 'input', size)));
  } catch (error) {
    listener.heard.push(String(error))
  }
  return [...listener.heard, issues.items, skipped, reader.lines, [...reader.otherTables]]
}

/** The kernel hears what plain JavaScript does, wherever a read ends. @returns rows heard */
async function same(text: string | Uint8Array): Promise<number> {
  const expected = await heard(text, undefined)
  for (const size of [1 << 20, 4000, 97]) {
    const kernel = KernelRows.open()
    expect(kernel).toBeDefined()
    expect(await heard(text, kernel, size)).toEqual(expected)
  }
  return expected.length
}

function random(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }
}

const two = (n: number): string => String(n).padStart(2, '0')
const RATES = ['pgpgin/s', 'pgpgout/s', 'fault/s', 'majflt/s', 'pgfree/s']
const SIZES = ['kbmemfree', 'kbmemused', '%memused', 'kbbuffers', 'kbcached']

interface Layout {
  half: boolean
  mark: string
  lead: number
  /** Between the rows: as much as a day at most. */
  step: number
}

function recording(next: (below: number) => number, { half, mark, lead, step }: Layout): string {
  const lines = ['Linux 5.4.0-42-generic (web1) \t07/14/20 \t_x86_64_\t(4 CPU)', '']
  let seconds = 0
  const clock = (): string => {
    const hours = Math.floor(seconds / 3600) % 24
    const rest = `${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`
    return (half ? `${two(hours % 12 || 12)}:${rest} ${hours < 12 ? 'AM' : 'PM'}` : `${two(hours)}:${rest}`).padEnd(
      lead,
    )
  }
  const rate = (): string => (next(10 ** next(8)) / 100).toFixed(2)
  const size = (): string => String(next(10 ** next(10)))
  for (let table = 0; table < 4; table++) {
    const names = table % 2 === 0 ? RATES : SIZES
    const header = (): string => clock() + names.map((name) => name.padStart(10)).join('')
    lines.push('', header())
    for (let i = 0; i < 1100; i++) {
      seconds += next(50) === 0 ? next(step) : 1 + next(3)
      const cells = names.map((name) => (name.startsWith('kb') ? size() : rate()))
      if (next(200) === 0) cells[next(names.length)] = ['-nan', '12', '0', '1234567.89', '.50', '1e3'][next(5)]
      lines.push(clock() + cells.map((cell) => ` ${cell.padStart(9)}`).join('') + (next(300) === 0 ? '\r' : ''))
      if (next(15) === 0) lines.push('', header())
      if (next(200) === 0)
        lines.push(['', `${clock()}  LINUX RESTART`, 'Average: 1 2', `${clock()}  COM noise`][next(4)])
    }
  }
  return lines.map((line) => (mark === ',' ? line.replaceAll('.', ',') : line)).join('\n')
}

describe('rows by vector instructions', () => {
  const layouts: [string, Layout][] = [
    ['as sar prints them', { half: false, mark: '.', lead: 11, step: 600 }],
    ['over midnight again and again', { half: false, mark: '.', lead: 11, step: 40_000 }],
    ['on a 12-hour clock', { half: true, mark: '.', lead: 11, step: 9000 }],
    ['with decimal commas, moved to the right', { half: false, mark: ',', lead: 14, step: 600 }],
    ['moved to the left', { half: false, mark: '.', lead: 8, step: 600 }],
    ['moved far to the right', { half: false, mark: '.', lead: 40, step: 600 }],
  ]
  it.each(layouts)('are what plain JavaScript reads: %s', async (_, layout) => {
    const next = random(layout.lead + layout.step)
    let rows = 0
    for (let round = 0; round < 4; round++) rows += await same(recording(next, layout))
    expect(rows).toBeGreaterThan(2000)
  })

  it('are told from everything else byte by byte', async () => {
    const head = '12:00:00     pgpgin/s pgpgout/s   fault/s\n12:00:01       123.45   1234.56 123456789\n'
    const row = '12:00:02       123.45      0.00     12345'
    const lines: string[] = []
    for (let at = 0; at < row.length; at++) {
      for (const c of '\t\r !+-./059:;?APM@a\x80\xff')
        lines.push(`${head}${row.slice(0, at)}${c}${row.slice(at + 1)}\n`)
    }
    for (const text of lines) {
      const bytes = Buffer.from(text, 'latin1')
      expect(await heard(bytes, KernelRows.open())).toEqual(await heard(bytes, undefined))
    }
  })

  it.skipIf(SHARED === undefined)('of every sample', async () => {
    const folder = `${SHARED}samples/sar-text/`
    const files = readdirSync(folder)
    expect(files.length).toBeGreaterThan(10)
    for (const file of files) await same(readFileSync(folder + file))
  })
})
