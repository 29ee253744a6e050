import { describe, expect, it } from 'vitest'
import { seriesOf } from './helpers.js'

type Row = [scank: number, scand: number, steal: number]

interface Recording {
  kernel?: string
  /** Columns of the release: with %vmeff up to 12.7.4, pgprom and pgdem since. */
  modern?: boolean
  /** A memory table with kbavail, which 11.5.3 brought. */
  kbavail?: boolean
  rows: Row[]
}

/** A recording of sar -B with ten seconds between rows. */
function sar({ kernel, modern, kbavail, rows }: Recording): string {
  const time = (i: number): string => `10:00:${String(i * 10).padStart(2, '0')}`
  const last = modern ? 'pgprom/s pgdem/s' : '%vmeff'
  const table = [
    `${time(0)} pgpgin/s pgpgout/s fault/s majflt/s pgfree/s pgscank/s pgscand/s pgsteal/s ${last}`,
    ...rows.map(
      (row, i) =>
        `${time(i + 1)} 0.00 1.00 2.00 0.00 3.00 ${row.map((v) => v.toFixed(2)).join(' ')} 0.00${modern ? ' 0.00' : ''}`,
    ),
  ]
  const memory = [
    '',
    `${time(0)} kbmemfree kbavail kbmemused %memused`,
    ...rows.map((_, i) => `${time(i + 1)} 100 200 300 75.00`),
  ]
  const banner = kernel === undefined ? [] : [`Linux ${kernel} (web1) \t2024-03-04 \t_x86_64_\t(2 CPU)`, '']
  return [...banner, ...table, ...(kbavail ? memory : []), ''].join('\n')
}

/** Issues in short, without the note on pgscand that all recordings with direct reclaim have. */
const codes = (issues: { code: string; action: string }[]): string[] =>
  issues.filter((i) => i.code !== 'throttle-in-pgscand').map((i) => `${i.code} ${i.action}`)

describe('stolen pages counted twice', () => {
  const rows: Row[] = [
    [100, 0, 200],
    [50, 10, 96],
    [0, 0, 0],
  ]

  it.each([
    ['a kernel with the twins', { kernel: '6.1.0-56-amd64', rows }],
    ['RHEL 8, which has them by backport', { kernel: '4.18.0-348.el8.x86_64', rows }],
    ['no banner, but a ratio near two', { rows }],
    ['a sysstat without %vmeff, and a ratio near two', { kernel: '6.8.0-1', modern: true, rows }],
  ])('are halved: %s', async (_, recording) => {
    const series = await seriesOf(sar(recording))
    expect(series.columns.pgsteal).toEqual([1000, 480, 0])
    expect(series.raw).toEqual({ pgsteal: [2000, 960, 0] })
    expect(codes(series.issues)).toEqual(['pgsteal-double repaired'])
    expect(series.issues.find((i) => i.code === 'pgsteal-double')?.message).toBe(
      'pgsteal is 1.85 times the scanned pages. sysstat 12.7.8 and older count stolen pages twice on kernels with pgsteal_anon/pgsteal_file. Halved',
    )
  })

  it('are halved also where much was scanned in vain, once one interval proves it', async () => {
    const series = await seriesOf(
      sar({
        kernel: '5.15.0',
        rows: [
          [100, 0, 104],
          [1000, 0, 300],
        ],
      }),
    )
    expect(series.columns.pgsteal).toEqual([520, 1500])
  })

  it('leave out what cgroup limits reclaimed, which is beyond twice the scanned pages', async () => {
    const series = await seriesOf(
      sar({
        kernel: '5.15.0',
        rows: [
          [100, 0, 200],
          [100, 0, 500],
          [0, 0, 50],
        ],
      }),
    )
    expect(series.columns.pgsteal).toEqual([1000, 1000, 0])
    expect(codes(series.issues)).toEqual(['pgsteal-double repaired', 'memcg-reclaim repaired'])
    expect(series.issues[1].message).toBe(
      '3500 stolen pages beyond twice the scanned ones were reclaimed for cgroup limits: taken out of pgsteal',
    )
  })

  it.each([
    ['an older kernel', { kernel: '3.10.0-957.el7.x86_64', rows }, ['memcg-reclaim kept']],
    [
      'a ratio that says nothing',
      {
        rows: [
          [100, 0, 120],
          [100, 0, 110],
        ] as Row[],
      },
      ['memcg-reclaim kept'],
    ],
    [
      'no more stolen than scanned',
      {
        kernel: '6.1.0',
        rows: [
          [100, 0, 60],
          [100, 0, 100],
        ] as Row[],
      },
      [],
    ],
  ])('are not touched: %s', async (_, recording, expected) => {
    const series = await seriesOf(sar(recording))
    expect(series.columns.pgsteal).toEqual(recording.rows.map((r) => r[2] * 10))
    expect(series.raw).toEqual({})
    expect(codes(series.issues)).toEqual(expected)
  })
})

describe('scan columns that are 0 although pages were stolen', () => {
  it('are not used', async () => {
    const series = await seriesOf(
      sar({
        kernel: '4.15.0',
        rows: [
          [0, 0, 20],
          [0, 0, 30],
        ],
      }),
    )
    expect(series.columns).toMatchObject({
      pgscan_kswapd: [Number.NaN, Number.NaN],
      pgscan_direct: [Number.NaN, Number.NaN],
      pgsteal: [200, 300],
    })
    expect(series.raw).toEqual({ pgscan_kswapd: [0, 0], pgscan_direct: [0, 0] })
    expect(codes(series.issues)).toEqual(['scan-columns-dead dropped'])
    expect(series.issues[0].message).toMatch(
      /^pgscank\/s and pgscand\/s are 0 in all 2 rows although pages were stolen: sysstat before 11\.5\.2/,
    )
  })

  it('are not used either where pgscand shows only waits', async () => {
    const series = await seriesOf(
      sar({
        kernel: '4.15.0',
        rows: [
          [0, 0.2, 20],
          [0, 0, 30],
        ],
      }),
    )
    expect(series.issues[0].message).toMatch(
      /^pgscank\/s is 0 and pgscand\/s shows only waits \(pgscan_direct_throttle\)/,
    )
  })

  it('mean cgroup reclaim where the release is known to read them', async () => {
    const series = await seriesOf(
      sar({
        kernel: '5.15.0',
        kbavail: true,
        rows: [
          [0, 0, 20],
          [0, 0, 30],
        ],
      }),
    )
    expect(series.columns).toMatchObject({ pgscan_kswapd: [0, 0], pgsteal: [0, 0] })
    expect(series.raw).toEqual({ pgsteal: [200, 300] })
    expect(codes(series.issues)).toEqual(['memcg-reclaim repaired'])
  })
})

describe('rows that are no data', () => {
  it('all 100.00 are dropped, and the segment ends', async () => {
    const text = sar({
      rows: [
        [1, 0, 1],
        [2, 0, 2],
        [3, 0, 3],
      ],
    }).replace(/^(10:00:20) .*$/m, `$1${' 100.00'.repeat(9)}`)
    const series = await seriesOf(text)
    expect(series.columns.pgscan_kswapd).toEqual([10, 30])
    expect(series.segment).toEqual([0, 1])
    expect(series.issues[0]).toMatchObject({
      line: 3,
      code: 'unrecorded-restart',
      message: 'every value is 100.00: the host restarted without a restart record. Row dropped, new segment begins',
    })
  })

  it('values that no counter has are dropped alone', async () => {
    const series = await seriesOf(
      sar({
        rows: [
          [2 ** 57, 0, 1],
          [2, 0, 2],
        ],
      }),
    )
    expect(series.columns).toMatchObject({ pgscan_kswapd: [Number.NaN, 20], pgfree: [30, 30] })
    expect(codes(series.issues)).toContain('impossible-value dropped')
  })
})

describe('what can only be said', () => {
  it('a gap, an average that does not fit, decimals that were left out', async () => {
    const rows: Row[] = Array.from({ length: 4 }, () => [1, 0, 1])
    const gap = await seriesOf(sar({ rows }).replace('10:00:40', '10:05:00'))
    expect(gap.issues[0]).toMatchObject({ code: 'gap', message: 'an interval of 270 s where 10 s are usual' })
    const average = await seriesOf(`${sar({ rows })}Average: 0.00 1.00 2.00 0.00 9.00 1.00 0.00 1.00 0.00\n`)
    expect(average.issues[0]).toMatchObject({
      code: 'average-differs',
      message: 'the average of pgfree/s is printed as 9, but the rows have 3.00',
    })
    expect(
      codes((await seriesOf(`${sar({ rows })}Average: 0.00 1.00 2.00 0.00 3.00 1.00 0.00 1.00 0.00\n`)).issues),
    ).toEqual([])
    const whole = await seriesOf(sar({ rows }).replaceAll('.00', ''))
    expect(codes(whole.issues)).toEqual(['no-decimals kept'])
  })
})
