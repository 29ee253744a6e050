/**
 * One entry of `sadf -j` and `sadf -x`: everything recorded at one time, activity by activity. Both forms use the same
 * names (json_stats.c and xml_stats.c of sysstat), which are those of sar without their decorations.
 */

import { RowBlock } from '../series/row-block.js'
import type { SysstatSink, SysstatTable } from '../sysstat/sink.js'
import type { StampLine } from '../sysstat/stamp.js'
import { tableOf } from '../sysstat/tables.js'

/** Activities that are read, and the names of their values in sar where it is not the name with `/s`. */
const ACTIVITIES: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  paging: { 'vmeff-percent': '%vmeff' },
  'swap-pages': {},
  memory: {
    memfree: 'kbmemfree',
    avail: 'kbavail',
    memused: 'kbmemused',
    'memused-percent': '%memused',
    buffers: 'kbbuffers',
    cached: 'kbcached',
    commit: 'kbcommit',
    'commit-percent': '%commit',
    active: 'kbactive',
    inactive: 'kbinact',
    dirty: 'kbdirty',
    shared: 'kbshmem',
    anonpg: 'kbanonpg',
    slab: 'kbslab',
    kstack: 'kbkstack',
    pgtbl: 'kbpgtbl',
    vmused: 'kbvmused',
    swpfree: 'kbswpfree',
    swpused: 'kbswpused',
    'swpused-percent': '%swpused',
    swpcad: 'kbswpcad',
    'swpcad-percent': '%swpcad',
    frmpg: 'frmpg/s',
    bufpg: 'bufpg/s',
    campg: 'campg/s',
  },
}

export function isReadActivity(name: string): boolean {
  return Object.hasOwn(ACTIVITIES, name)
}

/** Values of one activity by their names in the recording. */
export type ActivityValues = Readonly<Record<string, number>>

export class EntryRows {
  private readonly tables = new Map<string, SysstatTable>()
  private readonly block = new RowBlock(1)
  private end = 0
  private dt = Number.NaN

  constructor(
    private readonly sink: SysstatSink,
    private readonly times: StampLine,
  ) {}

  /**
   * Starts the entry of a time.
   * @returns false when time goes backwards
   */
  at(seconds: number, interval: number): boolean {
    const end = this.times.next(seconds)
    if (Number.isNaN(end)) return false
    this.end = end
    this.dt = interval > 0 ? interval : Number.NaN
    return true
  }

  activity(name: string, values: ActivityValues, line: number): void {
    const names = Object.keys(values)
    const key = `${name} ${names.join(' ')}`
    let table = this.tables.get(key)
    if (table === undefined) {
      const known = ACTIVITIES[name]
      const columns = names.map((value) => known[value] ?? `${value}/s`)
      table = { id: tableOf(columns), columns, line }
      this.tables.set(key, table)
    }
    if (table.id === undefined) return
    this.sink.rows(table, this.block.one(this.end, this.dt, Object.values(values), line))
  }
}
