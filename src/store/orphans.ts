import type { Database } from 'better-sqlite3'
import { isAlive, type Owner } from './owner.js'

interface Unfinished extends Owner {
  id: number
  touchedAt: string
}

/** Runs that say they are being written (or deleted) and whose process is gone. */
export function orphans(db: Database): number[] {
  const unfinished = db
    .prepare<[], Unfinished>(
      `select run.id, pid, pid_start as pidStart, system, host, touched_at as touchedAt
       from run join run_clock on run_id = id where status in ('running', 'deleting') order by id`,
    )
    .all()
  return unfinished.filter((run) => !isAlive(run, run.touchedAt)).map((run) => run.id)
}

/**
 * Marks as `interrupted` what a killed process left behind. A writer that was taken for dead and is not puts its mark
 * right again with its next rows, see `RunWriter`.
 * @returns the ids that were marked
 */
export function markOrphans(db: Database): number[] {
  const ids = orphans(db)
  if (ids.length === 0) return ids
  const mark = db.prepare("update run set status = 'interrupted' where id = ? and status in ('running', 'deleting')")
  db.transaction(() => {
    for (const id of ids) mark.run(id)
  }).immediate()
  return ids
}
