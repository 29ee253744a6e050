import type { Database } from 'better-sqlite3'
import type {
  IntervalRecord,
  KswapdCycleRecord,
  OomRecord,
  RefusedMmapRecord,
  ReplaySink,
  ReplaySummary,
  StallRecord,
  ZoneIntervalRecord,
} from '../replay/records.js'
import type { InputIssue, SeriesBatch } from '../trace/series.js'
import { deleteRunRows } from './delete-run.js'
import { guarded, storeError } from './errors.js'
import { completeRun, type RunQuality } from './finish-run.js'
import { INPUT_ISSUE, INTERVAL, KSWAPD_CYCLE, REFUSED_MMAP, RUN_WARNING, STALL, ZONE_INTERVAL } from './layouts.js'
import { OOM_IDS_PER_RUN, oomEventId } from './oom-id.js'
import { OOM_CANDIDATE, replayOomLayout } from './oom-layouts.js'
import { type RawColumns, recordedRows } from './recorded-rows.js'
import { type Layout, RowBuffer } from './row-buffer.js'

/**
 * Stores one run. Rows wait in memory until a batch is full, so memory stays bounded and the database is locked only
 * for moments. The run counts as complete with {@link finish}; {@link abort} takes everything of it back.
 * Every method throws a `TM_STORE` TidemarkError when the database cannot be written.
 */
export class RunWriter implements ReplaySink {
  readonly interval: (r: IntervalRecord) => void
  readonly zoneInterval: (r: ZoneIntervalRecord) => void
  readonly stall: (r: StallRecord) => void
  readonly kswapdCycle: (r: KswapdCycleRecord) => void
  readonly refusedMmap: (r: RefusedMmapRecord) => void
  /** One OOM kill with its candidates. */
  readonly oom: (r: OomRecord) => void
  /** Something wrong with the input. */
  readonly issue: (issue: InputIssue) => void
  /** A sentence that belongs with the run's results; a replay's own come with {@link finish}. */
  readonly warning: (message: string) => void
  /**
   * Samples of an interval trace.
   * @param raw for repaired counters, the column as the file said it
   */
  readonly recorded: (batch: SeriesBatch, raw?: RawColumns) => void

  private readonly buffer: RowBuffer
  private state: 'open' | 'finished' | 'aborted' | 'interrupted' = 'open'

  constructor(
    private readonly db: Database,
    private readonly path: string,
    /** `run.id`. */
    readonly id: number,
    kernel: string,
    private readonly onEnd: () => void,
  ) {
    const touch = db.prepare('update run_clock set touched_at = ? where run_id = ?')
    // Another process may have taken this one for dead (see owner.ts); storing rows proves it wrong.
    const revive = db.prepare("update run set status = 'running' where id = ? and status = 'interrupted'")
    this.buffer = new RowBuffer(db, path, () => {
      if (touch.run(new Date().toISOString(), id).changes === 0) {
        throw storeError(`${path}: run ${id} was deleted while it was being written`)
      }
      revive.run(id)
    })
    this.interval = this.numbered(INTERVAL)
    this.zoneInterval = this.numbered(ZONE_INTERVAL)
    this.stall = this.numbered(STALL)
    this.kswapdCycle = this.numbered(KSWAPD_CYCLE)
    this.refusedMmap = this.numbered(REFUSED_MMAP)
    this.issue = this.numbered(INPUT_ISSUE)
    this.warning = this.numbered(RUN_WARNING)
    this.oom = this.oomInlet(kernel)
    const rows = recordedRows()
    const recordedRow = this.numbered(rows.layout)
    this.recorded = (batch, raw) => {
      rows.read(batch, raw)
      for (let i = 0; i < batch.length; i++) recordedRow(i)
    }
  }

  /**
   * Stores what waits, the totals and the warnings, and makes the run complete, all in one transaction.
   */
  finish(summary: ReplaySummary, quality: RunQuality = {}): void {
    this.mustBeOpen()
    for (const message of summary.warnings) this.warning(message)
    this.buffer.flush(() => completeRun(this.db, this.id, summary, quality))
    this.state = 'finished'
    this.onEnd()
  }

  /** Leaves nothing of the run in the database. Does nothing once the run is finished. */
  abort(): void {
    if (this.state !== 'open') return
    this.state = 'aborted'
    this.buffer.drop()
    guarded(this.path, () => deleteRunRows(this.db, this.id))
    this.onEnd()
  }

  /** Stores what waits and leaves the run as interrupted: its writer goes without an end. */
  interrupt(): void {
    if (this.state !== 'open') return
    this.state = 'interrupted'
    this.buffer.flush(() => {
      this.db.prepare("update run set status = 'interrupted' where id = ?").run(this.id)
    })
    this.onEnd()
  }

  /** A function that stores records of one kind, numbered from 1. */
  private numbered<R>(layout: Layout<R>): (record: R) => void {
    const inlet = this.buffer.inlet(layout)
    let seq = 0
    return (record) => {
      this.mustBeOpen()
      inlet(this.id, ++seq, record)
    }
  }

  private oomInlet(kernel: string): (r: OomRecord) => void {
    const event = this.buffer.inlet(replayOomLayout(this.id, kernel))
    const candidate = this.buffer.inlet(OOM_CANDIDATE)
    let events = 0
    return (r) => {
      this.mustBeOpen()
      if (++events >= OOM_IDS_PER_RUN) throw storeError(`${this.path}: run ${this.id} has too many OOM kills to number`)
      const id = oomEventId(this.id, events)
      event(id, events, r)
      r.candidates.forEach((c, i) => {
        candidate(id, i + 1, c)
      })
    }
  }

  private mustBeOpen(): void {
    if (this.state !== 'open') throw storeError(`${this.path}: run ${this.id} is ${this.state}, nothing can be added`)
  }
}
