/**
 * Scanned and stolen pages of sysstat, put right. How sar fills pgscank/s, pgscand/s and pgsteal/s from /proc/vmstat
 * (rd_stats.c, read_vmstat_paging) depends on its release and the kernel's:
 *
 * - With `pgsteal_anon` and `pgsteal_file` (5.8, RHEL 8) all releases up to 12.7.8 add up every line that begins with
 *   `pgsteal_`, so each page stolen by kswapd or by direct reclaim counts twice, and one stolen for a cgroup's limit once.
 * - On 4.8 and later, releases before 11.5.2 find no scan counts at all: pgscank/s is 0, and pgscand/s shows the waits of
 *   pgscan_direct_throttle.
 * - Reclaim for a cgroup's limit is in no scan count.
 *
 * A page that was stolen was scanned before. So stolen pages beyond the scanned ones are either counted twice or a
 * cgroup's, and which of both the kernel's release and the form of the table tell.
 */

import type { SeriesColumn, SeriesMeta } from '../../trace/series.js'
import type { IssueList } from './issue-list.js'
import { atLeast, hasStealTwins } from './kernel-version.js'
import { keepRaw, type RecorderTraits, type RepairMemory } from './repair.js'
import { samplePasses } from './sample-passes.js'
import type { SampleStore } from './sample-store.js'

/** Scanned pages of a sample from which on its share of stolen ones means something. */
const ENOUGH = 100
/** Share of a sample's rounding that is let pass: rates are printed with two decimals. */
const SLACK = 1.02

interface Balance {
  scanned: number
  stolen: number
  /** Samples with {@link ENOUGH} scanned pages that have more stolen ones, and those of them with at most twice. */
  beyond: number
  withinDouble: number
  /** Those with at most exactly twice, give or take the rounding, and the largest share of all. */
  withinExactly: number
  peak: number
  kswapd: number
  direct: number
}

export function repairSteal(
  store: SampleStore,
  n: number,
  meta: SeriesMeta,
  issues: IssueList,
  traits: RecorderTraits,
  memory: RepairMemory,
  raw: Map<SeriesColumn, Float64Array>,
): void {
  const kswapd = store.columns.get('pgscan_kswapd')
  const direct = store.columns.get('pgscan_direct')
  const steal = store.columns.get('pgsteal')
  if (kswapd === undefined || direct === undefined || steal === undefined) return
  if (!memory.countedTwice && isBalanced(kswapd, direct, steal, n)) return
  const balance = weigh(kswapd, direct, steal, n)
  if (balance.stolen === 0) return
  if (balance.kswapd === 0 && balance.beyond === 0 && balance.direct < balance.stolen / 2) {
    withoutScans(store, n, balance, meta, issues, traits, raw)
    return
  }
  if (balance.direct > 0) {
    issues.once(
      'throttle-in-pgscand',
      'pgscand/s has the waits of pgscan_direct_throttle in it: a few, not told apart',
      'kept',
    )
  }
  if (!memory.countedTwice && balance.stolen <= balance.scanned * SLACK && balance.beyond === 0) return
  if (memory.countedTwice || countedTwice(balance, meta, traits)) {
    memory.countedTwice = true
    const values = keepRaw(store, 'pgsteal', n, raw)
    const cgroup = halve(values, kswapd, direct, store.dt, n)
    const ratio = (balance.stolen / balance.scanned).toFixed(2)
    const message = `pgsteal is ${ratio} times the scanned pages. sysstat 12.7.8 and older count stolen pages twice on kernels with pgsteal_anon/pgsteal_file. Halved`
    issues.once('pgsteal-double', message, 'repaired')
    if (cgroup >= 1) {
      const more = `${Math.round(cgroup)} stolen pages beyond twice the scanned ones were reclaimed for cgroup limits: taken out of pgsteal`
      issues.once('memcg-reclaim', more, 'repaired')
    }
    return
  }
  const more = Math.round(balance.stolen - balance.scanned)
  const message = `${balance.beyond} intervals have more stolen than scanned pages (${more} in all): reclaim for cgroup limits, or double counting. Not told apart`
  issues.once('memcg-reclaim', message, 'kept')
}

/** Whether there is nothing to repair or to say, as a quick pass over a long recording finds; false also when unsure. */
function isBalanced(kswapd: Float64Array, direct: Float64Array, steal: Float64Array, n: number): boolean {
  const totals = samplePasses(n)?.totals([kswapd, direct, steal], n, ENOUGH, SLACK)
  if (totals === undefined || totals.beyond) return false
  return totals.kswapd > 0 && totals.direct === 0 && totals.stolen <= totals.scanned
}

function weigh(kswapd: Float64Array, direct: Float64Array, steal: Float64Array, n: number): Balance {
  // Sums stand in variables of their own: this loop is over each sample of a long recording.
  let [byKswapd, byDirect, scanned, stolen] = [0, 0, 0, 0]
  const b = { beyond: 0, withinDouble: 0, withinExactly: 0, peak: 0 }
  for (let i = 0; i < n; i++) {
    const pages = kswapd[i] + direct[i]
    const taken = steal[i]
    if (Number.isNaN(pages) || Number.isNaN(taken)) continue
    byKswapd += kswapd[i]
    byDirect += direct[i]
    scanned += pages
    stolen += taken
    if (pages < ENOUGH || taken <= pages * SLACK) continue
    b.beyond++
    if (taken <= pages * 2.05) b.withinDouble++
    if (taken <= pages * 2.005) b.withinExactly++
    b.peak = Math.max(b.peak, taken / pages)
  }
  return { ...b, kswapd: byKswapd, direct: byDirect, scanned, stolen }
}

/**
 * %vmeff (sysstat up to 12.7.4) on a kernel with the twins is proof, given one interval with more stolen than scanned
 * pages. Without the kernel's release, or with a newer sysstat, the shares have to look like two.
 */
function countedTwice(b: Balance, meta: SeriesMeta, traits: RecorderTraits): boolean {
  const twins = hasStealTwins(meta.kernel)
  if (twins === false || b.scanned === 0) return false
  if (twins === true && traits.vmeff && b.beyond > 0) return true
  // Up to twice and never beyond: cgroups' reclaim knows no such limit.
  if (traits.vmeff && b.beyond >= 3 && b.withinExactly === b.beyond && b.peak >= 1.9) return true
  const ratio = b.stolen / b.scanned
  const mostly = b.beyond > 0 && b.withinDouble * 4 >= b.beyond * 3
  return ratio >= 1.5 && ratio <= 2.05 && mostly
}

/** Halves what was counted twice; more than was scanned cannot have been. Returns the pages of cgroups' reclaim. */
function halve(steal: Float64Array, kswapd: Float64Array, direct: Float64Array, dt: Float64Array, n: number): number {
  let cgroup = 0
  for (let i = 0; i < n; i++) {
    const scanned = kswapd[i] + direct[i]
    const half = steal[i] / 2
    // A rate is printed to 0.01 a second, so each of the three sums may be off by half of that.
    const rounding = 0.015 * dt[i]
    if (half <= scanned + rounding) steal[i] = half
    else {
      cgroup += steal[i] - 2 * scanned
      steal[i] = scanned
    }
  }
  return cgroup
}

/** Pages were stolen, but none were scanned by kswapd in the whole recording. */
function withoutScans(
  store: SampleStore,
  n: number,
  b: Balance,
  meta: SeriesMeta,
  issues: IssueList,
  traits: RecorderTraits,
  raw: Map<SeriesColumn, Float64Array>,
): void {
  const old = atLeast(meta.kernel, 4, 8) === false
  if (!old && traits.kbavail) {
    keepRaw(store, 'pgsteal', n, raw).fill(0, 0, n)
    const message = `${Math.round(b.stolen)} pages were stolen although none were scanned: reclaim for cgroup limits, which no scan count has. Taken out of pgsteal`
    issues.once('memcg-reclaim', message, 'repaired')
    return
  }
  keepRaw(store, 'pgscan_kswapd', n, raw).fill(Number.NaN, 0, n)
  keepRaw(store, 'pgscan_direct', n, raw).fill(Number.NaN, 0, n)
  const shown =
    b.direct > 0
      ? 'pgscank/s is 0 and pgscand/s shows only waits (pgscan_direct_throttle)'
      : 'pgscank/s and pgscand/s are 0'
  const message = `${shown} in all ${n} rows although pages were stolen: sysstat before 11.5.2 cannot read scan counts on kernels from 4.8 on, or all reclaim was for cgroup limits. Scan columns are not used`
  issues.once('scan-columns-dead', message, 'dropped')
}
