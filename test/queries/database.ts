import type { ReplaySummary } from '../../src/replay/records.js'
import { openStore, type Store } from '../../src/store/writer.js'
import type { SeriesBatch, SeriesColumn } from '../../src/trace/series.js'
import { freshPath, interval, oom, START, stall, summary } from '../store/fixture.js'

/** Totals of run 1. 1000 scanned and 700 reclaimed by either; direct reclaim 300 and 140 of them. */
const BASE: ReplaySummary = summary({
  duration: 4,
  pageEvents: 5000,
  counters: {
    pgfault: 4000,
    pgmajfault: 50,
    pgscan_kswapd: 700,
    pgscan_direct: 300,
    pgsteal_kswapd: 560,
    pgsteal_direct: 140,
    pgscan_anon: 400,
    pgscan_file: 600,
    pgsteal_anon: 100,
    pgsteal_file: 600,
    workingset_refault_anon: 30,
    workingset_refault_file: 40,
    workingset_activate_anon: 10,
    workingset_activate_file: 20,
    workingset_restore_anon: 1,
    workingset_restore_file: 2,
    allocstall_movable: 3,
    allocstall: 3,
    pswpin: 60,
    pswpout: 100,
    pgpgin: 800,
    pgpgout: 400,
  },
  psi: { some: 2500, full: 1000 },
  warnings: ['replayed with the classic LRU'],
})

function zone(store: { zoneInterval: ReturnType<Store['beginRun']>['zoneInterval'] }, t: number, free: number): void {
  store.zoneInterval({
    t,
    node: 0,
    zone: 'DMA32',
    free,
    pcp: 0,
    min: 90,
    low: 190,
    high: 290,
    boost: 10,
    managed: 5000,
  })
}

const RECORDED: SeriesColumn[] = ['pgscan_kswapd', 'pgscan_direct', 'pgsteal', 'pgmajfault', 'allocstall', 'pswpin']

/** Three samples of 10 s; the last after a restart. pgsteal was recorded doubled. */
function recording(): { batch: SeriesBatch; pgsteal: Float64Array } {
  return {
    batch: {
      columns: RECORDED,
      length: 3,
      t: Float64Array.of(10, 20, 30),
      dt: Float64Array.of(10, 10, 10),
      segment: Int32Array.of(0, 0, 1),
      line: Float64Array.of(5, 6, 9),
      values: [
        Float64Array.of(100, 500, 0),
        Float64Array.of(0, 200, 0),
        Float64Array.of(80, 520, 0),
        Float64Array.of(10, 30, 5),
        Float64Array.of(0, 2, 0),
        Float64Array.of(Number.NaN, Number.NaN, Number.NaN),
      ],
    },
    pgsteal: Float64Array.of(160, 1040, 0),
  }
}

function fillBase(store: Store): void {
  const run = store.beginRun(START)
  run.interval(
    interval(
      1,
      { pgscan_kswapd: 200, pgsteal_kswapd: 200, pgscan_file: 200, pgsteal_file: 200, psi_some_us: 500 },
      { nr_free_pages: 900, nr_inactive_anon: 10, nr_active_anon: 20, nr_inactive_file: 30, nr_active_file: 40 },
    ),
  )
  run.interval(interval(2, { pgfault: 7 }, { nr_free_pages: 250, nr_dirty: 3 }))
  run.interval(
    interval(
      3,
      {
        pgscan_kswapd: 500,
        pgsteal_kswapd: 360,
        pgscan_direct: 200,
        pgsteal_direct: 100,
        pgscan_anon: 400,
        pgsteal_anon: 100,
        pgscan_file: 300,
        pgsteal_file: 360,
        workingset_refault_file: 46,
        allocstall_movable: 2,
      },
      { nr_free_pages: 150, swap_free: 11 },
    ),
  )
  run.interval(interval(4, { pgscan_direct: 100, pgsteal_direct: 40, oom_kill: 1 }, { nr_free_pages: 50 }))
  for (const [t, free] of [
    [1, 900],
    [2, 250],
    [3, 150],
    [4, 50],
  ]) {
    zone(run, t, free)
  }
  run.stall(stall({ t: 2.5, duration_us: 100, scanned: 100, reclaimed: 50 }))
  run.stall(stall({ t: 2.6, duration_us: 300, scanned: 100, reclaimed: 50 }))
  run.stall(stall({ t: 2.7, duration_us: 500, scanned: 100, reclaimed: 0, kind: 'memcg-max', outcome: 'no-progress' }))
  run.stall(stall({ t: 3.5, duration_us: 600, scanned: 100, reclaimed: 40, pid: 2, comm: 'db' }))
  const cycle = { t: 1, node: 0, scanned: 200, reclaimed: 200, priority: 12, highest_zone: 'DMA32', balanced: true }
  run.kswapdCycle({ ...cycle, duration_us: 10_000 })
  run.kswapdCycle({ ...cycle, t: 3, duration_us: 30_000, scanned: 500, reclaimed: 360, priority: 9, balanced: false })
  run.oom(oom({ t: 3.9 }))
  run.refusedMmap({
    t: 3.95,
    pid: 4,
    comm: 'big',
    region: 'heap',
    pages: 50_000,
    mode: 2,
    committed: 70_000,
    allowed: 90_000,
    reason: 'committed 70000 + request 50000 >= limit 90000',
  })
  const { batch, pgsteal } = recording()
  run.recorded(batch, { pgsteal })
  run.issue({ file: 'sar.txt', line: 4, code: 'pgsteal-double', message: 'pgsteal counted twice', action: 'repaired' })
  run.finish(BASE, { calibrationError: Math.log(1.1) })
}

/**
 * A database with the base run (1), the same trace under another swappiness (2), a run of another trace (3), one that
 * was interrupted (4), and an OOM kill from a log. The figures are small enough to work out by hand.
 */
export function sampleDatabase(): string {
  const path = freshPath()
  const store = openStore(path)
  fillBase(store)
  const calm = store.beginRun({ ...START, changed: { 'vm.swappiness': 10 } })
  calm.finish(summary({ counters: { ...BASE.counters, pgscan_direct: 0, pgsteal_direct: 0, pswpin: 0, pswpout: 0 } }))
  store.beginRun({ ...START, trace: 'other.ndjson' }).finish(summary())
  store.beginRun(START)
  store.storeLogOoms([
    {
      ...oom({ candidates: [], constraint: 'CONSTRAINT_MEMCG', cgroup: '/web' }),
      file: 'messages',
      line: 1,
      t: null,
      kernel: '5.4.0',
      gfp: null,
      order: 0,
      computed_pid: 2,
      computed_comm: 'db',
      computed_points: 900,
      agrees: true,
      explanation: 'db has the highest score',
    },
  ])
  store.close()
  return path
}
