import type { Database } from 'better-sqlite3'
import { thisProcess } from './owner.js'

/** Settings by full name: `vm.swappiness`, `/web memory.max`, …. */
export type Settings = Record<string, number | string>

/** What is known of a run before its first event. */
export interface RunStart {
  /** As the user named it, `-` for standard input. */
  trace: string
  /** Digest of the trace's bytes, where it was taken. */
  traceDigest?: string
  /** Registry name of the format. */
  format: string
  /** Where the machine description came from. */
  machine: string
  /** Kernel profile. */
  kernel: string
  /** Every setting the run is replayed under. */
  settings: Settings
  /** Those among them that were changed on purpose. */
  changed?: Settings
  seed: number
  /** tidemark's version. */
  version: string
  /** Share of the pages that is replayed, 0–1; 1 unless sampled. */
  sampleRate?: number
  /** An id from `Store.reserveRunIds`; the next free one unless given. */
  id?: number
}

function byName(settings: Settings): [string, number | string][] {
  return Object.entries(settings).sort(([a], [b]) => (a < b ? -1 : 1))
}

/**
 * Stores the run's row, its settings and its clock, all at once.
 * @returns the run's id
 */
export function insertRun(db: Database, start: RunStart): number {
  const changed = start.changed ?? {}
  const summary = byName(changed)
    .map(([name, value]) => `${name}=${value}`)
    .join(' ')
  const owner = thisProcess()
  const now = new Date().toISOString()
  return db
    .transaction(() => {
      const { lastInsertRowid } = db
        .prepare(
          `insert into run (id, trace, trace_digest, format, machine, kernel, settings, seed, version, status, sample_rate)
           values (?, ?, ?, ?, ?, ?, ?, ?, ?, 'running', ?)`,
        )
        .run(
          start.id ?? null,
          start.trace,
          start.traceDigest ?? null,
          start.format,
          start.machine,
          start.kernel,
          summary,
          start.seed,
          start.version,
          start.sampleRate ?? 1,
        )
      const id = Number(lastInsertRowid)
      const setting = db.prepare('insert into run_setting (run_id, name, value, changed) values (?, ?, ?, ?)')
      for (const [name, value] of byName({ ...start.settings, ...changed })) {
        setting.run(id, name, value, name in changed ? 1 : 0)
      }
      db.prepare(
        `insert into run_clock (run_id, started_at, touched_at, host, system, pid, pid_start)
         values (?, ?, ?, ?, ?, ?, ?)`,
      ).run(id, now, now, owner.host, owner.system, owner.pid, owner.pidStart)
      return id
    })
    .immediate()
}
