import type { Database } from 'better-sqlite3'
import { OOM_IDS_PER_RUN, oomEventId } from './oom-id.js'
import { thisProcess } from './owner.js'

/** Tables whose rows are numbered within their run. */
const NUMBERED = [
  'interval',
  'recorded_interval',
  'zone_interval',
  'stall',
  'kswapd_cycle',
  'refused_mmap',
  'input_issue',
  'run_warning',
]

/** Rows a transaction deletes, so that others can write in between. */
const CHUNK = 20_000

/** Deletes, chunk after chunk, the rows of `table` that belong to `owner`. */
function deleteNumbered(db: Database, table: string, owner: number): void {
  const last = db.prepare(`select max(seq) from ${table} where run_id = ?`).pluck().get(owner) as number | null
  const remove = db.prepare(`delete from ${table} where run_id = ? and seq <= ?`)
  for (let seq = CHUNK; seq < (last ?? 0) + CHUNK; seq += CHUNK) remove.run(owner, seq)
}

function deleteOomEvents(db: Database, runId: number): void {
  const first = oomEventId(runId, 1)
  const end = first + OOM_IDS_PER_RUN - 1
  const events = db
    .prepare('select id from oom_event where id >= ? and id < ? order by id')
    .pluck()
    .all(first, end) as number[]
  const candidates = db.prepare('delete from oom_candidate where event_id = ?')
  const event = db.prepare('delete from oom_event where id = ?')
  const some = db.transaction((ids: number[]) => {
    for (const id of ids) {
      candidates.run(id)
      event.run(id)
    }
  })
  for (let i = 0; i < events.length; i += 100) some.immediate(events.slice(i, i + 100))
}

/**
 * Deletes a run and all its rows. Long runs go in several transactions; the run itself goes last, marked `deleting`
 * until then, so that a process killed in between leaves a run that says it is not whole.
 * An id that nobody took after this run's is free again: an aborted run leaves no gap.
 */
export function deleteRunRows(db: Database, id: number): void {
  const owner = thisProcess()
  db.transaction(() => {
    db.prepare("update run set status = 'deleting' where id = ?").run(id)
    db.prepare(
      'update run_clock set host = ?, system = ?, pid = ?, pid_start = ?, touched_at = ? where run_id = ?',
    ).run(owner.host, owner.system, owner.pid, owner.pidStart, new Date().toISOString(), id)
  }).immediate()
  for (const table of NUMBERED) deleteNumbered(db, table, id)
  deleteOomEvents(db, id)
  db.transaction(() => {
    for (const table of ['run_setting', 'run_counter', 'run_clock']) {
      db.prepare(`delete from ${table} where run_id = ?`).run(id)
    }
    db.prepare('delete from run where id = ?').run(id)
    db.prepare("update sqlite_sequence set seq = seq - 1 where name = 'run' and seq = ?").run(id)
  }).immediate()
}
