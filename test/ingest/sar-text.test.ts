import { describe, expect, it } from 'vitest'
import { failure, seriesOf } from './helpers.js'

const BANNER = 'Linux 5.4.0-42-generic (web1) \t07/14/20 \t_x86_64_\t(4 CPU)'
const PAGING = '    pgpgin/s pgpgout/s   fault/s  majflt/s  pgfree/s pgscank/s pgscand/s pgsteal/s    %vmeff'
const row = (time: string, scan: number, more = '50.00'): string =>
  `${time}         1.00      2.00    100.00      0.50    200.00      ${scan.toFixed(2)}      0.00    ${scan.toFixed(2)}     ${more}`

describe('sar text', () => {
  it('turns rates into counts, the first interval from the time of the header', async () => {
    const text = [
      BANNER,
      '',
      `12:00:01${PAGING}`,
      row('12:10:01', 10),
      row('12:20:01', 20),
      'Average:  1.00 2.00 100.00 0.50 200.00 15.00 0.00 15.00 50.00',
    ].join('\n')
    const series = await seriesOf(text)
    expect(series.meta).toEqual({
      file: 'input',
      format: 'sar-text',
      tool: 'sar',
      host: 'web1',
      kernel: '5.4.0-42-generic',
      cpus: 4,
      startEpoch: Date.UTC(2020, 6, 14, 12, 0, 1) / 1000,
    })
    expect(series.t).toEqual([600, 1200])
    expect(series.dt).toEqual([600, 600])
    expect(series.columns).toEqual({
      pgpgin: [600, 600],
      pgpgout: [1200, 1200],
      pgfault: [60_000, 60_000],
      pgmajfault: [300, 300],
      pgfree: [120_000, 120_000],
      pgscan_kswapd: [6000, 12_000],
      pgscan_direct: [0, 0],
      pgsteal: [6000, 12_000],
    })
    expect(series.issues).toEqual([])
  })

  it('joins the tables of a file by time, closes them at a restart and takes levels in pages', async () => {
    const memory =
      '    kbmemfree   kbavail kbmemused  %memused kbbuffers  kbcached  kbcommit   %commit  kbactive   kbinact   kbdirty'
    const text = [
      BANNER,
      '',
      `23:40:00${PAGING}`,
      row('23:50:00', 1),
      row('00:00:00', 2),
      'Average:  1.00 2.00 100.00 0.50 200.00 15.00 0.00 15.00 50.00',
      '',
      '23:40:00        CPU     %user     %nice   %system   %iowait    %steal     %idle',
      '23:50:00        all      2.10     12.50      1.80      0.10      0.00     82.90',
      '00:00:00        all      2.10     12.50      1.80      0.10      0.00     82.90',
      'Average:        all      2.10     12.50      1.80      0.10      0.00     82.90',
      '',
      `23:40:00${memory}`,
      '23:50:00       400000    500000    600000     60.00       40     80000    123456     12.30    200000    100000        44',
      '00:00:00       300000    400000    700000     70.00       40     80000    123456     12.30    200000    100000        44',
      'Average:       350000    450000    650000     65.00       40     80000    123456     12.30    200000    100000        44',
      '',
      '00:05:30     LINUX RESTART\t(4 CPU)',
      '',
      `00:10:00${PAGING}`,
      row('00:20:00', 3),
    ].join('\n')
    const series = await seriesOf(text)
    expect(series.t).toEqual([600, 1200, 2400])
    expect(series.segment).toEqual([0, 0, 1])
    expect(series.columns.pgscan_kswapd).toEqual([600, 1200, 1800])
    expect(series.columns.nr_free_pages).toEqual([100_000, 75_000, Number.NaN])
    expect(series.columns.mem_available).toEqual([125_000, 100_000, Number.NaN])
    expect(series.columns.mem_total).toEqual([250_000, 250_000, Number.NaN])
    expect(series.columns.nr_dirty).toEqual([11, 11, Number.NaN])
  })

  it.each([
    ['12:00:01 AM', '12:10:01 AM'],
    ['12:00:01 PM', '12:10:01 PM'],
    ['11:55:01 PM', '12:05:01 AM'],
    ['08:52:48 PM IST', '09:02:48 PM IST'],
    ['18時25分10秒', '18時35分10秒'],
    ['07시 39분 34초', '07시 49분 34초'],
    ['09.13.47  ', '09.23.47  '],
    ['23:55:00', '00:05:00'],
  ])('reads the clock %s', async (header, time) => {
    const series = await seriesOf([BANNER, '', `${header} ${PAGING}`, row(`${time} `, 1)].join('\n'))
    expect(series.dt).toEqual([600])
  })

  it('reads a 12-hour clock without AM/PM and says so', async () => {
    const series = await seriesOf(`12:55:00  IST${PAGING}\n${row('12:57:00  IST', 1)}\n${row('01:00:00  IST', 2)}`)
    expect(series.dt).toEqual([120, 180])
    expect(series.issues.map((i) => [i.code, i.line])).toEqual([['ambiguous-clock', 1]])
  })

  it('reads decimal commas, colours, NUL bytes and CRLF', async () => {
    const plain = [BANNER, '', `12:00:01${PAGING}`, row('12:10:01', 10, '99.50')].join('\n')
    const expected = await seriesOf(plain)
    const comma = plain.replace(/(\d)\.(\d\d)(?= |$)/gm, '$1,$2')
    expect(comma).toContain('99,50')
    expect((await seriesOf(comma)).columns).toEqual(expected.columns)
    expect((await seriesOf(plain.replaceAll('99.50', '99.50\0'))).columns).toEqual(expected.columns)
    expect((await seriesOf(plain.replaceAll('12:10:01', '\x1b[35;1m12:10:01\x1b[0m'))).columns).toEqual(
      expected.columns,
    )
    expect((await seriesOf(plain.replaceAll('\n', '\r\n'))).columns).toEqual(expected.columns)
    expect((await seriesOf(plain, {}, 'input', 11)).columns).toEqual(expected.columns)
  })

  it('drops a short row, keeps one with a remark, and reports both', async () => {
    const text = [
      BANNER,
      '',
      `12:00:01${PAGING}`,
      row('12:10:01', 1),
      `${row('12:20:01', 2)} #(1)`,
      '12:30:01         1.00      2.00',
    ].join('\n')
    const series = await seriesOf(text)
    expect(series.columns.pgscan_kswapd).toEqual([600, 1200])
    expect(series.issues).toEqual([
      { file: 'input', line: 5, code: 'extra-text', message: 'text after the last column: "#(1)"', action: 'kept' },
      {
        file: 'input',
        line: 6,
        code: 'short-row',
        message: 'row has 2 values but the header at line 3 names 9 columns (pgpgin/s ... %vmeff)',
        action: 'dropped',
      },
    ])
    expect((await failure(seriesOf(text, { strict: true }))).message).toBe(
      'input:5: text after the last column: "#(1)"',
    )
  })

  it.each(['CEST 07:39:21 ص', '۰۷:۳۹:۲۱'])('refuses the clock %s with a way out', async (clock) => {
    const text = [BANNER, '', `${clock} ${PAGING}`, row(clock, 1)].join('\n')
    expect(await failure(seriesOf(text))).toMatchObject({
      code: 'TM_INPUT_REFUSED',
      hint: 'Run: LC_ALL=C sar ... or use sadf -j',
    })
  })

  it('keeps a value that sar could not compute as unknown', async () => {
    const series = await seriesOf(`12:00:01${PAGING}\n${row('12:10:01', 1).replace('100.00', '  -nan')}\n`)
    expect(series.columns.pgfault).toEqual([Number.NaN])
    expect(series.issues.map((i) => i.code)).toEqual(['not-a-number'])
  })

  it.each([
    [
      'only CPU tables',
      `${BANNER}\n\n12:00:01        CPU     %user     %idle\n12:10:01        all      1.00     99.00\n`,
      'input: sar text without a table of memory. Reclaim needs the -B table (expected a table with pgpgin/s pgpgout/s ... pgsteal/s, found "CPU %user %idle")',
    ],
    [
      'a header without rows',
      `${BANNER}\n\n12:00:01${PAGING}\n`,
      'input: sar text without a row of data (expected rows below the header of a table)',
    ],
    [
      'time going backwards',
      `${BANNER}\n\n12:00:01${PAGING}\n${row('12:10:01', 1)}\n${row('12:05:01', 1)}\n`,
      'input:5: time goes backwards (expected a time after 12:10:01, found "12:05:01")',
    ],
    [
      'thousands separators',
      `${BANNER}\n\n12:00:01${PAGING}\n${row('12:10:01', 1).replace('100.00', '1,234.50')}\n`,
      'input:4: not a number (expected a number with a decimal point and no thousands separators, found "1,234.50")',
    ],
    [
      'two hosts',
      `${BANNER}\n\n12:00:01${PAGING}\n${row('12:10:01', 1)}\n${BANNER.replace('web1', 'web2')}\n`,
      'input:5: two hosts in one file (expected host web1, found "web2")',
    ],
    [
      'times without seconds',
      `${BANNER}\n\nkl. 09.13 +0000 ${PAGING}\n${row('kl. 09.14 +0000', 1)}\n`,
      'input: times carry no seconds (locale nb_NO), so intervals cannot be known',
    ],
  ])('refuses %s', async (_, text, message) => {
    expect((await failure(seriesOf(text))).message).toBe(message)
  })
})
