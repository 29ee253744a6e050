/**
 * The rule by which a replayed counter is compared with a real kernel's.
 *
 * A counter is judged where the kernel or the replay counts at least {@link FLOOR}. It is *close* when the difference
 * from the kernel's mean is within 10 % of it, or within the kernel's own range over its runs, or within the floor;
 * *near* likewise with 25 % and twice the range.
 */

export const FLOOR = 64

/** Who reclaims, kswapd or the allocating process, varies by factors between two runs of one kernel. */
const WHO = ['pgscan_kswapd', 'pgscan_direct', 'pgsteal_kswapd', 'pgsteal_direct', 'allocstall']

export const JUDGED_COUNTERS = [
  ...['pgscan_kswapd', 'pgscan_direct', 'pgsteal_kswapd', 'pgsteal_direct'],
  ...['pgscan_anon', 'pgscan_file', 'pgsteal_anon', 'pgsteal_file'],
  ...['pswpin', 'pswpout', 'pgmajfault', 'pgfault', 'pgactivate', 'pgdeactivate', 'pgrefill'],
  ...['workingset_refault_anon', 'workingset_refault_file', 'workingset_activate_anon', 'workingset_activate_file'],
  ...['workingset_restore_anon', 'workingset_restore_file'],
  ...['pgpgin', 'pgpgout', 'nr_dirtied', 'nr_written', 'pgrotated', 'nr_vmscan_immediate_reclaim', 'allocstall'],
]

export type Verdict = 'close' | 'near' | 'off'

/** One counter of one scenario. */
export interface Judgement {
  counter: string
  mean: number
  /** Highest less lowest over the kernel's runs; assumed from other scenarios where there is one run. */
  range: number
  replay: number
  /** |ln((replay + floor) / (mean + floor))| */
  error: number
  verdict: Verdict
}

/** What of `/proc/vmstat` one run of the kernel counted. */
export type Totals = Record<string, number>

/**
 * Judges every counter that is large enough.
 * @param spread typical range of a counter, as a share of its mean, for scenarios with a single run
 */
export function judge(replay: Totals, runs: readonly Totals[], spread: Record<string, number>): Judgement[] {
  const out: Judgement[] = []
  for (const counter of JUDGED_COUNTERS) {
    const values = runs.map((run) => run[counter] ?? 0)
    const mean = values.reduce((a, b) => a + b, 0) / values.length
    const counted = replay[counter] ?? 0
    if (Math.max(mean, counted) < FLOOR) continue
    if (runs.length < 2 && WHO.includes(counter)) continue
    const range = runs.length < 2 ? (spread[counter] ?? 0.02) * mean : Math.max(...values) - Math.min(...values)
    const error = Math.abs(Math.log((counted + FLOOR) / (mean + FLOOR)))
    out.push({ counter, mean, range, replay: counted, error, verdict: verdictOf(counted, mean, range) })
  }
  return out
}

export function verdictOf(replay: number, mean: number, range: number): Verdict {
  const difference = Math.abs(replay - mean)
  if (difference <= Math.max(0.1 * mean, range, FLOOR)) return 'close'
  if (difference <= Math.max(0.25 * mean, 2 * range, FLOOR)) return 'near'
  return 'off'
}

export interface Victim {
  t: number
  comm: string
}

/** Victims that die within this many seconds of each other were killed as a group: the kernel lists them in any order. */
const GROUP_SECONDS = 0.05

/** Names in the order of death, those of one group kill sorted. */
export function victimSequence(victims: readonly Victim[]): string[] {
  const out: string[] = []
  let group: string[] = []
  let last = Number.NEGATIVE_INFINITY
  for (const { t, comm } of [...victims].sort((a, b) => a.t - b.t)) {
    if (t - last > GROUP_SECONDS) {
      out.push(...group.sort())
      group = []
    }
    group.push(comm)
    last = t
  }
  return [...out, ...group.sort()]
}

export interface Summary {
  judged: number
  close: number
  /** Close ones included. */
  near: number
  /** Median of {@link Judgement.error}, as a factor less one. */
  medianError: number
}

export function summarise(all: readonly Judgement[]): Summary {
  const errors = all.map((j) => j.error).sort((a, b) => a - b)
  const close = all.filter((j) => j.verdict === 'close').length
  return {
    judged: all.length,
    close,
    near: close + all.filter((j) => j.verdict === 'near').length,
    medianError: errors.length === 0 ? 0 : Math.exp(errors[errors.length >> 1]) - 1,
  }
}
