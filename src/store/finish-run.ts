import type { Database } from 'better-sqlite3'
import type { ReplaySummary } from '../replay/records.js'

/** How far a run's answers can be trusted; stored with the run. */
export interface RunQuality {
  /** Estimated relative error of spatial sampling. */
  sampleError?: number
  /** Median |ln(replayed / recorded)| under the recorded settings. */
  calibrationError?: number
  /** Trial replays the calibration took. */
  calibrationRounds?: number
}

/** Stores a run's totals and makes it complete. To be called inside the transaction that stores its last rows. */
export function completeRun(db: Database, id: number, summary: ReplaySummary, quality: RunQuality): void {
  const counter = db.prepare('insert into run_counter (run_id, name, value) values (?, ?, ?)')
  for (const [name, value] of Object.entries(summary.counters)) counter.run(id, name, value)
  db.prepare(
    `update run set status = 'complete', events = ?, page_events = ?, duration_s = ?, psi_some_us = ?, psi_full_us = ?,
       sample_error = ?, calibration_error = ?, calibration_rounds = ?
     where id = ?`,
  ).run(
    summary.events,
    summary.pageEvents,
    summary.duration,
    summary.psi.some,
    summary.psi.full,
    quality.sampleError ?? null,
    quality.calibrationError ?? null,
    quality.calibrationRounds ?? null,
    id,
  )
  db.prepare('update run_clock set finished_at = ? where run_id = ?').run(new Date().toISOString(), id)
}
