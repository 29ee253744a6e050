/** What a recording holds as recorded, for `tidemark inspect`. */

import { CGROUP_PREFIX } from '../../trace/recording-format.js'
import { COUNTERS, type Snapshot } from '../proc-vmstat/counters.js'
import type { Groups } from './groups.js'

/** Totals and first values that are told, as for other snapshots of /proc/vmstat. */
const TOLD: ReadonlySet<string> = new Set([
  'pgscan_kswapd',
  'pgscan_direct',
  'pgsteal',
  'pgpgin',
  'pgfree',
  'allocstall',
])
const FIRST = ['pgpgin', 'pgfree', 'pgmajfault', 'pswpout']

/** The first and the last snapshot of one boot. */
interface Ends {
  first: Snapshot
  last: Snapshot
}

export class RecordingReport {
  private sessions = 0
  private snapshots = 0
  private times: [number, number] = [Number.NaN, Number.NaN]
  private readonly boots: { counters?: Ends; pressure?: Ends }[] = []
  private readonly cgroups = new Set<string>()

  /** A header, and whether counters begin again with it. */
  session(newBoot: boolean): void {
    this.sessions++
    if (newBoot) this.boots.push({})
  }

  /** @param epoch seconds since 1970 */
  sample(epoch: number, counters: Snapshot, groups: Groups): void {
    if (this.snapshots++ === 0) this.times[0] = epoch
    this.times[1] = epoch
    const boot = this.boots[this.boots.length - 1]
    boot.counters = reach(boot.counters, counters)
    const pressure = groups.get('pressure')
    if (pressure !== undefined)
      boot.pressure = reach(boot.pressure, new Map(pressure.names.map((name, i) => [name, pressure.values[i]])))
    for (const key of groups.keys())
      if (key.startsWith(CGROUP_PREFIX)) this.cgroups.add(key.slice(CGROUP_PREFIX.length))
  }

  plain(): Record<string, unknown> {
    if (this.snapshots === 0) return { snapshots: 0 }
    const first = this.boots.find(({ counters }) => counters !== undefined)?.counters?.first as Snapshot
    const delta: Record<string, number> = {}
    const stalled: Record<string, number> = {}
    const add = (to: Record<string, number>, name: string, difference: number): void => {
      if (!Number.isNaN(difference)) to[name] = (to[name] ?? 0) + difference
    }
    for (const { counters, pressure } of this.boots) {
      if (counters !== undefined) {
        for (const [name, value] of COUNTERS)
          if (TOLD.has(name)) add(delta, name, value(counters.last) - value(counters.first))
      }
      for (const [name, value] of pressure?.last ?? [])
        add(stalled, name, value - (pressure?.first.get(name) ?? Number.NaN))
    }
    return {
      sessions: this.sessions,
      boots: this.boots.length,
      snapshots: this.snapshots,
      fields_first: first.size,
      times: this.times,
      first: Object.fromEntries(FIRST.filter((name) => first.has(name)).map((name) => [name, first.get(name)])),
      delta,
      pressure_us: stalled,
      cgroups: [...this.cgroups],
    }
  }
}

function reach(ends: Ends | undefined, snapshot: Snapshot): Ends {
  return { first: ends?.first ?? snapshot, last: snapshot }
}
