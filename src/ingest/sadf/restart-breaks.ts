/** Restarts of sadf, which stand apart from the rows or are repeated in every table, as breaks between segments. */

import type { SampleStore } from '../series/sample-store.js'
import type { SysstatSink } from '../sysstat/sink.js'
import { stampSeconds } from '../sysstat/stamp.js'

export class RestartBreaks implements SysstatSink {
  constructor(private readonly store: SampleStore) {}

  restart(stamp: string): void {
    this.store.breakAt(stampSeconds(stamp))
  }

  banner(): void {}
  rows(): void {}
  average(): void {}
  comment(): void {}
}
