import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { expect, it } from 'vitest'
import { judgeOomReport, toOomRecords } from '../../../src/ingest/oom-report/index.js'
import { openStore } from '../../../src/store/writer.js'
import { fixture } from './fixtures.js'

it('stores what a log says in the tables of the replay, once', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'oom-'))
  try {
    const path = join(dir, 'x.db')
    const records = ['el6-2.6.32.log', 'memcg-6.1-group.log.gz', 'only-kills.log', 'panic-5.15-kmsg.log'].flatMap(
      (name) => fixture(name).map(judgeOomReport).flatMap(toOomRecords),
    )
    const store = openStore(path)
    expect(store.storeLogOoms(records)).toBe(6)
    expect(store.storeLogOoms(records)).toBe(0)
    store.close()
    const db = new Database(path, { readonly: true })
    const events = db
      .prepare(
        'select scope, victim_pid, victim_comm, computed_points, agrees, group_kill, source from oom_event order by id',
      )
      .raw()
      .all()
    expect(events).toEqual([
      ['global', 2301, 'mysqld', 320, 1, 0, 'log'],
      ['memcg', 5103, 'worker', 113825, 1, 0, 'log'],
      ['memcg', 5101, 'server', 113825, 1, 1, 'log'],
      ['global', 10, 'java', null, null, 0, 'log'],
      ['global', 11, 'java', null, null, 0, 'log'],
      ['global', null, null, null, 1, 0, 'log'],
    ])
    expect(db.prepare('select count(*) from oom_candidate').pluck().get()).toBe(5 + 4 + 1)
    db.close()
  } finally {
    await rm(dir, { recursive: true })
  }
})
