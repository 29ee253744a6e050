/** What `tidemark replay` says of a run: as an object for programs, and as text for people. */

import type { Counters, ReplaySummary } from '../replay/records.js'
import type { Calibration } from '../workload/calibrate.js'
import type { RunObserver } from './run-observer.js'

/** One stored run. Sizes in pages, times as the names say. */
export interface ReplayResult {
  run: number
  trace: string
  format: string
  machine: string
  /** Kernel profile whose rules were followed. */
  kernel: string
  /** What `--set` changed, as text. */
  changed: Record<string, string>
  events: number
  page_events: number
  duration_s: number
  reclaim: {
    scanned: number
    reclaimed: number
    /** Reclaimed of scanned, null where nothing was scanned. */
    efficiency_pct: number | null
    /** Shares of what was reclaimed. */
    kswapd_pct: number | null
    direct_pct: number | null
    kswapd_cycles: number
    refaults_anon: number
    refaults_file: number
    swapped_in: number
    swapped_out: number
  }
  faults: { minor: number; major: number }
  stalls: { count: number; total_us: number; longest_us: number; processes: { comm: string; total_us: number }[] }
  psi: { some_us: number; full_us: number }
  oom_kills: number
  victims: { t: number; comm: string; pid: number; cgroup: string }[]
  refused_mmaps: number
  /** Which part of the pages was replayed, unless all of them were. */
  sample?: {
    /** `1/16` */
    rate: string
    seed: number
    /** What the counters may be off by. */
    error_pct: number
  }
  /** How close the replay comes to the recording under the recorded settings; only for calibrated recordings. */
  calibration?: {
    trials: number
    /** Weighted mean over the counters. */
    error_pct: number
    counters: { name: string; recorded: number; replayed: number }[]
  }
  warnings: string[]
}

export interface RunFacts {
  run: number
  trace: string
  format: string
  machine: string
  kernel: string
  changed: Record<string, string>
  summary: ReplaySummary
  observer: RunObserver
  calibration?: Calibration
  sample?: { rate: string; seed: number; error: number }
  warnings: readonly string[]
}

/** A share as percent, to a tenth. */
const percent = (share: number): number => Math.round(1000 * share) / 10

function share(part: number, whole: number): number | null {
  return whole === 0 ? null : Math.round((1000 * part) / whole) / 10
}

/** The result of a run that was just stored. */
export function replayResult(f: RunFacts): ReplayResult {
  const c = f.summary.counters
  const n = (name: string): number => c[name] ?? 0
  const reclaimed = n('pgsteal_kswapd') + n('pgsteal_direct')
  const scanned = n('pgscan_kswapd') + n('pgscan_direct')
  const { observer } = f
  return {
    run: f.run,
    trace: f.trace,
    format: f.format,
    machine: f.machine,
    kernel: f.kernel,
    changed: f.changed,
    events: f.summary.events,
    page_events: f.summary.pageEvents,
    duration_s: f.summary.duration,
    reclaim: {
      scanned,
      reclaimed,
      efficiency_pct: share(reclaimed, scanned),
      kswapd_pct: share(n('pgsteal_kswapd'), reclaimed),
      direct_pct: share(n('pgsteal_direct'), reclaimed),
      kswapd_cycles: observer.kswapdCycles,
      refaults_anon: n('workingset_refault_anon'),
      refaults_file: n('workingset_refault_file'),
      swapped_in: n('pswpin'),
      swapped_out: n('pswpout'),
    },
    faults: faults(c),
    stalls: {
      ...observer.stalls,
      processes: observer.mostStalled(3).map(({ comm, total_us }) => ({ comm, total_us })),
    },
    psi: { some_us: f.summary.psi.some, full_us: f.summary.psi.full },
    oom_kills: observer.oomKills,
    victims: observer.victims,
    refused_mmaps: observer.refusals,
    sample: f.sample && { rate: f.sample.rate, seed: f.sample.seed, error_pct: percent(f.sample.error) },
    calibration: f.calibration && calibrated(f.calibration),
    warnings: [...f.warnings],
  }
}

function calibrated({ trials, error, counters }: Calibration): ReplayResult['calibration'] {
  return {
    trials,
    error_pct: percent(Math.expm1(error)),
    counters: counters.map(({ name, recorded, replayed }) => ({ name, recorded, replayed })),
  }
}

/** pgfault counts major faults too. */
function faults(c: Counters): { minor: number; major: number } {
  const major = c.pgmajfault ?? 0
  return { minor: Math.max(0, (c.pgfault ?? 0) - major), major }
}
