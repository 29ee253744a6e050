import Database from 'better-sqlite3'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { isAlive, thisProcess } from '../../src/store/owner.js'
import { openReader } from '../../src/store/reader.js'
import { openStore } from '../../src/store/writer.js'
import { ended, ready, WriterBundle } from './child.js'
import { freshPath, interval, rows, START, stall, summary, value } from './fixture.js'

let bundle: WriterBundle

beforeAll(async () => {
  bundle = await WriterBundle.make()
})
afterAll(() => bundle.remove())

const ROW = `{ t: i, pid: 1, comm: 'web', kind: 'direct', cgroup: '', duration_us: 1, scanned: 1, reclaimed: 1,
  priority: 12, outcome: 'reclaimed' }`

/** Begins a run, stores a batch, and waits for its end. */
const LINGER = `
const run = openStore(path).beginRun(start)
for (let i = 1; i <= 5000; i++) run.stall(${ROW})
console.log('ready')
setInterval(() => {}, 1000)`

async function leaveKilledRun(path: string): Promise<void> {
  const child = bundle.spawn('linger', LINGER, path, START)
  await ready(child)
  child.kill('SIGKILL')
  expect(await ended(child)).toBe('SIGKILL')
}

describe('a killed process', () => {
  it('leaves a database that opens for reading and says so', async () => {
    const path = freshPath()
    await leaveKilledRun(path)
    const reader = openReader(path)
    expect(reader.listRuns().map((r) => r.status)).toEqual(['interrupted'])
    expect(reader.latestRun()).toBeNull()
    reader.close()
    expect(value(path, 'select count(*) from stall')).toBe(4096)
    expect(value(path, 'pragma integrity_check')).toBe('ok')
  })

  it('leaves a database that takes the next run, and whose rest can be deleted', async () => {
    const path = freshPath()
    await leaveKilledRun(path)
    const store = openStore(path)
    expect(store.interrupted).toEqual([1])
    const run = store.beginRun(START)
    expect(run.id).toBe(2)
    run.finish(summary())
    store.deleteRun(1)
    store.close()
    expect(rows(path, 'select id, status from run')).toEqual([{ id: 2, status: 'complete' }])
    expect(value(path, 'select count(*) from stall')).toBe(0)
  })

  it('is told from one that still lives', async () => {
    const path = freshPath()
    const child = bundle.spawn('linger', LINGER, path, START)
    await ready(child)
    const store = openStore(path)
    expect(store.interrupted).toEqual([])
    expect(value(path, 'select status from run')).toBe('running')
    expect(() => store.deleteRun(1)).toThrow(`being written by process ${child.pid}`)
    store.close()
    child.kill('SIGKILL')
    await ended(child)
  })
})

describe('several processes', () => {
  it('write to one new database at once', async () => {
    const path = freshPath()
    const script = `
const store = openStore(path)
for (let r = 0; r < 3; r++) {
  const run = store.beginRun({ ...start, trace: String(process.pid) })
  for (let i = 1; i <= 20000; i++) run.stall(${ROW})
  if (r === 1) run.abort()
  else run.finish({ events: 1, pageEvents: 1, duration: 1, counters: { pgfault: 1 }, psi: { some: 0, full: 0 }, warnings: [] })
}
store.close()`
    const children = [1, 2, 3, 4].map((n) => bundle.spawn(`many-${n}`, script, path, START))
    expect(await Promise.all(children.map(ended))).toEqual([0, 0, 0, 0])
    expect(value(path, "select count(*) from run where status = 'complete'")).toBe(8)
    expect(value(path, 'select count(*) from run')).toBe(8)
    expect(value(path, 'select count(distinct trace) from run')).toBe(4)
    expect(rows(path, 'select distinct count(*) as n, max(seq) as last from stall group by run_id')).toEqual([
      { n: 20_000, last: 20_000 },
    ])
    expect(value(path, 'pragma integrity_check')).toBe('ok')
  })
})

describe('a writer that was taken for dead', () => {
  it('puts its mark right with its next rows', () => {
    const path = freshPath()
    const store = openStore(path)
    const run = store.beginRun(START)
    const other = new Database(path)
    other.exec("update run set status = 'interrupted'")
    for (let i = 0; i < 5_000; i++) run.interval(interval(i))
    expect(value(path, 'select status from run')).toBe('running')
    other.exec("update run set status = 'interrupted'")
    other.close()
    run.finish(summary())
    store.close()
    expect(value(path, 'select status from run')).toBe('complete')
  })

  it('says so when its run was deleted meanwhile', () => {
    const path = freshPath()
    const store = openStore(path)
    const run = store.beginRun(START)
    const other = new Database(path)
    other.exec("update run set status = 'interrupted'; update run_clock set pid_start = '0'")
    other.close()
    const second = openStore(path)
    second.deleteRun(1)
    second.close()
    run.stall(stall())
    expect(() => run.finish(summary())).toThrow(/run 1 was deleted while it was being written/)
    expect(value(path, 'select count(*) from stall')).toBe(0)
    run.abort()
    store.close()
  })
})

describe('isAlive', () => {
  const me = thisProcess()
  const now = Date.parse('2026-01-01T12:00:00Z')

  it('knows this process, and a pid that now belongs to another', () => {
    expect(isAlive(me, '2026-01-01T00:00:00Z', now)).toBe(true)
    if (me.system !== '') expect(isAlive({ ...me, pidStart: '1' }, '2026-01-01T12:00:00Z', now)).toBe(false)
  })

  it.runIf(me.system !== '')('gives up a process of an earlier boot', () => {
    expect(isAlive({ ...me, system: 'other-boot pid:[1]' }, '2026-01-01T12:00:00Z', now)).toBe(false)
  })

  it.runIf(me.system !== '')('gives a process of another container an hour of silence', () => {
    const elsewhere = { ...me, system: `${me.system.split(' ')[0]} pid:[1]` }
    expect(isAlive(elsewhere, '2026-01-01T11:30:00Z', now)).toBe(true)
    expect(isAlive(elsewhere, '2026-01-01T10:30:00Z', now)).toBe(false)
  })
})

describe('a locked database', () => {
  it('ends in a clear error once the wait is over', () => {
    const path = freshPath()
    openStore(path).close()
    const other = new Database(path)
    other.exec('begin immediate')
    const store = openStore(path, { busyTimeoutMs: 50 })
    expect(() => store.beginRun(START)).toThrow(
      expect.objectContaining({ code: 'TM_STORE', message: `${path} is locked by another process` }),
    )
    other.exec('rollback')
    other.close()
    store.beginRun(START).finish(summary())
    store.close()
  })
})
