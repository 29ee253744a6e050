import { describe, expect, it } from 'vitest'
import { openStore } from '../../src/store/writer.js'
import type { OomLogRecord } from '../../src/trace/oom-log.js'
import { freshPath, oom, rows, START, summary, value } from './fixture.js'

function logOom(part: Partial<OomLogRecord> = {}): OomLogRecord {
  return {
    file: 'messages',
    line: 17,
    t: 4321.5,
    kernel: '5.4.0-42-generic',
    constraint: 'CONSTRAINT_MEMCG',
    cgroup: '/docker/web',
    invoker_pid: null,
    invoker_comm: 'php-fpm',
    gfp: '0xcc0(GFP_KERNEL)',
    order: 0,
    victim_pid: 77,
    victim_comm: 'php-fpm',
    victim_points: 600,
    victim_rss: 590,
    totalpages: 1000,
    group_kill: false,
    free: null,
    swap_free: null,
    computed_pid: 77,
    computed_comm: 'php-fpm',
    computed_points: 600,
    agrees: true,
    explanation: 'php-fpm (pid 77) has the highest score',
    candidates: [
      {
        pid: 77,
        comm: 'php-fpm',
        rss: 590,
        swap: null,
        pgtables: 10,
        oom_score_adj: 0,
        points: 600,
        eligible: true,
        reason: '',
      },
    ],
    ...part,
  }
}

describe('OOM kills of kernel logs', () => {
  it('stand in the same tables as those of replays', () => {
    const path = freshPath()
    const store = openStore(path)
    const run = store.beginRun(START)
    run.oom(oom())
    run.finish(summary())
    expect(store.storeLogOoms([logOom(), logOom({ t: null, line: 99, victim_pid: 78, agrees: null })])).toBe(2)
    store.close()
    expect(rows(path, 'select id, run_id, source, scope, victim_pid, gfp, agrees, line from oom_event')).toEqual([
      {
        id: 1,
        run_id: null,
        source: 'log',
        scope: 'memcg',
        victim_pid: 77,
        gfp: '0xcc0(GFP_KERNEL)',
        agrees: 1,
        line: 17,
      },
      {
        id: 2,
        run_id: null,
        source: 'log',
        scope: 'memcg',
        victim_pid: 78,
        gfp: '0xcc0(GFP_KERNEL)',
        agrees: null,
        line: 99,
      },
      {
        id: 10000001,
        run_id: 1,
        source: 'replay',
        scope: 'global',
        victim_pid: 2,
        gfp: null,
        agrees: null,
        line: null,
      },
    ])
    expect(rows(path, 'select event_id, swap, pgtables from oom_candidate where event_id < 3')).toEqual([
      { event_id: 1, swap: null, pgtables: 10 },
      { event_id: 2, swap: null, pgtables: 10 },
    ])
  })

  it('are stored once, however often their log is read', () => {
    const path = freshPath()
    const store = openStore(path)
    const reports = [logOom({ t: null }), logOom({ t: null, victim_pid: 78 })]
    expect(store.storeLogOoms(reports)).toBe(2)
    expect(store.storeLogOoms([...reports, logOom({ t: 5000 })])).toBe(1)
    store.close()
    expect(value(path, 'select count(*) from oom_event')).toBe(3)
    expect(value(path, 'select count(*) from oom_candidate')).toBe(3)
  })

  it('are stored all or not at all', () => {
    const path = freshPath()
    const store = openStore(path)
    const broken = logOom({ victim_pid: 79, kernel: undefined as unknown as string })
    expect(() => store.storeLogOoms([logOom(), broken])).toThrow()
    store.close()
    expect(value(path, 'select count(*) from oom_event')).toBe(0)
  })
})
