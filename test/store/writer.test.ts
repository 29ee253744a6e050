import { describe, expect, it } from 'vitest'
import { dumpStore } from '../../src/store/dump.js'
import { openStore } from '../../src/store/writer.js'
import type { SeriesBatch } from '../../src/trace/series.js'
import { freshPath, interval, oom, rows, START, stall, summary, value } from './fixture.js'

describe('a run', () => {
  it('is running until it is finished, then complete with its totals', () => {
    const path = freshPath()
    const store = openStore(path)
    const run = store.beginRun({ ...START, changed: { 'vm.swappiness': 10 }, traceDigest: 'abc' })
    expect(value(path, 'select status from run')).toBe('running')
    run.finish(
      summary({ counters: { pgfault: 7, allocstall_movable: 2 }, psi: { some: 30, full: 20 }, warnings: ['careful'] }),
      { calibrationError: 0.05, calibrationRounds: 3, sampleError: 0.01 },
    )
    store.close()
    expect(rows(path, 'select * from run')).toEqual([
      {
        id: 1,
        trace: 'web.ndjson',
        trace_digest: 'abc',
        format: 'allocation-ndjson',
        machine: 'machine.json',
        kernel: '6.1',
        settings: 'vm.swappiness=10',
        seed: 1,
        version: '0.1.0',
        status: 'complete',
        events: 10,
        page_events: 100,
        duration_s: 2,
        psi_some_us: 30,
        psi_full_us: 20,
        sample_rate: 1,
        sample_error: 0.01,
        calibration_error: 0.05,
        calibration_rounds: 3,
      },
    ])
    expect(rows(path, 'select name, value, changed from run_setting order by name')).toEqual([
      { name: 'vm.overcommit_memory', value: 0, changed: 0 },
      { name: 'vm.swappiness', value: 10, changed: 1 },
    ])
    expect(rows(path, 'select name, value from run_counter order by name')).toEqual([
      { name: 'allocstall_movable', value: 2 },
      { name: 'pgfault', value: 7 },
    ])
    expect(rows(path, 'select * from run_warning')).toEqual([{ run_id: 1, seq: 1, message: 'careful' }])
  })

  it('keeps integers as integers', () => {
    const path = freshPath()
    const store = openStore(path)
    const run = store.beginRun(START)
    run.interval(interval(1, { pgfault: 3 }, { nr_free_pages: 500 }))
    run.finish(summary({ counters: { pgfault: 3 } }))
    store.close()
    expect(value(path, 'select typeof(nr_free_pages) || typeof(pgfault) || typeof(dt) from interval')).toBe(
      'integerintegerreal',
    )
    expect(value(path, 'select typeof(value) from run_counter')).toBe('integer')
    expect(value(path, "select typeof(value) from run_setting where name = 'vm.swappiness'")).toBe('integer')
  })

  it('knows what an interval does not say: counters are 0, levels NULL, allocstall is summed over the zones', () => {
    const path = freshPath()
    const store = openStore(path)
    const run = store.beginRun(START)
    run.interval(interval(1, { allocstall_movable: 2, allocstall_dma32: 1, no_such_counter: 5 }))
    run.interval(interval(2, { allocstall: 4 }))
    run.finish(summary())
    store.close()
    expect(rows(path, 'select seq, t, nr_free_pages, pgfault, allocstall from interval')).toEqual([
      { seq: 1, t: 1, nr_free_pages: null, pgfault: 0, allocstall: 3 },
      { seq: 2, t: 2, nr_free_pages: null, pgfault: 0, allocstall: 4 },
    ])
  })

  it('stores every kind of record', () => {
    const path = freshPath()
    const store = openStore(path)
    const run = store.beginRun(START)
    run.zoneInterval({
      t: 1,
      node: 0,
      zone: 'DMA32',
      free: 9,
      pcp: 1,
      min: 2,
      low: 3,
      high: 4,
      boost: 0,
      managed: 100,
    })
    run.stall(stall())
    run.kswapdCycle({
      t: 1,
      node: 0,
      duration_us: 50.5,
      scanned: 64,
      reclaimed: 60,
      priority: 11,
      highest_zone: 'DMA32',
      balanced: true,
    })
    run.refusedMmap({
      t: 1,
      pid: 4,
      comm: 'big',
      region: 'heap',
      pages: 50,
      mode: 2,
      committed: 70,
      allowed: 90,
      reason: '70 + 50 >= 90',
    })
    run.issue({ file: 'sar.txt', code: 'gap', message: 'no rows for 600 s', action: 'kept' })
    run.finish(summary())
    store.close()
    expect(rows(path, 'select zone, free, managed from zone_interval')).toEqual([
      { zone: 'DMA32', free: 9, managed: 100 },
    ])
    expect(rows(path, 'select comm, kind, outcome from stall')).toEqual([
      { comm: 'web', kind: 'direct', outcome: 'reclaimed' },
    ])
    expect(rows(path, 'select duration_us, balanced from kswapd_cycle')).toEqual([{ duration_us: 50.5, balanced: 1 }])
    expect(rows(path, 'select pages, reason from refused_mmap')).toEqual([{ pages: 50, reason: '70 + 50 >= 90' }])
    expect(rows(path, 'select seq, file, line, code, action from input_issue')).toEqual([
      { seq: 1, file: 'sar.txt', line: null, code: 'gap', action: 'kept' },
    ])
  })

  it('stores an OOM kill with its candidates and says why', () => {
    const path = freshPath()
    const store = openStore(path)
    store.beginRun(START).finish(summary())
    const run = store.beginRun(START)
    run.oom(oom())
    run.oom(oom({ t: 2, constraint: 'CONSTRAINT_MEMCG', cgroup: '/web', group_kill: true, candidates: [] }))
    run.finish(summary())
    store.close()
    expect(rows(path, 'select id, run_id, t, source, kernel, "constraint", scope, group_kill from oom_event')).toEqual([
      {
        id: 20000001,
        run_id: 2,
        t: 1.5,
        source: 'replay',
        kernel: '6.1',
        constraint: 'CONSTRAINT_NONE',
        scope: 'global',
        group_kill: 0,
      },
      {
        id: 20000002,
        run_id: 2,
        t: 2,
        source: 'replay',
        kernel: '6.1',
        constraint: 'CONSTRAINT_MEMCG',
        scope: 'memcg',
        group_kill: 1,
      },
    ])
    expect(value(path, 'select explanation from oom_event where t < 2')).toBe(
      'hog (pid 3) found no page that the machine could still give; db (pid 2) scored highest with 900 of 2000 points, ' +
        'next of 2: hog (pid 3) with 600',
    )
    expect(rows(path, 'select event_id, seq, comm, points, eligible, reason from oom_candidate')).toEqual([
      { event_id: 20000001, seq: 1, comm: 'init', points: null, eligible: 0, reason: 'init' },
      { event_id: 20000001, seq: 2, comm: 'hog', points: 600, eligible: 1, reason: '' },
      { event_id: 20000001, seq: 3, comm: 'db', points: 900, eligible: 1, reason: '' },
    ])
  })

  it('keeps what was recorded beside what was repaired, only where they differ', () => {
    const path = freshPath()
    const batch: SeriesBatch = {
      columns: ['pgsteal', 'pgscan_kswapd', 'nr_free_pages'],
      length: 2,
      t: Float64Array.of(10, 20, 0),
      dt: Float64Array.of(10, 10, 0),
      segment: Int32Array.of(0, 1, 0),
      line: Float64Array.of(4, 5, 0),
      values: [Float64Array.of(100, 50.5, 0), Float64Array.of(120, 60, 0), Float64Array.of(Number.NaN, 900, 0)],
    }
    const store = openStore(path)
    const run = store.beginRun(START)
    run.recorded(batch, { pgsteal: Float64Array.of(200, 50.5, 0) })
    run.recorded({ ...batch, length: 1, t: Float64Array.of(30) })
    run.finish(summary())
    store.close()
    expect(
      rows(
        path,
        'select seq, segment, t, line, pgsteal, raw_pgsteal, nr_free_pages, pgmajfault from recorded_interval',
      ),
    ).toEqual([
      { seq: 1, segment: 0, t: 10, line: 4, pgsteal: 100, raw_pgsteal: 200, nr_free_pages: null, pgmajfault: null },
      { seq: 2, segment: 1, t: 20, line: 5, pgsteal: 50.5, raw_pgsteal: null, nr_free_pages: 900, pgmajfault: null },
      { seq: 3, segment: 0, t: 30, line: 4, pgsteal: 100, raw_pgsteal: null, nr_free_pages: null, pgmajfault: null },
    ])
  })

  it('takes nothing more once it is over', () => {
    const store = openStore(freshPath())
    const run = store.beginRun(START)
    run.finish(summary())
    expect(() => run.stall(stall())).toThrow(/run 1 is finished/)
    expect(() => run.finish(summary())).toThrow(/run 1 is finished/)
    run.abort()
    store.close()
  })
})

describe('large runs', () => {
  it('are stored in batches while they go on, and leave in the same order', () => {
    const path = freshPath()
    const store = openStore(path)
    const run = store.beginRun(START)
    for (let i = 1; i <= 10_000; i++) run.stall(stall({ t: i }))
    expect(value(path, 'select count(*) from stall')).toBe(8192)
    run.finish(summary())
    store.close()
    expect(value(path, 'select count(*) from stall')).toBe(10_000)
    expect(value(path, 'select count(*) from stall where t != seq')).toBe(0)
  })
})

describe('dumps', () => {
  function fill(path: string): void {
    const store = openStore(path)
    for (const swappiness of [10, 60]) {
      const run = store.beginRun({ ...START, changed: { 'vm.swappiness': swappiness } })
      for (let t = 1; t < 50; t++) run.interval(interval(t, { pgfault: t * swappiness }, { nr_free_pages: 1000 - t }))
      run.oom(oom())
      run.finish(summary({ counters: { pgfault: 5 }, warnings: ['w'] }))
    }
    store.close()
  }

  it('of the same runs are equal', () => {
    const [a, b] = [freshPath(), freshPath()]
    fill(a)
    fill(b)
    expect([...dumpStore(a)]).toEqual([...dumpStore(b)])
    expect([...dumpStore(a)].length).toBeGreaterThan(100)
  })

  it('do not depend on the order in which several writers store their rows', () => {
    const [a, b] = [freshPath(), freshPath()]
    fill(a)
    const store = openStore(b)
    const first = store.reserveRunIds(2)
    const runs = [60, 10].map((swappiness, i) =>
      store.beginRun({ ...START, changed: { 'vm.swappiness': swappiness }, id: first + 1 - i }),
    )
    for (let t = 1; t < 50; t++) {
      runs[0].interval(interval(t, { pgfault: t * 60 }, { nr_free_pages: 1000 - t }))
      runs[1].interval(interval(t, { pgfault: t * 10 }, { nr_free_pages: 1000 - t }))
    }
    for (const run of runs) {
      run.oom(oom())
      run.finish(summary({ counters: { pgfault: 5 }, warnings: ['w'] }))
    }
    store.close()
    expect([...dumpStore(b)]).toEqual([...dumpStore(a)])
  })
})
