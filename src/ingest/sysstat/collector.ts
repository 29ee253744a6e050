/** Rows of sysstat's tables into samples of a series. */

import type { SeriesMeta } from '../../trace/series.js'
import type { IssueList } from '../series/issue-list.js'
import type { SampleStore } from '../series/sample-store.js'
import type { Banner, RowTime, SysstatSink, SysstatTable } from './sink.js'
import { MAX_INTERVAL } from './stamp.js'
import { type ColumnMeaning, MEANINGS } from './tables.js'

/** Sums of a table of rates since its last average. */
interface Mean {
  segment: number
  span: number
  readonly sums: Float64Array
}

/** How the columns of one table become columns of the series. */
interface Plan {
  readonly meanings: readonly ColumnMeaning[]
  /** For each of the meanings: which value it is, and what makes pages of it. */
  readonly from: Int32Array
  readonly factors: Float64Array
  /** Where the values go; bound anew when the store's version changes. */
  arrays: Float64Array[]
  version: number
  mean: Mean | undefined
  /** Columns of the table. */
  readonly width: number
  readonly free: number
  readonly used: number
  readonly usedPercent: number
  readonly available: number
  readonly swapFree: number
  readonly swapUsed: number
}

export class SysstatCollector implements SysstatSink {
  rows = 0
  /** Rows that are no data: the host was restarted and nothing recorded it. */
  dropped = 0
  /** The paging table has %vmeff, a memory table kbavail: signs of the release. */
  vmeff = false
  kbavail = false
  /** The date of the first banner, as it was printed. */
  date: string | undefined
  /** Rows of the paging table. */
  pagingRows = 0
  private readonly plans = new Map<SysstatTable, Plan>()
  private lastTable: SysstatTable | undefined
  private lastPlan: Plan | undefined
  private readonly pagesPerKb: number

  constructor(
    private readonly store: SampleStore,
    private readonly meta: SeriesMeta,
    pageSize: number,
    private readonly issues: IssueList,
  ) {
    this.pagesPerKb = 1024 / pageSize
  }

  banner(banner: Banner): void {
    this.date ??= banner.date
    this.meta.host = banner.host
    this.meta.kernel = banner.kernel
    if (banner.cpus !== undefined) this.meta.cpus = banner.cpus
  }

  row(table: SysstatTable, time: RowTime, values: Float64Array, line: number): void {
    const { store } = this
    // A glance at the first value is enough for nearly all rows.
    const suspicious = table.id === 'paging' && (values[0] === 100 || time.dt > MAX_INTERVAL)
    if (suspicious && this.unrecordedRestart(table, time, values, line)) return
    const plan = table === this.lastTable ? (this.lastPlan as Plan) : this.plan(table)
    const i = store.sample(time.segment, time.end, time.dt, line)
    if (plan.version !== store.version) this.bind(plan)
    const { arrays, from, factors } = plan
    for (let k = 0; k < arrays.length; k++) arrays[k][i] = values[from[k]] * factors[k]
    this.rows++
    if (table.id === 'paging') this.pagingRows++
    if (table.id === 'paging' || table.id === 'swap') addToMean(plan, time, values)
    if (plan.free >= 0 || plan.swapFree >= 0) this.totals(plan, i, values)
  }

  /** Sizes that no column has, out of those that are printed. */
  private totals(plan: Plan, i: number, values: Float64Array): void {
    const { store } = this
    if (plan.free >= 0 && plan.used >= 0) {
      const total = memoryTotal(values, plan)
      if (!Number.isNaN(total)) store.set(i, 'mem_total', total * this.pagesPerKb, 'plain')
    }
    if (plan.swapFree >= 0 && plan.swapUsed >= 0) {
      store.set(i, 'swap_total', (values[plan.swapFree] + values[plan.swapUsed]) * this.pagesPerKb, 'plain')
    }
  }

  /**
   * The printed average against the mean of the rows, weighted by their intervals: they differ where counters were reset,
   * rows are missing or the clock was changed.
   */
  average(table: SysstatTable, values: Float64Array, line: number): void {
    const plan = this.plan(table)
    const { mean } = plan
    plan.mean = undefined
    if (mean === undefined || !(mean.span > 0)) return
    // Printed with --dec=0, an average may be off by a whole.
    const least = values.every(Number.isInteger) ? 1 : 0.02
    for (let c = 0; c < table.columns.length; c++) {
      // %vmeff is a ratio of sums, no mean.
      if (!table.columns[c].endsWith('/s')) continue
      const ours = mean.sums[c] / mean.span
      if (Math.abs(ours - values[c]) <= Math.max(least, Math.abs(values[c]) * 0.01)) continue
      const message = `the average of ${table.columns[c]} is printed as ${values[c]}, but the rows have ${ours.toFixed(2)}`
      this.issues.add('average-differs', message, 'kept', line)
      return
    }
  }

  restart(): void {}
  comment(): void {}

  /**
   * A row over a restart that was not recorded: the uptime went backwards, so sar prints 100.00 in every column, and sadf
   * an interval of billions of seconds. Such a row is no data, and what follows is another segment.
   */
  private unrecordedRestart(table: SysstatTable, time: RowTime, values: Float64Array, line: number): boolean {
    const n = table.columns.length
    let hundreds = 0
    while (hundreds < n && values[hundreds] === 100) hundreds++
    const absurd = time.dt > MAX_INTERVAL
    if ((hundreds < n || n < 4) && !absurd) return false
    const sign = absurd ? `the interval is ${time.dt} s` : 'every value is 100.00'
    const message = `${sign}: the host restarted without a restart record. Row dropped, new segment begins`
    this.issues.add('unrecorded-restart', message, 'dropped', line)
    this.store.breakAt(time.end)
    this.dropped++
    return true
  }

  private bind(plan: Plan): void {
    plan.arrays = plan.meanings.map(({ column, kind }) => this.store.column(column, kind))
    plan.version = this.store.version
  }

  private plan(table: SysstatTable): Plan {
    let plan = this.plans.get(table)
    if (plan === undefined) {
      const at = (name: string): number => table.columns.indexOf(name)
      const known = table.columns.flatMap((name, c) =>
        MEANINGS[name] === undefined ? [] : [[MEANINGS[name], c] as const],
      )
      plan = {
        meanings: known.map(([meaning]) => meaning),
        from: Int32Array.from(known, ([, c]) => c),
        factors: Float64Array.from(known, ([meaning]) => (meaning.kb ? this.pagesPerKb : 1)),
        arrays: [],
        version: -1,
        mean: undefined,
        width: table.columns.length,
        free: at('kbmemfree'),
        used: at('kbmemused'),
        usedPercent: at('%memused'),
        available: at('kbavail'),
        swapFree: at('kbswpfree'),
        swapUsed: at('kbswpused'),
      }
      this.plans.set(table, plan)
      if (table.columns.includes('%vmeff')) this.vmeff = true
      if (plan.available >= 0) this.kbavail = true
    }
    this.lastTable = table
    this.lastPlan = plan
    return plan
  }
}

/**
 * MemTotal in KiB. `kbmemused` has meant three things (total − free; that less buffers, cache and slab from 11.7.4;
 * total − available from 12.7.8), and `%memused` is its share of the total: so the sum that fits the share is right.
 */
function memoryTotal(values: Float64Array, plan: Plan): number {
  const used = values[plan.used]
  const share = plan.usedPercent >= 0 ? values[plan.usedPercent] / 100 : Number.NaN
  const fits = (total: number): boolean => Math.abs(total * share - used) <= total * 0.0001
  const byFree = values[plan.free] + used
  if (!(share > 0)) return plan.available < 0 ? byFree : Number.NaN
  if (fits(byFree)) return byFree
  const byAvailable = plan.available >= 0 ? values[plan.available] + used : Number.NaN
  return fits(byAvailable) ? byAvailable : used / share
}

function addToMean(plan: Plan, time: RowTime, values: Float64Array): void {
  let { mean } = plan
  if (mean === undefined || mean.segment !== time.segment) {
    mean = { segment: time.segment, span: 0, sums: new Float64Array(plan.width) }
    plan.mean = mean
  }
  const { dt } = time
  const { sums } = mean
  mean.span += dt
  for (let c = 0; c < sums.length; c++) sums[c] += values[c] * dt
}
