import { beforeAll, describe, expect, it } from 'vitest'
import { namedQueries, namedQuery, runNamedQuery } from '../../src/store/queries.js'
import { openReader, type Reader } from '../../src/store/reader.js'
import { rowObjects } from '../../src/store/result.js'
import { parametersOf } from '../../src/store/sql-text.js'
import { openStore } from '../../src/store/writer.js'
import { freshPath } from '../store/fixture.js'
import { sampleDatabase } from './database.js'

let reader: Reader

beforeAll(() => {
  reader = openReader(sampleDatabase())
  return () => reader.close()
})

function ask(name: string, params: Record<string, string> = {}) {
  return rowObjects(runNamedQuery(reader, namedQuery(name), params))
}

/** Some columns of each row, as an array. */
function pick(rows: Record<string, unknown>[], ...columns: string[]) {
  return rows.map((row) => columns.map((c) => row[c]))
}

describe('every named query', () => {
  const queries = namedQueries()

  it('is there', () => {
    expect(queries.map((q) => q.name)).toEqual([
      'compare',
      'diff',
      'input-issues',
      'kswapd-cycles',
      'oom',
      'oom-candidates',
      'reclaim-efficiency',
      'recorded-against-simulated',
      'recorded-efficiency',
      'refused-mmaps',
      'runs',
      'settings',
      'stalls',
      'summary',
      'swap-and-refault',
      'timeline',
      'warnings',
      'watermarks-hit',
    ])
  })

  it.each(queries)('$name declares its parameters and its columns as they are', (query) => {
    const given = Object.fromEntries(query.params.filter((p) => p.default === undefined).map((p) => [p.name, '1']))
    const result = runNamedQuery(reader, query, given)
    expect(result.columns).toEqual(query.columns.map((c) => c.name))
    expect(parametersOf(query.sql).sort()).toEqual(query.params.map((p) => p.name).sort())
    expect(query.question).toMatch(/\?$/)
  })

  it.each(queries)('$name gives no rows in a database without runs', (query) => {
    const path = freshPath()
    openStore(path).close()
    const empty = openReader(path)
    const given = Object.fromEntries(query.params.filter((p) => p.default === undefined).map((p) => [p.name, '1']))
    expect(rowObjects(runNamedQuery(empty, query, given))).toEqual([])
    empty.close()
  })
})

describe('runs', () => {
  it('lists every run with its status', () => {
    expect(pick(ask('runs'), 'id', 'status', 'trace', 'settings', 'duration_s', 'warnings')).toEqual([
      [1, 'complete', 'web.ndjson', '', 4, 1],
      [2, 'complete', 'web.ndjson', 'vm.swappiness=10', 2, 0],
      [3, 'complete', 'other.ndjson', '', 2, 0],
      [4, 'interrupted', 'web.ndjson', '', null, 0],
    ])
  })
})

describe('summary', () => {
  it('tells one run in a dozen figures', () => {
    const figures = Object.fromEntries(ask('summary', { run: '1' }).map((r) => [r.name, r.value]))
    expect(figures).toEqual({
      trace: 'web.ndjson',
      status: 'complete',
      'settings changed': '',
      'simulated time': 4,
      'page accesses': 5000,
      'page faults': 4000,
      'major faults': 50,
      'pages scanned': 1000,
      'pages reclaimed': 700,
      'reclaim efficiency': 70,
      'scanned by direct reclaim': 30,
      'reclaimed pages that came back': 10,
      'read from swap': 60,
      'written to swap': 100,
      'read from disks': 800,
      'written to disks': 400,
      stalls: 4,
      'time in stalls': 1.5,
      'some task stalled': 2.5,
      'all tasks stalled': 1,
      'processes killed': 1,
      'mmaps refused': 1,
      warnings: 1,
    })
  })

  it('is of the latest complete run unless told otherwise', () => {
    expect(ask('summary')[0]).toEqual({ name: 'trace', value: 'other.ndjson', unit: '' })
  })
})

describe('reclaim-efficiency', () => {
  it('of a whole run comes from its totals', () => {
    expect(ask('reclaim-efficiency', { run: '1' })).toEqual([
      {
        from_s: 0,
        to_s: 4,
        pgscan: 1000,
        pgsteal: 700,
        efficiency_pct: 70,
        kswapd_pct: 80,
        direct_pct: 46.7,
        direct_share_pct: 30,
        anon_pct: 25,
        file_pct: 100,
        refaults: 70,
        refault_pct: 10,
      },
    ])
  })

  it('over time sums the samples that end in each span', () => {
    const rows = ask('reclaim-efficiency', { run: '1', bucket: '2' })
    expect(pick(rows, 'from_s', 'to_s', 'pgscan', 'pgsteal', 'efficiency_pct', 'direct_share_pct')).toEqual([
      [0, 2, 200, 200, 100, 0],
      [2, 4, 800, 500, 62.5, 37.5],
    ])
    expect(pick(rows, 'kswapd_pct', 'direct_pct', 'anon_pct', 'refaults', 'refault_pct')).toEqual([
      [100, null, null, 0, 0],
      [72, 46.7, 25, 46, 10],
    ])
  })
})

describe('recorded-efficiency', () => {
  it('shows what was repaired beside what was recorded', () => {
    const rows = ask('recorded-efficiency', { run: '1', bucket: '10' })
    expect(
      pick(rows, 'segment', 'from_s', 'to_s', 'pgsteal', 'vmeff_pct', 'raw_vmeff_pct', 'direct_share_pct'),
    ).toEqual([
      [0, 0, 10, 80, 80, 160, 0],
      [0, 10, 20, 520, 74.3, 148.6, 28.6],
    ])
    expect(pick(rows, 'pgmajfault', 'pswpin')).toEqual([
      [10, null],
      [30, null],
    ])
  })

  it('sums over its buckets, never across a restart', () => {
    expect(pick(ask('recorded-efficiency', { run: '1' }), 'from_s', 'to_s', 'pgsteal', 'vmeff_pct')).toEqual([
      [0, 20, 600, 75],
    ])
  })
})

describe('recorded-against-simulated', () => {
  it('compares the counters that the recording has', () => {
    expect(ask('recorded-against-simulated', { run: '1' })).toEqual([
      { name: 'allocstall', recorded: 2, simulated: 3, change: 1, change_pct: 50 },
      { name: 'pgmajfault', recorded: 45, simulated: 50, change: 5, change_pct: 11.1 },
      { name: 'pgscan_direct', recorded: 200, simulated: 300, change: 100, change_pct: 50 },
      { name: 'pgscan_kswapd', recorded: 600, simulated: 700, change: 100, change_pct: 16.7 },
      { name: 'pgsteal', recorded: 600, simulated: 700, change: 100, change_pct: 16.7 },
    ])
  })
})

describe('stalls', () => {
  it('sums all, then each process, the longest first', () => {
    expect(ask('stalls', { run: '1' })).toEqual([
      {
        comm: '(all)',
        pid: null,
        kind: 'direct,memcg-max',
        stalls: 4,
        total_ms: 1.5,
        p50_us: 400,
        p95_us: 585,
        max_us: 600,
        scanned: 400,
        reclaimed: 140,
        efficiency_pct: 35,
        without_progress: 1,
      },
      {
        comm: 'web',
        pid: 1,
        kind: 'direct,memcg-max',
        stalls: 3,
        total_ms: 0.9,
        p50_us: 300,
        p95_us: 480,
        max_us: 500,
        scanned: 300,
        reclaimed: 100,
        efficiency_pct: 33.3,
        without_progress: 1,
      },
      {
        comm: 'db',
        pid: 2,
        kind: 'direct',
        stalls: 1,
        total_ms: 0.6,
        p50_us: 600,
        p95_us: 600,
        max_us: 600,
        scanned: 100,
        reclaimed: 40,
        efficiency_pct: 40,
        without_progress: 0,
      },
    ])
  })

  it('shows as many processes as asked for', () => {
    expect(pick(ask('stalls', { run: '1', top: '1' }), 'comm')).toEqual([['(all)'], ['web']])
  })
})

describe('kswapd-cycles', () => {
  it('sums the cycles of each node', () => {
    expect(ask('kswapd-cycles', { run: '1' })).toEqual([
      {
        node: 0,
        cycles: 2,
        balanced: 1,
        total_ms: 40,
        busy_pct: 1,
        p50_us: 20_000,
        p95_us: 29_000,
        max_us: 30_000,
        scanned: 700,
        reclaimed: 560,
        efficiency_pct: 80,
        lowest_priority: 9,
      },
    ])
  })
})

describe('oom', () => {
  it('shows kills of the run and of kernel logs in one table', () => {
    const rows = ask('oom', { run: '1' })
    expect(pick(rows, 'event', 'source', 't', 'kernel', 'scope', 'victim', 'pid', 'points', 'candidates')).toEqual([
      [10000001, 'replay', 3.9, '6.1', 'global', 'db', 2, 900, 2],
      [1, 'log', null, '5.4.0', 'memcg', 'db', 2, 900, 0],
    ])
    expect(rows[0].explanation).toMatch(/db \(pid 2\) scored highest/)
  })

  it('shows those of one source', () => {
    expect(pick(ask('oom', { run: '1', source: 'replay' }), 'event')).toEqual([[10000001]])
    expect(pick(ask('oom', { source: 'log' }), 'event')).toEqual([[1]])
  })
})

describe('oom-candidates', () => {
  const ranking = [
    [10000001, 1, 'db', 900, 450, 1, ''],
    [10000001, 2, 'hog', 600, 300, 0, ''],
    [10000001, null, 'init', null, null, 0, 'init'],
  ]

  it('ranks by score, those that could not be killed last', () => {
    const rows = ask('oom-candidates', { run: '1' })
    expect(pick(rows, 'event', 'rank', 'comm', 'points', 'permille', 'killed', 'reason')).toEqual(ranking)
  })

  it('takes one kill by its number', () => {
    const rows = ask('oom-candidates', { event: '10000001', top: '1' })
    expect(pick(rows, 'event', 'rank', 'comm', 'points', 'permille', 'killed', 'reason')).toEqual(ranking.slice(0, 1))
  })
})

describe('compare', () => {
  it('puts the complete runs of one trace side by side, with the settings they differ in', () => {
    expect(ask('compare', { run: '2' })).toEqual([
      {
        run: 1,
        settings: 'vm.swappiness=60',
        pgscan: 1000,
        efficiency_pct: 70,
        direct_share_pct: 30,
        pgmajfault: 50,
        pswpin: 60,
        pswpout: 100,
        refaults: 70,
        stalls: 4,
        stall_ms: 1.5,
        psi_some_ms: 2.5,
        oom_kills: 1,
        refused: 1,
        calibration_error_pct: 10,
        sample_error_pct: null,
      },
      {
        run: 2,
        settings: 'vm.swappiness=10',
        pgscan: 700,
        efficiency_pct: 80,
        direct_share_pct: 0,
        pgmajfault: 50,
        pswpin: 0,
        pswpout: 0,
        refaults: 70,
        stalls: 0,
        stall_ms: 0,
        psi_some_ms: 0,
        oom_kills: 0,
        refused: 0,
        calibration_error_pct: null,
        sample_error_pct: null,
      },
    ])
  })
})

describe('diff', () => {
  it('shows the counters that changed', () => {
    expect(ask('diff', { base: '1', run: '2' })).toEqual([
      { name: 'pgscan_direct', base: 300, value: 0, change: -300, change_pct: -100 },
      { name: 'pgsteal_direct', base: 140, value: 0, change: -140, change_pct: -100 },
      { name: 'pswpin', base: 60, value: 0, change: -60, change_pct: -100 },
      { name: 'pswpout', base: 100, value: 0, change: -100, change_pct: -100 },
    ])
  })
})

describe('timeline', () => {
  it('has a row a sample', () => {
    const rows = ask('timeline', { run: '1' })
    expect(pick(rows, 't', 'free', 'anon', 'file', 'pgsteal', 'allocstall', 'psi_some_ms', 'oom_kill')).toEqual([
      [1, 900, 30, 70, 200, 0, 0.5, 0],
      [2, 250, null, null, 0, 0, 0, 0],
      [3, 150, null, null, 460, 2, 0, 0],
      [4, 50, null, null, 40, 0, 0, 1],
    ])
  })

  it('has levels at the end and sums over each bucket', () => {
    const rows = ask('timeline', { run: '1', bucket: '3' })
    expect(pick(rows, 't', 'free', 'swap_free', 'pgfault', 'pgscan_kswapd', 'pgscan_direct', 'refaults')).toEqual([
      [3, 150, 11, 7, 700, 200, 46],
      [4, 50, null, 0, 0, 100, 0],
    ])
  })
})

describe('settings', () => {
  it('has those first that were changed', () => {
    expect(ask('settings', { run: '2' })).toEqual([
      { name: 'vm.swappiness', value: 10, changed: 1 },
      { name: 'vm.overcommit_memory', value: 0, changed: 0 },
    ])
  })
})

describe('watermarks-hit', () => {
  it('weighs each sample by its length', () => {
    expect(ask('watermarks-hit', { run: '1' })).toEqual([
      {
        node: 0,
        zone: 'DMA32',
        managed: 5000,
        samples: 4,
        below_high_pct: 75,
        below_low_pct: 50,
        below_min_pct: 25,
        lowest_free: 50,
        min: 100,
        low: 200,
        high: 300,
      },
    ])
  })
})

describe('swap-and-refault', () => {
  it('has a row for anon and one for file', () => {
    expect(ask('swap-and-refault', { run: '1' })).toEqual([
      {
        type: 'anon',
        scanned: 400,
        reclaimed: 100,
        efficiency_pct: 25,
        refaults: 30,
        refault_pct: 30,
        activated: 10,
        restored: 1,
        swapped_in: 60,
        swapped_out: 100,
      },
      {
        type: 'file',
        scanned: 600,
        reclaimed: 600,
        efficiency_pct: 100,
        refaults: 40,
        refault_pct: 6.7,
        activated: 20,
        restored: 2,
        swapped_in: null,
        swapped_out: null,
      },
    ])
  })
})

describe('lists', () => {
  it('of issues, warnings and refusals show what was stored', () => {
    expect(ask('input-issues', { run: '1' })).toEqual([
      { file: 'sar.txt', line: 4, code: 'pgsteal-double', action: 'repaired', message: 'pgsteal counted twice' },
    ])
    expect(ask('warnings', { run: '1' })).toEqual([{ run: 1, message: 'replayed with the classic LRU' }])
    expect(pick(ask('refused-mmaps', { run: '1' }), 't', 'comm', 'pages', 'reason')).toEqual([
      [3.95, 'big', 50_000, 'committed 70000 + request 50000 >= limit 90000'],
    ])
  })
})
