import { describe, expect, it } from 'vitest'
import { failure, seriesOf } from './helpers.js'

const GROUP = 'procs -----------memory---------- ---swap-- -----io---- -system-- ------cpu-----'
const NAMES = ' r  b   swpd   free   buff  cache   si   so    bi    bo   in   cs us sy id wa st'
const row = (free: number, bi: number, rest = ''): string =>
  ` 1  0   4000 ${free}   2000  40000    8    4 ${bi}    10  300  400  1  2 96  1  0${rest}`

describe('vmstat text', () => {
  it('drops the averages since boot and takes KiB into pages', async () => {
    const series = await seriesOf([GROUP, NAMES, row(800_000, 77), row(400_000, 5), row(300_000, 6)].join('\n'))
    expect(series.t).toEqual([1, 2])
    expect(series.columns).toEqual({
      swap_used: [1000, 1000],
      nr_free_pages: [100_000, 75_000],
      buffers: [500, 500],
      cached: [10_000, 10_000],
      pswpin: [2, 2],
      pswpout: [1, 1],
      pgpgin: [5, 6],
      pgpgout: [10, 10],
    })
    expect(series.issues.map((i) => i.code)).toEqual(['since-boot-row', 'no-times'])
  })

  it('takes intervals from the times of -t, in each of its forms, or from the caller', async () => {
    const at = (s: string): string[] => [
      row(800_000, 1, s.replace('NN', '00')),
      row(400_000, 5, s.replace('NN', '10')),
      row(300_000, 6, s.replace('NN', '25')),
    ]
    for (const text of [
      [GROUP, `${NAMES}                 CET`, ...at(' 2021-09-16 20:33:NN')],
      [GROUP, NAMES, ...at('\t2021-09-16 20:33:NN JST')],
      [GROUP, NAMES, ...at(' 2021-09-16 20:33:NN').map((r) => r.replace(/^(.*) (\S+ (\S+))$/, '$3 $1\t'))],
    ]) {
      const series = await seriesOf(text.join('\n'))
      expect(series.dt).toEqual([10, 15])
      expect(series.columns.pgpgin).toEqual([50, 90])
    }
    const given = await seriesOf([GROUP, NAMES, row(800_000, 1), row(400_000, 5)].join('\n'), { interval: 60 })
    expect(given.columns.pgpgin).toEqual([300])
    expect(given.issues.map((i) => i.code)).toEqual(['since-boot-row'])
  })

  it.each([
    ['ISO', (s: string) => `2024-05-20 10:00:${s} `, true],
    ['ISO with T and zone', (s: string) => `2024-05-20T10:00:${s}+0200 `, true],
    ['in brackets, with fractions', (s: string) => `[2024-05-20 10:00:${s}.123456] `, true],
    ['date in front', (s: string) => `Mon May 20 10:00:${s} CEST 2024: `, true],
    ['date of newer locales', (s: string) => `Mon 20 May 2024 10:00:${s} AM UTC `, true],
    ['seconds since 1970', (s: string) => `${Date.UTC(2024, 4, 20, 10, 0, Number(s)) / 1000} `, true],
    ['ts', (s: string) => `May 20 10:00:${s} `, false],
    ['time of day', (s: string) => `10:00:${s} | `, false],
  ])('takes times before every line: %s', async (_, time, dated) => {
    const lines = [GROUP, NAMES, row(800_000, 1), row(400_000, 5), row(300_000, 6), GROUP, NAMES, row(300_000, 7)]
    const seconds = ['00', '00', '00', '10', '25', '25', '25', '35']
    const series = await seriesOf(lines.map((line, i) => time(seconds[i]) + line).join('\n'))
    expect(series.dt).toEqual([10, 15, 10])
    expect(series.columns.pgpgin).toEqual([50, 90, 70])
    expect(series.columns.nr_free_pages).toEqual([100_000, 75_000, 75_000])
    expect(series.issues.map((i) => i.code)).toEqual(['since-boot-row'])
    expect(series.meta.startEpoch).toBe(dated ? Date.UTC(2024, 4, 20, 10) / 1000 : undefined)
  })

  it('takes the unit of -S and the first row of -y when it is told', async () => {
    const text = [GROUP, NAMES, row(800, 1), row(400, 5)].join('\n')
    const units = await seriesOf(text, { unit: 'M' })
    expect(units.columns).toMatchObject({ nr_free_pages: [102_400], pswpin: [2048], pgpgin: [5] })
    const first = await seriesOf(text, { firstRowCounts: true, interval: 10 })
    expect(first.t).toEqual([10, 20])
    expect(first.columns.pgpgin).toEqual([10, 50])
    const codes = (await seriesOf(text.replaceAll('40000', '  400'))).issues.map((i) => i.code)
    expect(codes).toContain('suspicious-units')
  })

  it('reads -a, -w, no st, gu, and translated names', async () => {
    const rows = [row(800_000, 1), row(400_000, 5)]
    const a = await seriesOf([GROUP, NAMES.replace('buff  cache', 'inact active'), ...rows].join('\n'))
    expect(a.columns).toMatchObject({ inactive: [500], active: [10_000] })
    const old = await seriesOf([GROUP, NAMES.slice(0, -3), ...rows.map((r) => r.slice(0, -3))].join('\n'))
    expect(old.columns.pgpgin).toEqual([5])
    const gu = await seriesOf([`--procs-- ${GROUP.slice(6)}`, `${NAMES} gu`, ...rows.map((r) => `${r}  0`)].join('\n'))
    expect(gu.columns.pgpgin).toEqual([5])
    const french = await seriesOf([GROUP, NAMES.replace('free', 'libre').replace('buff', 'tampon'), ...rows].join('\n'))
    expect(french.columns).toMatchObject({ nr_free_pages: [100_000], buffers: [500] })
  })

  it('goes on under a repeated header', async () => {
    const rows = Array.from({ length: 60 }, (_, i) => row(800_000 + i * 4, 100 + i))
    const lines = rows.flatMap((r, i) => (i % 22 === 0 ? [GROUP, NAMES, r] : [r]))
    expect((await seriesOf(lines.join('\n'))).t.length).toBe(59)
  })

  it('does not use memory columns that never change', async () => {
    const series = await seriesOf([GROUP, NAMES, ...[1, 5, 6, 7].map((bi) => row(800_000, bi))].join('\n'))
    expect(series.columns).toEqual({ pswpin: [2, 2, 2], pswpout: [1, 1, 1], pgpgin: [5, 6, 7], pgpgout: [10, 10, 10] })
    expect(series.issues.find((i) => i.code === 'frozen-memory')?.message).toBe(
      'free, buff and cache never change in 4 rows: procps-ng 4.0.0 to 4.0.2 (Debian 12) has this bug. Only si, so, bi, bo are used',
    )
  })

  it.each([
    ['a header without rows', `${GROUP}\n${NAMES}\n`, 'input: a vmstat header without rows (expected rows of numbers)'],
    [
      'only the row since boot',
      `${GROUP}\n${NAMES}\n${row(1, 1)}\n`,
      'input: only averages since boot: the first row of vmstat covers no interval (expected two rows or more)',
    ],
    [
      'time going backwards',
      `${NAMES}\n${row(1, 1, ' 2021-09-16 20:33:10')}\n${row(1, 1, ' 2021-09-16 10:33:10')}\n`,
      'input:3: time goes backwards (expected a time after the row before, found "2021-09-16 10:33:10")',
    ],
    [
      'a negative count',
      `${NAMES}\n${row(1, -1)}\n`,
      'input:2: not a number (expected a whole number for bi, found "-1")',
    ],
    ['a fraction', `${NAMES}\n${row(1, 1.5)}\n`, 'input:2: not a number (expected a whole number for bi, found ".5")'],
  ])('refuses %s', async (_, text, message) => {
    expect((await failure(seriesOf(text))).message).toBe(message)
  })
})
