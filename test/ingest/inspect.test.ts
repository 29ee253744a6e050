import { describe, expect, it } from 'vitest'
import { inspectInput, inspectSource, type SeriesInspection } from '../../src/ingest/inspect.js'
import { FORMATS } from '../../src/ingest/registry.js'
import { bytesSource, FIXTURES, failure } from './helpers.js'

describe('inspect', () => {
  it('tells of a trace what is in it', async () => {
    for (const [name, format] of [
      ['trace.ndjson', 'allocation-ndjson'],
      ['trace.json', 'allocation-json'],
      ['trace.csv', 'allocation-csv'],
    ]) {
      expect(await inspectInput(FIXTURES + name)).toMatchObject({
        kind: 'allocation',
        format,
        header: { trace: 'allocation/1', machine: { memory_mb: 256 } },
        events: 72,
        span_s: 7.4,
        processes: 2,
        regions: 4,
        by_op: { spawn: 2, mmap: 4, touch: 20, read: 10, write: 10, exit: 2 },
        issues: [],
      })
    }
  })

  it('tells of a recording its tables as they stand there, and the totals of the series', async () => {
    const report = (await inspectInput(`${FIXTURES}sar-A.txt`)) as SeriesInspection
    expect(report).toMatchObject({
      kind: 'series',
      format: 'sar-text',
      banner: { kernel: '5.4.0-42-generic', host: 'web1', date: '07/14/20', arch: 'x86_64', cpus: 2 },
      restarts: [['00:25:30', 2]],
      comments: [['00:26:00', 'kernel upgraded']],
      samples: 13,
      segments: 2,
      span_s: 7800,
    })
    const { paging, memory, queue } = report.tables as Record<string, Record<string, unknown>>
    expect(paging).toMatchObject({
      rows: 13,
      segments: 2,
      rollovers: 1,
      span_s: 7800,
      first: { time: '23:10:00', interval_s: 600 },
      last: { time: '01:20:00' },
    })
    expect(memory).toMatchObject({ rows: 13, column_sums: expect.arrayContaining([5_200_000]) })
    expect(queue.columns).toEqual(['runq-sz', 'plist-sz', 'ldavg-1', 'ldavg-5', 'ldavg-15', 'blocked'])
    const integrated = paging.integrated as Record<string, number>
    expect(report.repaired.pgscan_kswapd).toBeCloseTo(integrated['pgscank/s'], 0)
  })

  it('reports what can be read but not replayed, and throws for what is broken', async () => {
    const cpu = 'Linux 5.4.0 (web1) \t07/14/20\n\n12:00:01 CPU %user %idle\n12:10:01 all 1.00 99.00\n'
    expect(await inspectSource(await bytesSource(cpu))).toMatchObject({
      format: 'sar-text',
      tables: {},
      error: { code: 'TM_INPUT_REFUSED', message: expect.stringContaining('Reclaim needs the -B table') },
    })
    const broken = bytesSource('# hostname;interval;timestamp;pswpin/s;pswpout/s\na;1;1590926432;1.0;x\n').then((s) =>
      inspectSource(s),
    )
    expect((await failure(broken)).code).toBe('TM_INPUT_VALUE')
  })
})

describe('the registry', () => {
  it('has one name and a description for each format', () => {
    expect(new Set(FORMATS.map((f) => f.name)).size).toBe(FORMATS.length)
    for (const format of FORMATS) expect(format.describe.length).toBeGreaterThan(10)
  })
})
