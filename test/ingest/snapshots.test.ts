import { describe, expect, it } from 'vitest'
import { inspectSource } from '../../src/ingest/inspect.js'
import { bytesSource, failure, seriesOf } from './helpers.js'

/** A snapshot as a kernel of today prints it: whole counters and the anon/file twins. */
const snapshot = (changes: Record<string, number> = {}): string =>
  Object.entries({
    nr_free_pages: 1000,
    nr_anon_pages: 400,
    nr_file_pages: 600,
    nr_dirty: 5,
    pgpgin: 100,
    pgpgout: 200,
    pswpin: 0,
    pswpout: 0,
    pgfree: 5000,
    pgfault: 7000,
    pgmajfault: 3,
    pgsteal_kswapd: 10,
    pgsteal_direct: 0,
    pgscan_kswapd: 20,
    pgscan_direct: 0,
    pgscan_direct_throttle: 0,
    pgscan_anon: 0,
    pgscan_file: 20,
    pgsteal_anon: 0,
    pgsteal_file: 10,
    allocstall_normal: 0,
    allocstall_movable: 0,
    ...changes,
  })
    .map(([name, value]) => `${name} ${value}\n`)
    .join('')

const LATER = {
  nr_free_pages: 900,
  pgpgin: 150,
  pgfree: 6000,
  pgfault: 7500,
  pgscan_kswapd: 120,
  pgscan_direct: 40,
  pgscan_direct_throttle: 7,
  pgscan_file: 160,
  pgsteal_kswapd: 90,
  pgsteal_direct: 30,
  pgsteal_file: 120,
  allocstall_normal: 2,
  allocstall_movable: 3,
}

describe('snapshots of /proc/vmstat', () => {
  it.each([
    ['timestamp: 1424904529.5', 'timestamp: 1424904532.0'],
    ['TS 1424904529.500 2015-02-25 22:48:49', 'TS 1424904532.000 2015-02-25 22:48:52'],
    ['DATE:1424904529.5', 'DATE:1424904532'],
    ['1424904529.5', '1424904532'],
    ['Wed Feb 25 22:48:49.5 UTC 2015', 'Wed Feb 25 22:48:52 UTC 2015'],
    ['2015-02-25T22:48:49.5Z', '2015-02-25 22:48:52'],
  ])('become differences over the time between %s and the next', async (first, second) => {
    const series = await seriesOf(`${first}\n${snapshot()}\n${second}\n${snapshot(LATER)}`)
    expect(series.dt).toEqual([2.5])
    expect(series.columns).toMatchObject({
      pgpgin: [50],
      pgfree: [1000],
      pgfault: [500],
      pgscan_kswapd: [100],
      pgscan_direct: [40],
      pgsteal_kswapd: [80],
      pgsteal_direct: [30],
      pgsteal: [110],
      allocstall: [5],
      nr_free_pages: [900],
      nr_anon_pages: [400],
    })
    expect(series.meta.startEpoch).toBe(1424904529.5)
    expect(series.issues).toEqual([])
  })

  it('add up the zones of older kernels, but not the waits', async () => {
    const old = (k: number): string =>
      `timestamp: ${1424904529 + k}\nnr_free_pages 1\npgpgin 1\npgfree 1\npgscan_kswapd_dma ${k}\npgscan_kswapd_normal ${10 * k}\npgscan_direct_dma32 ${5 * k}\npgscan_direct_throttle ${99 * k}\npgsteal_kswapd_normal ${3 * k}\npgsteal_direct_normal ${2 * k}\nallocstall ${k}\n`
    const series = await seriesOf(old(1) + old(2))
    expect(series.columns).toMatchObject({ pgscan_kswapd: [11], pgscan_direct: [5], pgsteal: [5], allocstall: [1] })
  })

  it('tell reclaim for cgroup limits, which only the twins count', async () => {
    const series = await seriesOf(
      `@1424904529\n${snapshot()}@1424904530\n${snapshot({ pgscan_file: 15_636, pgsteal_file: 7_690 })}`,
    )
    expect(series.columns).toMatchObject({ pgscan_kswapd: [0], pgsteal: [0] })
    expect(series.issues[0]).toMatchObject({
      code: 'memcg-reclaim',
      message:
        'cgroup limits reclaimed 7680 pages (15616 scanned) that are in no pgscan_kswapd, pgscan_direct or pgsteal',
    })
  })

  it('count on where a counter wrapped, and begin a segment where all fell', async () => {
    const full = { pgfault: 2 ** 32 - 100 }
    const wrapped = await seriesOf(`@1424904529\n${snapshot(full)}@1424904530\n${snapshot({ ...LATER, pgfault: 50 })}`)
    expect(wrapped.columns.pgfault).toEqual([150])
    expect(wrapped.issues[0]).toMatchObject({ code: 'counter-wrapped', action: 'repaired' })
    const zero = Object.fromEntries(Object.keys(LATER).map((name) => [name, 1]))
    const fresh = { ...zero, pgpgout: 1, pgmajfault: 1, pgsteal_kswapd: 1, pgscan_file: 1, pgsteal_file: 1 }
    const restarted = await seriesOf(
      `@1424904529\n${snapshot()}@1424904530\n${snapshot(LATER)}@1424904540\n${snapshot(fresh)}@1424904541\n${snapshot({ ...fresh, pgfault: 5 })}`,
    )
    expect(restarted.segment).toEqual([0, 1])
    expect(restarted.columns.pgfault).toEqual([500, 4])
    expect(restarted.issues[0]).toMatchObject({ code: 'unrecorded-restart', action: 'dropped' })
  })

  it('without times are taken at the given interval; a last one that is cut off is dropped', async () => {
    const text = snapshot() + snapshot(LATER) + snapshot(LATER).split('\n').slice(0, 4).join('\n')
    const series = await seriesOf(text)
    expect(series.dt).toEqual([1])
    expect(series.issues.map((i) => i.code)).toEqual(['cut-snapshot', 'no-times'])
    expect((await seriesOf(text, { interval: 5 })).dt).toEqual([5])
  })

  it.each([
    [
      'one snapshot alone',
      snapshot(),
      'input: one snapshot of /proc/vmstat holds no interval (expected two snapshots or more, with a time before each)',
    ],
    [
      'time going backwards',
      `@1424904529\n${snapshot()}@1424904520\n${snapshot(LATER)}`,
      'input:25: time goes backwards (expected a time after 1424904529, found "1424904520")',
    ],
  ])('refuse %s', async (_, text, message) => {
    expect((await failure(seriesOf(text))).message).toBe(message)
  })

  it('as NDJSON give the same', async () => {
    const object = (t: number, changes = {}): string =>
      JSON.stringify({
        t,
        counters: Object.fromEntries(
          snapshot(changes)
            .trim()
            .split('\n')
            .map((l) => [l.split(' ')[0], Number(l.split(' ')[1])]),
        ),
      })
    const text = `${object(-1)}\n${object(1.5, LATER)}\n`
    const series = await seriesOf(text)
    expect(series.dt).toEqual([2.5])
    expect(series.columns).toMatchObject({ pgsteal: [110], pgscan_kswapd: [100] })
    expect((await failure(seriesOf(text.replace('"pgfree":6000', '"pgfree":"x"')))).message).toBe(
      'input:2: not a number (expected a count for pgfree, found "\\"x\\"")',
    )
  })
})

describe('Prometheus', () => {
  const page = (fault: number, free: number): string =>
    `# HELP node_vmstat_pgfault x\n# TYPE node_vmstat_pgfault untyped\nnode_vmstat_pgfault ${fault}\nnode_vmstat_pgpgin 2.320168809e+09\nnode_memory_MemFree_bytes ${free}\nnode_memory_numa_MemFree{node="0"} 5\ngo_threads 8\n`

  it('pages with times between them are a recording', async () => {
    const series = await seriesOf(`@1424904529\n${page(1000, 4.096e6)}@1424904539\n${page(1500, 8.192e6)}`)
    expect(series.dt).toEqual([10])
    expect(series.columns).toMatchObject({ pgfault: [500], pgpgin: [0], nr_free_pages: [2000] })
  })

  it('a range query is one, too', async () => {
    const metric = (name: string, values: [number, string][]): object => ({
      metric: { __name__: name, instance: 'web1:9100' },
      values,
    })
    const result = [
      metric('node_vmstat_pgfault', [
        [1424904529, '1000'],
        [1424904539, '1500'],
        [1424904549, '1600'],
      ]),
      metric('node_memory_MemFree_bytes', [
        [1424904529, '4096'],
        [1424904539, '8192'],
        [1424904549, '4096'],
      ]),
      metric('up', [[1424904529, '1']]),
    ]
    const text = JSON.stringify({ status: 'success', data: { resultType: 'matrix', result } })
    const series = await seriesOf(text, {}, 'input', 50)
    expect(series.dt).toEqual([10, 10])
    expect(series.columns).toEqual({ pgfault: [500, 100], nr_free_pages: [2, 1] })
    expect(series.meta.host).toBe('web1:9100')
    const two = text.replace('web1:9100"},"values":[[1424904529,"4096"', 'web2:9100"},"values":[[1424904529,"4096"')
    expect((await failure(seriesOf(two))).message).toBe(
      'input:1: two hosts in one file (expected instance web1:9100, found "web2:9100")',
    )
  })

  it('one page is no recording, but can be inspected', async () => {
    expect((await failure(seriesOf(page(1, 1)))).message).toMatch(
      /^input: one snapshot of node_exporter \(a page is one moment\) holds no interval/,
    )
    expect(await inspectSource(await bytesSource(page(1, 4096)))).toMatchObject({
      format: 'prometheus',
      metrics: 3,
      error: { code: 'TM_INPUT_REFUSED' },
    })
  })
})
