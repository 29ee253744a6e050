import { describe, expect, it } from 'vitest'
import { inspectSource } from '../../src/ingest/inspect.js'
import { bytesSource, failure, seriesOf } from './helpers.js'

/** One invented recording: a minute, a restart, another minute. */
const ROWS = [
  { time: '09:13:52', epoch: 1590916432, scan: 10.5 },
  { time: '09:14:02', epoch: 1590916442, scan: 20 },
  { time: '09:20:02', epoch: 1590916802, scan: 30 },
]
const RESTART = '09:15:00'

const csv = (zone = ' UTC', comma = false): string => {
  const number = (n: number): string => n.toFixed(2).replace('.', comma ? ',' : '.')
  const restart = `web1;-1;2020-05-31 ${RESTART}${zone};LINUX-RESTART\t(4 CPU)`
  const table = (names: string, row: (r: (typeof ROWS)[number]) => string): string[] => [
    `# hostname;interval;timestamp;${names}`,
    ...ROWS.slice(0, 2).map(row),
    restart,
    ...ROWS.slice(2).map(row),
  ]
  return [
    restart.replace(RESTART, '09:00:00'),
    ...table('CPU;%user;%idle', (r) => `web1;10;2020-05-31 ${r.time}${zone};-1;${number(1)};${number(99)}`),
    ...table(
      'pgpgin/s;pgpgout/s;fault/s;majflt/s;pgfree/s;pgscank/s;pgscand/s;pgsteal/s;%vmeff',
      (r) => `web1;10;2020-05-31 ${r.time}${zone};${[4, 8, 1, 0, 2, r.scan, 0, r.scan, 100].map(number).join(';')}`,
    ),
    ...table('kbmemfree;kbavail;kbmemused', (r) => `web1;10;2020-05-31 ${r.time}${zone};400;800;1000`),
    '',
  ].join('\n')
}

const pairs = (): string =>
  [
    `web1\t-1\t2020-05-31 09:00:00 UTC\tLINUX-RESTART\t(4 CPU)`,
    ...ROWS.flatMap((r, i) => [
      ...(i === 2 ? [`web1\t-1\t2020-05-31 ${RESTART} UTC\tLINUX-RESTART\t(4 CPU)`] : []),
      `web1\t10\t2020-05-31 ${r.time} UTC\tall\t%user\t1.00`,
      ...Object.entries({
        'pgpgin/s': 4,
        'pgpgout/s': 8,
        'fault/s': 1,
        'majflt/s': 0,
        'pgfree/s': 2,
        'pgscank/s': r.scan,
        'pgscand/s': 0,
        'pgsteal/s': r.scan,
        '%vmeff': 100,
      }).map(([name, value]) => `web1\t10\t2020-05-31 ${r.time} UTC\t-\t${name}\t${value.toFixed(2)}`),
      ...Object.entries({ kbmemfree: 400, kbavail: 800, kbmemused: 1000 }).map(
        ([name, value]) => `web1\t10\t2020-05-31 ${r.time} UTC\t-\t${name}\t${value}`,
      ),
    ]),
    '',
  ].join('\n')

const paging = (scan: number): Record<string, number> => ({
  pgpgin: 4,
  pgpgout: 8,
  fault: 1,
  majflt: 0,
  pgfree: 2,
  pgscank: scan,
  pgscand: 0,
  pgsteal: scan,
  'vmeff-percent': 100,
})
const json = (): string =>
  JSON.stringify(
    {
      sysstat: {
        hosts: [
          {
            nodename: 'web1',
            release: '3.10.0',
            'number-of-cpus': 4,
            statistics: ROWS.map((r) => ({
              timestamp: { date: '2020-05-31', time: r.time, utc: 1, interval: 10 },
              'cpu-load': [{ cpu: 'all', user: 1 }],
              paging: paging(r.scan),
              memory: { memfree: 400, avail: 800, memused: 1000 },
            })),
            restarts: ['09:00:00', RESTART].map((time) => ({
              boot: { date: '2020-05-31', time, utc: 1, cpu_count: 4 },
            })),
          },
        ],
      },
    },
    null,
    '\t',
  )

const xml = (comma = false): string => {
  const number = (n: number): string => n.toFixed(2).replace('.', comma ? ',' : '.')
  const entry = (r: (typeof ROWS)[number]): string => `
    <timestamp date="2020-05-31" time="${r.time}" utc="1" interval="10">
      <cpu-load><cpu number="all" user="1.00"/></cpu-load>
      <paging per="second" ${Object.entries(paging(r.scan))
        .map(([k, v]) => `${k}="${number(v)}"`)
        .join(' ')}/>
      <memory per="second" unit="kB"><memfree>400</memfree><avail>800</avail><memused>1000</memused></memory>
    </timestamp>`
  return `<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE sysstat PUBLIC "DTD v2.13 sysstat //EN" "http://example.org/x>y.dtd">
<sysstat><!-- > -->
  <host nodename="web1"><release>3.10.0</release><number-of-cpus>4</number-of-cpus>
    <statistics>${ROWS.map(entry).join('')}</statistics>
    <restarts><boot date="2020-05-31" time="09:00:00" utc="1"/><boot date="2020-05-31" time="09-15-00"/></restarts>
  </host>
</sysstat>
`
}

describe('sadf', () => {
  it.each([
    ['-d', csv()],
    ['-d with decimal commas', csv(' UTC', true)],
    ['-d in local time', csv('')],
    ['-p', pairs()],
    ['-j', json()],
    [
      '-j with decimal commas',
      json().replace(/(\d+)\.(\d+)/g, (all, a, b) => (all.startsWith('10.5') ? `${a},${b}` : all)),
    ],
    ['-x', xml()],
    ['-x with decimal commas', xml(true)],
  ])('%s gives the same series', async (_, text) => {
    for (const size of [1 << 20, 97]) {
      const series = await seriesOf(text, {}, 'input', size)
      expect(series.meta).toMatchObject({ host: 'web1', startEpoch: Date.UTC(2020, 4, 31, 9, 13, 42) / 1000 })
      expect(series.t).toEqual([10, 20, 380])
      expect(series.dt).toEqual([10, 10, 10])
      expect(series.segment).toEqual([0, 0, 1])
      expect(series.columns).toMatchObject({
        pgpgin: [40, 40, 40],
        pgscan_kswapd: [105, 200, 300],
        pgsteal: [105, 200, 300],
        nr_free_pages: [100, 100, 100],
        mem_available: [200, 200, 200],
      })
    }
  })

  it('-d reads epoch seconds, and stamps with any zone name', async () => {
    const rows = ROWS.map((r) => `web1;10;${r.epoch};0.00;1.00`).join('\n')
    const series = await seriesOf(`# hostname;interval;timestamp;pswpin/s;pswpout/s\n${rows}\n`)
    expect(series.columns.pswpout).toEqual([10, 10, 10])
    expect(series.issues.map((i) => i.code)).toEqual(['no-paging-table', 'gap'])
    expect((await seriesOf(csv(' CEST'))).t).toEqual([10, 20, 380])
  })

  it('-d read from bytes gives the same report as read with care', async () => {
    // A NUL at the end of a line is nothing that a plain row has, and means nothing.
    const report = async (text: string): Promise<unknown> => ({
      ...(await inspectSource(await bytesSource(text, 'input', 200))),
      bytes: 0,
    })
    const rows = Array.from({ length: 2500 }, (_, i) => `web1;${i % 40 === 7 ? 0 : 1};${1590916432 + i};${i}.25;4.00;7`)
    const remark = `${rows[100]};more`
    const text = ['# hostname;interval;timestamp;pgpgin/s;pgpgout/s;pgscank/s', ...rows.with(100, remark), csv()].join(
      '\n',
    )
    expect(await report(text)).toEqual(await report(text.replaceAll('\n', '\0\n')))
  })

  it('-j says what is not JSON in it and repairs it', async () => {
    const missing = json().replace(/"memory": \{[^}]*\}/g, (all) => `${all}\t"fchosts": []`)
    const series = await seriesOf(missing)
    expect(series.columns.pgscan_kswapd).toEqual([105, 200, 300])
    expect(series.issues[0]).toMatchObject({ code: 'json-missing-comma', action: 'repaired' })
    expect(series.issues[0].message).toMatch(
      /^not valid JSON at line \d+ column \d+: a comma is missing before "fchosts"\. sysstat 11\.1\.5 to 11\.2\.0 writes this$/,
    )
    const comma = await seriesOf(json().replace('10.5', '10,5'))
    expect(comma.issues[0].message).toMatch(
      /numbers have decimal commas\. sysstat before 11\.5\.2 writes the numbers of the locale$/,
    )
  })

  it('drops a row over an unrecorded restart and begins a segment', async () => {
    const huge = csv().replace(
      'web1;10;2020-05-31 09:14:02 UTC;4.00',
      'web1;184467440737078912;2020-05-31 09:14:02 UTC;4.00',
    )
    const series = await seriesOf(huge)
    expect(series.segment).toEqual([0, 1, 2])
    expect(series.columns.pgscan_kswapd).toEqual([105, Number.NaN, 300])
    expect(series.issues[0]).toMatchObject({ code: 'unrecorded-restart', action: 'dropped' })
  })

  const HEAD = '# hostname;interval;timestamp;pgpgin/s;pgpgout/s;fault/s\n'
  it.each([
    [
      'two hosts',
      `${HEAD}a;1;1590916432;1.0;1.0;1.0\nb;1;1590916433;1.0;1.0;1.0\n`,
      'input:3: two hosts in one file (expected host a, found "b")',
    ],
    [
      'time going backwards',
      `${HEAD}a;1;1590926432;1.0;1.0;1.0\na;1;1590916433;1.0;1.0;1.0\n`,
      'input:3: time goes backwards (expected a time after the row before, found "2020-05-31 09:13:53")',
    ],
    [
      'a word for a number',
      `${HEAD}a;1;1590926432;1.0;x;1.0\n`,
      'input:2: not a number (expected a number for pgpgout/s, found "x")',
    ],
    [
      'a row before its header',
      'a;1;1590926432;1.0;1.0\n# hostname;interval;timestamp;pgpgin/s;pgpgout/s\n',
      'input:1: a row before any header (expected # hostname;interval;timestamp;…, found "a;1;1590926432;1.0;1.0")',
    ],
    [
      'commas',
      '# hostname,interval,timestamp,pgpgin/s,pgpgout/s\na,1,1590926432,1.0,1.0\n',
      'input:1: separated by commas (expected # hostname;interval;timestamp;… as sadf -d writes it, found "# hostname,interval,timestamp,pgpgin/s,pgpgout/s")',
    ],
    [
      '-h',
      '# hostname;interval;timestamp;CPU;%user[...];INTR\na;1;1590926432;-1;1.0;0;1\n',
      'input: written with sadf -h, which puts all items on one line',
    ],
    [
      'CPU tables only',
      '# hostname;interval;timestamp;CPU;%user\na;1;1590926432;-1;1.0\n',
      'input: sadf -d without a table of memory. Reclaim needs the -B table (expected a table with pgpgin/s pgpgout/s ... pgsteal/s, found "CPU;%user")',
    ],
    ['a header without rows', HEAD, 'input: sadf -d without a row of data (expected rows below the header of a table)'],
    [
      '-p with a value missing',
      'a\t1\t1590916432\t-\tpgpgin/s\t1.0\na\t1\t1590916432\t-\tpgpgout/s\t1.0\na\t1\t1590916433\t-\tpgpgin/s\t1.0\n',
      'input:3: the values of one time are not complete (expected pgpgin/s pgpgout/s, found "pgpgin/s")',
    ],
    [
      '-j that is cut off',
      json().slice(0, 900),
      `input:${json().slice(0, 900).split('\n').length}: the JSON document ends early: the file is cut off (expected the closing brackets)`,
    ],
    [
      '-j of two hosts',
      '{"sysstat":{"hosts":[{"nodename":"a"},{"nodename":"b"}]}}',
      'input:1: two hosts in one file (expected one host, found "a second one")',
    ],
    [
      '-j with a text for a number',
      json().replace('"pgpgin": 4', '"pgpgin": "four"'),
      'input:38: not a number (expected a number for paging.pgpgin, found "\\"four\\"")',
    ],
    [
      '-x that is cut off',
      xml().slice(0, 900),
      `input:${xml().slice(0, 900).split('\n').length}: not valid XML: <timestamp> is not closed`,
    ],
    [
      '-x with crossed tags',
      '<sysstat><host nodename="a"></sysstat></host>',
      'input:1: not valid XML: </sysstat> closes <host>',
    ],
  ])('refuses %s', async (_, text, message) => {
    expect((await failure(seriesOf(text))).message).toBe(message)
  })
})
