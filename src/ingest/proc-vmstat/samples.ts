/** What all recordings of snapshots have in common: order, a last one that is cut off, the report. */

import type { ByteSource } from '../../base/byte-source.js'
import { InputError } from '../../base/errors.js'
import type { IngestOptions } from '../format.js'
import { BaseSamples } from '../series/base-samples.js'
import type { TextLines } from '../text/text-lines.js'
import { COUNTERS } from './counters.js'
import { Differences } from './differences.js'
import { SnapshotLines, type TakenSnapshot } from './snapshot-lines.js'

/** Totals that the report tells. */
const DELTA = ['pgscan_kswapd', 'pgscan_direct', 'pgsteal', 'pgpgin', 'pgfree', 'allocstall'] as const
const FIRST = ['pgpgin', 'pgfree', 'pgmajfault', 'pswpout']

export abstract class SnapshotSamples extends BaseSamples {
  protected readonly lines = new SnapshotLines(
    (snapshot) => this.next(snapshot),
    (text, line) => this.skip(text, line),
  )
  private readonly differences: Differences
  private waiting: TakenSnapshot | undefined
  private first: TakenSnapshot | undefined
  private last: TakenSnapshot | undefined
  private untimed = false
  private time = Number.NaN
  /** Lines read. */
  protected lineCount = 0

  constructor(source: ByteSource, options: IngestOptions, format: string, tool?: string) {
    super(source, options, format, tool)
    this.differences = new Differences(source.name, this.store, this.issues, this.pagesPerKb)
  }

  report(): Record<string, unknown> {
    const { first, last } = this
    if (first === undefined || last === undefined) return { snapshots: 0 }
    const time = (snapshot: TakenSnapshot): number | null => (Number.isNaN(snapshot.time) ? null : snapshot.time)
    const known = FIRST.filter((name) => first.values.has(name))
    const report: Record<string, unknown> = {
      snapshots: this.differences.snapshots,
      fields_first: first.values.size,
      times: [time(first), time(last)],
      first: Object.fromEntries(known.map((name) => [name, first.values.get(name)])),
    }
    if (this.differences.snapshots > 1) {
      const change = COUNTERS.filter(([name]) => (DELTA as readonly string[]).includes(name))
        .map(([name, value]) => [name, value(last.values) - value(first.values)] as const)
        .filter(([, difference]) => !Number.isNaN(difference))
      report.delta = Object.fromEntries(change)
    }
    return report
  }

  /** To be called at the end of the input. @throws InputError where there are not two snapshots */
  protected finish(what: string, text: TextLines): void {
    this.lines.flush()
    const { waiting } = this
    this.waiting = undefined
    if (waiting !== undefined) {
      if (this.whole(waiting)) this.deliver(waiting)
      else
        this.issues.add(
          'cut-snapshot',
          `the last snapshot has only ${waiting.values.size} values`,
          'dropped',
          waiting.line,
        )
    }
    if (this.differences.snapshots < 2) {
      const none = this.differences.snapshots === 0
      throw new InputError(none ? `no snapshot of ${what}` : `one snapshot of ${what} holds no interval`, {
        file: this.source.name,
        expected: 'two snapshots or more, with a time before each',
        hint: 'Record with: while sleep 1; do date +%s.%N; cat /proc/vmstat; done',
        code: 'TM_INPUT_REFUSED',
      })
    }
    if (this.untimed && this.options.interval === undefined) {
      this.issues.add('no-times', 'no times in the file. Assuming one snapshot per second; set --interval', 'kept')
    }
    this.differences.close()
    this.closeSkipped(what, this.lineCount, text)
  }

  /** Snapshots wait for the next one, since the last one may be cut off. */
  private next(snapshot: TakenSnapshot): void {
    const { waiting } = this
    this.waiting = snapshot
    if (waiting !== undefined) this.deliver(waiting)
  }

  private whole(snapshot: TakenSnapshot): boolean {
    if (this.first === undefined) return true
    return snapshot.values.has('pgfree') || snapshot.values.size * 2 >= this.first.values.size
  }

  private deliver(snapshot: TakenSnapshot): void {
    if (this.first === undefined) {
      this.first = snapshot
      if (!Number.isNaN(snapshot.time)) this.meta.startEpoch = snapshot.time
    }
    this.last = snapshot
    let { time } = snapshot
    if (Number.isNaN(time)) {
      this.untimed = true
      time = Number.isNaN(this.time) ? 0 : this.time + (this.options.interval ?? 1)
    }
    this.time = time
    this.differences.add(time, snapshot.values, snapshot.line)
  }
}
