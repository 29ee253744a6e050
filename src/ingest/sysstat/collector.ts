/** Rows of sysstat's tables into samples of a series. */

import type { SeriesMeta } from '../../trace/series.js'
import type { IssueList } from '../series/issue-list.js'
import { BLOCK_ROWS, type RowBlock, SOME_ROWS } from '../series/row-block.js'
import { putColumn, putCounts } from '../series/sample-columns.js'
import type { SampleStore } from '../series/sample-store.js'
import type { Banner, SysstatSink, SysstatTable } from './sink.js'
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
  /** The printed averages of the table are compared with those of its rows. */
  readonly averaged: boolean
  readonly free: number
  readonly used: number
  readonly usedPercent: number
  readonly available: number
  readonly swapFree: number
  readonly swapUsed: number
}

export class SysstatCollector implements SysstatSink {
  /** Rows that became samples. */
  kept = 0
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
  /** Where each row of the block worked on goes in the store. */
  private readonly places = new Int32Array(BLOCK_ROWS)
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

  rows(table: SysstatTable, rows: RowBlock): void {
    const plan = this.plan(table)
    const paging = table.id === 'paging'
    const before = this.kept
    let from = 0
    for (let i = paging ? suspect(rows, 0) : rows.length; i < rows.length; i = suspect(rows, i + 1)) {
      if (!this.unrecordedRestart(table, rows, i)) continue
      this.take(plan, rows, from, i)
      from = i + 1
    }
    this.take(plan, rows, from, rows.length)
    if (paging) this.pagingRows += this.kept - before
  }

  /** Makes samples of the rows from `from` up to `to`. */
  private take(plan: Plan, rows: RowBlock, from: number, to: number): void {
    if (from === to) return
    const { store, places } = this
    const first = store.samples(rows, from, to, places)
    if (plan.version !== store.version) this.bind(plan)
    const mean = plan.averaged ? meanOf(plan, rows, from, to) : undefined
    // Rows that only go on in time need not be looked at one by one.
    const counting = plan.averaged && first >= 0 && rows.longest > 0 && to - from >= SOME_ROWS
    if (mean !== undefined) {
      if (counting) rows.count(from, to, mean.sums)
      else for (let c = 0; c < rows.width; c++) mean.sums[c] = weighted(rows.column(c), rows.dt, from, to, mean.sums[c])
    }
    for (let k = 0; k < plan.meanings.length; k++) {
      const { column, kind } = plan.meanings[k]
      const into = plan.arrays[k]
      const c = plan.from[k]
      if (counting && kind === 'rate') putCounts(store, column, into, rows, c, first, to - from)
      else putColumn(store, column, kind, into, rows.column(c, from, to), plan.factors[k], first, places)
    }
    this.kept += to - from
    if (plan.free < 0 && plan.swapFree < 0) return
    for (let i = from; i < to; i++) this.totals(plan, rows, i, first < 0 ? places[i - from] : first + i - from)
  }

  /** Sizes that no column has, out of those that are printed. */
  private totals(plan: Plan, rows: RowBlock, row: number, i: number): void {
    const { store } = this
    const { values, stride } = rows
    if (plan.free >= 0 && plan.used >= 0) {
      const total = memoryTotal(rows, row, plan)
      if (!Number.isNaN(total)) store.set(i, 'mem_total', total * this.pagesPerKb, 'plain')
    }
    if (plan.swapFree >= 0 && plan.swapUsed >= 0) {
      const total = values[plan.swapFree * stride + row] + values[plan.swapUsed * stride + row]
      store.set(i, 'swap_total', total * this.pagesPerKb, 'plain')
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
  private unrecordedRestart(table: SysstatTable, rows: RowBlock, row: number): boolean {
    const n = table.columns.length
    let hundreds = 0
    while (hundreds < n && rows.values[hundreds * rows.stride + row] === 100) hundreds++
    const absurd = rows.dt[row] > MAX_INTERVAL
    if ((hundreds < n || n < 4) && !absurd) return false
    const sign = absurd ? `the interval is ${rows.dt[row]} s` : 'every value is 100.00'
    const message = `${sign}: the host restarted without a restart record. Row dropped, new segment begins`
    this.issues.add('unrecorded-restart', message, 'dropped', rows.line[row])
    this.store.breakAt(rows.end[row])
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
        averaged: table.id === 'paging' || table.id === 'swap',
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
    return plan
  }
}

/**
 * MemTotal in KiB. `kbmemused` has meant three things (total − free; that less buffers, cache and slab from 11.7.4;
 * total − available from 12.7.8), and `%memused` is its share of the total: so the sum that fits the share is right.
 */
function memoryTotal({ values, stride }: RowBlock, row: number, plan: Plan): number {
  const used = values[plan.used * stride + row]
  const share = plan.usedPercent >= 0 ? values[plan.usedPercent * stride + row] / 100 : Number.NaN
  const byFree = values[plan.free * stride + row] + used
  if (!(share > 0)) return plan.available < 0 ? byFree : Number.NaN
  if (fits(byFree, share, used)) return byFree
  const byAvailable = plan.available >= 0 ? values[plan.available * stride + row] + used : Number.NaN
  return fits(byAvailable, share, used) ? byAvailable : used / share
}

function fits(total: number, share: number, used: number): boolean {
  return Math.abs(total * share - used) <= total * 0.0001
}

/** The next row from `from` on that may be one over a restart: a glance at its first value and its interval. */
function suspect(rows: RowBlock, from: number): number {
  const { length, values, dt } = rows
  if (rows.longest <= MAX_INTERVAL && length >= SOME_ROWS) {
    const next = rows.column(0).indexOf(100, from)
    return next < 0 ? length : next
  }
  let i = from
  while (i < length && values[i] !== 100 && !(dt[i] > MAX_INTERVAL)) i++
  return i
}

/** The mean that rows go into, which have their intervals in it already. */
function meanOf(plan: Plan, rows: RowBlock, from: number, to: number): Mean {
  let { mean } = plan
  if (mean === undefined || mean.segment !== rows.segment) {
    mean = { segment: rows.segment, span: 0, sums: new Float64Array(rows.width) }
    plan.mean = mean
  }
  if (rows.longest > 0 && to - from === rows.length) mean.span += rows.span
  else for (let i = from; i < to; i++) mean.span += rows.dt[i]
  return mean
}

/** Adds to `sum` the values times their intervals. */
function weighted(values: Float64Array, dt: Float64Array, from: number, to: number, sum: number): number {
  let total = sum
  for (let i = from; i < to; i++) total += values[i] * dt[i]
  return total
}
