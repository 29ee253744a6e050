import type { Database } from 'better-sqlite3'
import type { OomLogRecord } from '../trace/oom-log.js'
import { OOM_IDS_PER_RUN } from './oom-id.js'
import { LOG_OOM, OOM_CANDIDATE } from './oom-layouts.js'
import { RowBuffer } from './row-buffer.js'

/**
 * Stores OOM kills read from kernel logs, one record a killed process, in one transaction. A kill that is already
 * there (the same log again, or a longer copy of it) is not stored twice.
 * @returns how many were new
 */
export function storeLogOoms(db: Database, path: string, records: Iterable<OomLogRecord>): number {
  const known = db
    .prepare(
      `select 1 from oom_event where run_id is null and source = 'log' and t is ? and kernel = ? and invoker_comm is ?
       and victim_pid is ? and victim_comm is ? and victim_rss is ? and totalpages is ? and free is ? and cgroup = ?`,
    )
    .pluck()
  const nextId = db.prepare('select coalesce(max(id), 0) + 1 from oom_event where id < ?').pluck()
  const store = db.transaction(() => {
    const buffer = new RowBuffer(db, path)
    const event = buffer.inlet(LOG_OOM)
    const candidate = buffer.inlet(OOM_CANDIDATE)
    let added = 0
    for (const r of records) {
      const key = [
        r.t,
        r.kernel,
        r.invoker_comm,
        r.victim_pid,
        r.victim_comm,
        r.victim_rss,
        r.totalpages,
        r.free,
        r.cgroup,
      ]
      if (known.get(...key) !== undefined) continue
      const id = nextId.get(OOM_IDS_PER_RUN) as number
      event(id, 1, r)
      r.candidates.forEach((c, i) => {
        candidate(id, i + 1, c)
      })
      buffer.flush()
      added++
    }
    return added
  })
  return store.immediate()
}
