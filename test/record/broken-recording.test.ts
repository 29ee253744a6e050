import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { InputError } from '../../src/base/errors.js'
import { failure, seriesOf } from '../ingest/helpers.js'
import { FakeHost } from './fake-host.js'

const host = new FakeHost()
afterAll(() => host.remove())

/** Thirteen lines: the header, a whole sample, and eleven with what changed. */
let text: string
let lines: string[]
beforeAll(async () => {
  const out = host.out('r.ndjson')
  await host.record(
    out,
    (n) => {
      host.vmstat.pgfault += n
      host.vmstat.pgscan_kswapd += 3
      host.meminfo.MemAvailable -= 8
    },
    { samples: 12 },
  )
  text = readFileSync(out, 'utf8')
  lines = text.trimEnd().split('\n')
})

const join = (parts: readonly string[]): string => `${parts.join('\n')}\n`
const sum = (values: readonly number[] = []): number => values.reduce((a, b) => a + b, 0)

describe('a recording that is cut off', () => {
  it('anywhere gives all whole lines before, and says so', async () => {
    const first = lines[0].length + lines[1].length + lines[2].length + 3
    for (let end = first; end < text.length; end++) {
      const cut = text.slice(0, end)
      const whole = cut.endsWith('}') ? cut.split('\n').length : cut.split('\n').length - 1
      const read = await seriesOf(cut)
      expect(read.t.length).toBe(whole - 2)
      const partial = !cut.endsWith('\n') && !cut.endsWith('}')
      expect(read.issues.map(({ code, line }) => [code, line])).toEqual(partial ? [['cut-line', whole + 1]] : [])
    }
  })

  it('before its second sample has no interval', async () => {
    expect(await failure(seriesOf(join(lines.slice(0, 2))))).toEqual({
      code: 'TM_INPUT_REFUSED',
      message: 'input: this recording holds no interval (expected two samples or more of one boot)',
      hint: 'Record for longer: tidemark record --duration 10m',
    })
    expect((await failure(seriesOf(lines[0]))).code).toBe('TM_INPUT_REFUSED')
  })
})

describe('a recording with damaged lines', () => {
  it('counts what a lost line had in the interval up to the next whole sample', async () => {
    // A second whole sample, as the recorder writes every 300.
    const values = JSON.parse(lines[1])
    const again = { ...values, n: 12, t: 12, vmstat: { ...values.vmstat, pgfault: 50_000 + 78 } }
    for (const [damage, code] of [
      [[], 'lost-lines'],
      [['{"n":3,"t":3,"vmst'], 'broken-line'],
      [['{"n":3,"t":3,"vmstat":[999,1]}'], 'broken-line'],
      [['{"n":3,"t":3,"vmstat":[1]}'], 'broken-line'],
      [['{"n":3,"t":3,"vmstat":"x"}'], 'broken-line'],
      [['{"n":3,"t":3,"vmstat":{"pgfault":"x"}}'], 'broken-line'],
      [['{"n":3,"vmstat":[]}'], 'broken-line'],
      [['[]'], 'broken-line'],
    ] as const) {
      const read = await seriesOf(join([...lines.slice(0, 4), ...damage, ...lines.slice(5), JSON.stringify(again)]))
      expect(read.issues.map((issue) => issue.code)).toContain(code)
      expect(read.issues.map((issue) => issue.code)).toContain('incomplete-samples')
      expect(read.t).toEqual([1, 2, 12])
      expect(read.columns.pgfault).toEqual([1, 2, 75])
    }
  })

  it('leaves out lines that are doubled or out of order', async () => {
    const read = await seriesOf(join([...lines.slice(0, 6), lines[4], ...lines.slice(6)]))
    expect(read.issues[0]).toMatchObject({ code: 'broken-line', line: 7, action: 'dropped' })
    expect(read.t).toEqual([1, 2, 3, 4])
    expect(sum(read.columns.pgfault)).toBe(10)
  })

  it('must begin with its header', async () => {
    const { message } = await failure(seriesOf(join([lines[0].replace('tidemark/1', 'tidemark/2'), ...lines.slice(1)])))
    expect(message).toContain('a recording of another version (expected tidemark/1')
    for (const field of ['epoch', 'mono', 'interval', 'page_size', 'machine']) {
      const { [field]: _, ...header } = JSON.parse(lines[0])
      const error = await failure(seriesOf(join([JSON.stringify(header), ...lines.slice(1)])))
      expect(error.message).toMatch(new RegExp(`^input:1: the header has no ${field}`))
    }
    const broken = `{"recording":"tidemark/1",${lines[0].slice(30, 90)}`
    expect((await failure(seriesOf(join([broken, ...lines.slice(1)])))).message).toContain(
      'the first line is no header',
    )
  })

  it('holds one host', async () => {
    const other = lines.map((line) => line.replace('"host":"web1"', '"host":"db1"'))
    expect((await failure(seriesOf(join([...lines, ...other])))).message).toBe(
      'input:14: recordings of two hosts in one file (expected host web1, found "db1")',
    )
  })

  it('is an error where problems are to be', async () => {
    expect((await failure(seriesOf(text.slice(0, -3), { strict: true }))).message).toBe(
      'input:13: the last line is cut off: the recorder was killed, or the file is a part',
    )
  })

  it('never ends in anything but a series or an error', async () => {
    const bytes = Buffer.from(text)
    const place = fc.nat(bytes.length - 1)
    const damage = fc.oneof(
      fc.tuple(fc.constant('flip' as const), place, fc.integer({ min: 1, max: 255 })),
      fc.tuple(fc.constant('cut' as const), place, fc.nat(300)),
      fc.tuple(fc.constant('copy' as const), place, fc.nat(bytes.length - 1)),
    )
    await fc.assert(
      fc.asyncProperty(fc.array(damage, { minLength: 1, maxLength: 4 }), async (damages) => {
        let damaged = Buffer.from(bytes)
        for (const [what, at, by] of damages) {
          if (what === 'flip') damaged[Math.min(at, damaged.length - 1)] ^= by
          else if (what === 'cut') damaged = Buffer.concat([damaged.subarray(0, at), damaged.subarray(at + by)])
          else damaged = Buffer.concat([damaged.subarray(0, at), damaged.subarray(by, by + 200), damaged.subarray(at)])
        }
        try {
          const { t, dt, columns } = await seriesOf(damaged)
          expect(dt.every((seconds) => seconds > 0)).toBe(true)
          expect(t.every((end, i) => i === 0 || end > t[i - 1])).toBe(true)
          expect(columns.pgfault?.some((count) => count < 0) ?? false).toBe(false)
        } catch (error) {
          if (!(error instanceof InputError)) throw error
        }
      }),
      { numRuns: 300 },
    )
  })
})
