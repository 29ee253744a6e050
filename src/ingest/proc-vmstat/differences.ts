/** Snapshots of counters into samples: differences between each two, wraps and restarts found. */

import { InputError } from '../../base/errors.js'
import type { IssueList } from '../series/issue-list.js'
import type { SampleStore } from '../series/sample-store.js'
import { COUNTERS, isMonotonic, levels, memcgReclaim, type Snapshot } from './counters.js'

/** Where counters of 32-bit kernels start again. */
const WRAP = 2 ** 32

export class Differences {
  snapshots = 0
  private before: Snapshot | undefined
  private beforeTime = Number.NaN
  private readonly memcg = { scanned: 0, stolen: 0 }

  constructor(
    private readonly file: string,
    private readonly store: SampleStore,
    private readonly issues: IssueList,
    private readonly pagesPerKb: number,
  ) {}

  /** @throws InputError when time goes backwards */
  add(time: number, snapshot: Snapshot, line: number): void {
    this.snapshots++
    const { before, beforeTime } = this
    this.before = snapshot
    this.beforeTime = time
    if (before === undefined) return
    if (time < beforeTime) {
      throw new InputError('time goes backwards', {
        file: this.file,
        line,
        expected: `a time after ${beforeTime}`,
        found: String(time),
        code: 'TM_INPUT_VALUE',
      })
    }
    const fallen = fell(before, snapshot)
    if (fallen.all) {
      this.issues.add(
        'unrecorded-restart',
        'all counters fell: the host was restarted. New segment begins',
        'dropped',
        line,
      )
      this.store.breakAt(time)
      return
    }
    const i = this.store.sample(0, time, time - beforeTime > 0 ? time - beforeTime : Number.NaN, line)
    const repaired = fallen.names.length === 0 ? snapshot : this.unwrap(before, snapshot, fallen.names, line)
    for (const [column, value] of COUNTERS) {
      const difference = value(repaired) - value(before)
      if (!Number.isNaN(difference)) this.store.set(i, column, difference, 'plain')
    }
    for (const [column, value] of levels(snapshot, this.pagesPerKb)) this.store.set(i, column, value, 'plain')
    const now = memcgReclaim(repaired)
    const then = memcgReclaim(before)
    if (now.scanned > then.scanned) this.memcg.scanned += now.scanned - then.scanned
    if (now.stolen > then.stolen) this.memcg.stolen += now.stolen - then.stolen
  }

  /** Says at the end what only the whole recording shows. */
  close(): void {
    const { scanned, stolen } = this.memcg
    if (scanned < 32 && stolen < 32) return
    const message = `cgroup limits reclaimed ${stolen} pages (${scanned} scanned) that are in no pgscan_kswapd, pgscan_direct or pgsteal`
    this.issues.add('memcg-reclaim', message, 'kept')
  }

  /** Counters that fell while the others rose went past 2^32; the snapshot with them counted on. */
  private unwrap(before: Snapshot, now: Snapshot, names: string[], line: number): Snapshot {
    const repaired = new Map(now)
    for (const name of names) {
      const was = before.get(name) as number
      const is = now.get(name) as number
      // A little less than before is the skew of per-CPU counters, not a wrap.
      if (was < WRAP && was > WRAP / 2) {
        repaired.set(name, is + WRAP)
        this.issues.add('counter-wrapped', `${name} fell from ${was} to ${is}: it wrapped at 2^32`, 'repaired', line)
      } else {
        repaired.set(name, was)
        this.issues.add('counter-fell', `${name} fell from ${was} to ${is}: no change assumed`, 'repaired', line)
      }
    }
    return repaired
  }
}

/** Counters that are less than before, and whether that is nearly all of those that had counted anything. */
function fell(before: Snapshot, now: Snapshot): { names: string[]; all: boolean } {
  const names: string[] = []
  let counted = 0
  for (const [name, is] of now) {
    const was = before.get(name)
    if (was === undefined || was === 0 || !isMonotonic(name)) continue
    counted++
    if (is < was) names.push(name)
  }
  return { names, all: names.length > 0 && names.length * 4 > counted * 3 }
}
