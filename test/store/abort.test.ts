import { describe, expect, it } from 'vitest'
import { dumpStore } from '../../src/store/dump.js'
import { openStore } from '../../src/store/writer.js'
import { freshPath, interval, oom, START, stall, summary, value } from './fixture.js'

/** Stores some thousand rows of several kinds, so that batches have reached the database. */
function writeMuch(run: ReturnType<ReturnType<typeof openStore>['beginRun']>): void {
  for (let i = 1; i <= 5_000; i++) {
    run.stall(stall({ t: i }))
    run.interval(interval(i))
  }
  run.oom(oom())
  run.issue({ file: 'a', code: 'gap', message: 'm', action: 'kept' })
  run.warning('w')
}

describe('abort', () => {
  it('leaves nothing of the run, as if it had never begun', () => {
    const [aborted, plain] = [freshPath(), freshPath()]
    for (const path of [aborted, plain]) {
      const store = openStore(path)
      store.beginRun(START).finish(summary())
      if (path === aborted) {
        const run = store.beginRun(START)
        writeMuch(run)
        expect(value(path, 'select count(*) from stall')).toBeGreaterThan(0)
        run.abort()
      }
      store.beginRun(START).finish(summary())
      store.close()
    }
    expect([...dumpStore(aborted)]).toEqual([...dumpStore(plain)])
    expect(value(aborted, 'select count(*) from run_clock')).toBe(2)
  })

  it('of an earlier run leaves the later one its number and its rows', () => {
    const path = freshPath()
    const store = openStore(path)
    const [first, second] = [store.beginRun(START), store.beginRun(START)]
    for (const run of [first, second]) writeMuch(run)
    first.abort()
    second.finish(summary())
    expect(store.beginRun(START).id).toBe(3)
    store.close()
    expect(value(path, 'select group_concat(id) from run')).toBe('2,3')
    expect(value(path, 'select count(*) from stall')).toBe(5_000)
    expect(value(path, 'select count(*) from oom_candidate')).toBe(3)
  })
})

describe('deleteRun', () => {
  it('deletes a run of many rows and only that', () => {
    const path = freshPath()
    const store = openStore(path)
    const [first, second] = [store.beginRun(START), store.beginRun(START)]
    for (let i = 1; i <= 45_000; i++) first.stall(stall({ t: i }))
    first.oom(oom())
    second.oom(oom())
    second.stall(stall())
    first.finish(summary({ counters: { pgfault: 1 } }))
    second.finish(summary({ counters: { pgfault: 2 } }))
    store.deleteRun(1)
    store.close()
    for (const table of ['stall', 'oom_event', 'run_counter', 'run_clock', 'run']) {
      expect([table, value(path, `select count(*) from ${table}`)]).toEqual([table, 1])
    }
    expect(value(path, 'select count(*) from oom_candidate')).toBe(3)
    expect(value(path, 'select id from run')).toBe(2)
  })

  it('refuses a run that does not exist or is being written', () => {
    const store = openStore(freshPath())
    const run = store.beginRun(START)
    expect(() => store.deleteRun(7)).toThrow(
      expect.objectContaining({ code: 'TM_STORE', message: expect.stringMatching(/has no run 7/) }),
    )
    expect(() => store.deleteRun(run.id)).toThrow(/run 1 is being written by this process/)
    run.finish(summary())
    store.deleteRun(run.id)
    store.close()
  })
})

describe('close', () => {
  it('leaves a run without an end as interrupted, with the rows it has', () => {
    const path = freshPath()
    const store = openStore(path)
    const run = store.beginRun(START)
    run.stall(stall())
    store.close()
    expect(() => run.stall(stall())).toThrow(/run 1 is interrupted/)
    expect(value(path, 'select status from run')).toBe('interrupted')
    expect(value(path, 'select count(*) from stall')).toBe(1)
  })
})
