import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  judgeOomReport,
  type OomReport,
  type OomVerdict,
  parseOomReports,
  toOomRecords,
} from '../../../src/ingest/oom-report/index.js'
import { kernelRule } from '../../../src/ingest/oom-report/verdict/kernel-rule.js'
import { nodeList } from '../../../src/ingest/oom-report/verdict/totalpages.js'
import { fixture, judged, type ReportSpec, reportLines } from './fixtures.js'

const verdicts = (name: string): OomVerdict[] => fixture(name).map(judgeOomReport)
const computed = (v: OomVerdict) => v.computed && [v.computed.pid, v.computed.name, v.computed.points]

describe('the rule', () => {
  it.each([
    ['2.6.32-754.el6.x86_64', 'thousandths', 'first', true],
    ['2.6.36-45', 'thousandths', 'first', true],
    ['3.3.0-rc5', 'thousandths', 'first', true],
    ['3.8.13-118.el6uek', 'pages', 'first', true],
    ['3.10.0-1160.el7.x86_64', 'pages', 'first', true],
    ['4.18.0-553.el8_10.x86_64', 'pages', 'first', true],
    ['5.2.0', 'pages', 'first', false],
    ['5.4.0-86-generic', 'pages', 'last', false],
    ['6.12.0', 'pages', 'last', false],
  ])('of %s', (kernel, unit, ties, sacrificesChild) => {
    expect(kernelRule({ kernel, table: null } as OomReport)).toMatchObject({
      unit,
      ties,
      sacrificesChild,
      inferred: false,
    })
  })

  it('has the root bonus of its release', () => {
    const bonus = (kernel: string) => kernelRule({ kernel, table: null } as OomReport).badness.rootBonus
    expect(['3.12.9', '3.16.0-4', '3.10.0-1.el7', '4.16.1', '4.17.0', '6.1.0'].map(bonus)).toEqual([
      'adj-30',
      'own-3%',
      'own-3%',
      'own-3%',
      'none',
      'none',
    ])
  })

  it('is inferred from the columns of the table where no kernel is named', () => {
    const v = judgeOomReport(
      parseOomReports(
        reportLines({ tasks: [{ pid: 9, rss: 10 }], chosen: 9, score: 1 })
          .filter((l) => !l.startsWith('CPU:'))
          .join('\n'),
      )[0],
    )
    expect(v.rule).toMatchObject({ name: '3.13 to 4.16, RHEL 7', inferred: true })
  })
})

describe('a verdict', () => {
  it('ranks in thousandths for RHEL 6', () => {
    const [v] = verdicts('el6-2.6.32.log')
    expect(computed(v)).toEqual([2301, 'mysqld', 320])
    expect(v).toMatchObject({ agrees: true, complete: true, totalpages: { pages: 191150 } })
    expect(v.candidates.map((c) => [c.pid, c.points])).toEqual([
      [2301, 320],
      [2440, 47],
      [2441, 47],
      [1190, 1],
      [411, null],
    ])
  })

  it('follows to the parent when a child was sacrificed', () => {
    const [v] = verdicts('deb10-4.19-sacrificed-child.log')
    expect(computed(v)).toEqual([700, 'npm run build x', 21110])
    expect(v.agrees).toBe(true)
    expect(v.explanation).toContain('sh (705) was killed in its place: before 5.1 a child')
    expect(v.candidates.find((c) => c.pid === 1)).toMatchObject({ eligible: false, reason: 'init' })
  })

  it('weighs oom_score_adj by the limit of the cgroup', () => {
    const [v] = verdicts('memcg-6.1-group.log.gz')
    expect(v.totalpages).toEqual({ pages: 65536, from: 'limit + swap allowed', exact: true })
    expect(computed(v)).toEqual([5103, 'worker', 50000 + 125 + 980 * 65])
    expect(v.explanation).toContain('memory.oom.group took the whole of /kubepods.slice/pod1.scope')
    expect(v.candidates.find((c) => c.name === 'pause')?.points).toBe(1 + 7 - 998 * 65)
  })

  it('counts page tables in pages of the machine', () => {
    const [v] = verdicts('ppc64le-6.12-64k-pages.log')
    expect(v).toMatchObject({ page_kb: 64, agrees: true, totalpages: { pages: 32768 - 1024 + 2048 } })
    expect(v.candidates.map((c) => c.points)).toEqual([14000 + 50 + 10 + 300 * 33, 20000 + 100 + 10])
  })

  it('takes the last of equal tasks from 5.3 and the first before', () => {
    const tasks = [5, 6, 7].map((pid) => ({ pid, rss: 500 }))
    const at = (kernel: string) => judged({ kernel, columns: 'pgtables_bytes', tasks, chosen: 6 }).computed?.pid
    expect([at('5.2.1'), at('5.4.0'), at('6.6.0')]).toEqual([5, 7, 7])
    const [numa] = verdicts('numa-5.7-mempolicy-dmesg-T.log')
    expect(numa).toMatchObject({ agrees: true, totalpages: { pages: 2097152 / 4 + 25600 } })
    expect(numa.explanation).toContain('as much as bench (900), and stands last in the list')
  })

  it('says that a tie is decided by the list where the table gives another of the tied', () => {
    const v = judged({
      kernel: '5.2.1',
      columns: 'pgtables_bytes',
      tasks: [
        { pid: 5, rss: 500 },
        { pid: 6, rss: 500 },
      ],
      chosen: 6,
    })
    expect(v).toMatchObject({ agrees: true, computed: { pid: 6 }, explanation: expect.stringContaining('a tie') })
  })

  it('drops the root bonus when the printed score has none, as in a container', () => {
    const tasks = [
      { pid: 5, uid: 0, rss: 50_000 },
      { pid: 6, uid: 0, rss: 10 },
    ]
    expect(judged({ tasks, chosen: 5, score: 485 })).toMatchObject({ root_bonus: true, computed: { points: 48_500 } })
    expect(judged({ tasks, chosen: 5, score: 500 })).toMatchObject({ root_bonus: false, computed: { points: 50_000 } })
  })

  it('doubts the root bonus before it doubts the kernel', () => {
    const v = judged({
      tasks: [
        { pid: 5, uid: 0, rss: 50_000 },
        { pid: 6, rss: 49_000 },
      ],
      chosen: 5,
    })
    expect(v).toMatchObject({ agrees: true, root_bonus: false, explanation: expect.stringContaining('CAP_SYS_ADMIN') })
    const mixed = judged({
      tasks: [
        { pid: 5, uid: 0, rss: 50_000 },
        { pid: 6, uid: 0, rss: 50_900 },
      ],
      chosen: 5,
    })
    expect(mixed).toMatchObject({ agrees: true, root_bonus: true })
  })

  it('leaves out what an earlier report killed', () => {
    const spec: ReportSpec = {
      kernel: '5.15.0',
      columns: 'pgtables_bytes',
      tasks: [
        { pid: 5, rss: 900 },
        { pid: 6, rss: 100 },
      ],
      chosen: 5,
    }
    const log = [...reportLines(spec), ...reportLines({ ...spec, chosen: 6 })].join('\n')
    const [, second] = parseOomReports(log).map(judgeOomReport)
    expect(second).toMatchObject({
      agrees: true,
      computed: { pid: 6 },
      explanation: expect.stringContaining('an earlier report of this log killed: task5 (5)'),
    })
    expect(second.candidates.at(-1)).toMatchObject({ pid: 5, reason: 'already reaped' })
  })

  it('knows a thread of the process that died', () => {
    const lines = reportLines({ tasks: [{ pid: 5, rss: 900, name: 'java' }], chosen: 5, score: 9 })
    const text = lines.join('\n').replace('Kill process 5 ', 'Kill process 17 ')
    const v = judgeOomReport(parseOomReports(text)[0])
    expect(v.report.chosen?.pid).toBe(17)
    expect(v).toMatchObject({ agrees: true, explanation: expect.stringContaining('17 is a thread of java (5)') })
  })

  it('finds the memory size with which oom_score_adj explains the choice', () => {
    const tasks = [
      { pid: 5, rss: 400_000 },
      { pid: 6, rss: 40, adj: 1000 },
    ]
    const v = judged({ kernel: '4.5.0', tasks, chosen: 6, memory: ['(...snipped...)'] })
    expect(v.agrees).toBeNull()
    // 400000 − 40 pages over 1000 points of 400 pages each.
    expect(v.explanation).toContain('with 400000 pages or more')
    expect(judged({ kernel: '4.5.0', tasks, chosen: 6, ram: 400_000 }).agrees).toBe(true)
    expect(judged({ kernel: '4.5.0', tasks, chosen: 6, ram: 399_999 }).agrees).toBe(false)
  })

  it.each<[string, Partial<ReportSpec>, boolean | null, RegExp]>([
    ['the victim is not in the table', { chosen: 77 }, false, /does not list/],
    ['a small task was chosen', { chosen: 6 }, false, /passed over, which the table does not show/],
    ['sizes are nearly equal', { chosen: 8 }, false, /nearly equal/],
    ['an exempt task was chosen', { chosen: 7 }, false, /oom_score_adj -1000\), and yet/],
    ['the task that asked dies', { kind: 'Out of memory (oom_kill_allocating_task)', chosen: 6 }, null, /no selection/],
  ])('explains: %s', (_name, change, agrees, why) => {
    const tasks = [
      { pid: 5, rss: 9000 },
      { pid: 6, rss: 10 },
      { pid: 7, rss: 1, adj: -1000 },
      { pid: 8, rss: 8999 },
    ]
    const v = judged({ kernel: '5.15.0', columns: 'pgtables_bytes', tasks, chosen: 5, ...change })
    expect(v.agrees).toBe(agrees)
    expect(v.explanation).toMatch(why)
  })

  it('explains that nothing may be killed', () => {
    expect(verdicts('panic-5.15-kmsg.log')[0]).toMatchObject({
      agrees: true,
      computed: null,
      saved_by: null,
      explanation: expect.stringContaining('no task of the table may be killed'),
    })
    const lines = reportLines({ kernel: '5.15.0', tasks: [{ pid: 5, rss: 9 }], chosen: 5 })
    lines.splice(-1, 1, 'Out of memory and no killable processes...')
    expect(judgeOomReport(parseOomReports(lines.join('\n'))[0])).toMatchObject({
      agrees: false,
      explanation: expect.stringContaining('MMF_OOM_SKIP'),
    })
  })

  it('does not rate kernels whose badness a report does not show', () => {
    expect(judged({ kernel: '2.6.18-8.el5', tasks: [{ pid: 5, rss: 9 }], chosen: 5, score: 9 })).toMatchObject({
      rule: { unit: 'thousandths' },
    })
    const old = reportLines({ kernel: '2.6.24', tasks: [{ pid: 5, rss: 9 }], chosen: 5 }).join('\n')
    const text = old.replace('nr_ptes swapents oom_score_adj', 'cpu oom_adj').replace('9 0 0 0 task5', '9 0 0 task5')
    expect(judgeOomReport(parseOomReports(text)[0])).toMatchObject({
      agrees: null,
      rule: { unit: 'unknown' },
      candidates: [],
    })
  })
})

describe('what would have saved the victim', () => {
  const task = fc.record({
    rss: fc.integer({ min: 0, max: 60_000 }),
    swap: fc.integer({ min: 0, max: 9000 }),
    ptes: fc.integer({ min: 0, max: 300 }),
    uid: fc.constantFrom(0, 1000),
    adj: fc.constantFrom(0, 0, 0, -1000, -900, 100, 500, 999, 1000),
  })
  const kernels = fc.constantFrom('3.2.0', '3.10.0', '3.16.0', '4.19.0', '5.4.0', '6.1.0')

  it('is the smallest change of the victim’s oom_score_adj that makes another task die', () => {
    fc.assert(
      fc.property(
        fc.array(task, { minLength: 1, maxLength: 8 }),
        kernels,
        fc.integer({ min: 500, max: 500_000 }),
        (list, kernel, ram) => {
          const tasks = list.map((t, i) => ({ ...t, pid: i + 2 }))
          const spec = { kernel, tasks, ram, chosen: 0 }
          const victim = judged(spec).computed
          if (!victim) return
          const v = judged({ ...spec, chosen: victim.pid })
          const again = (adj: number) =>
            judged({ ...spec, tasks: tasks.map((t) => (t.pid === victim.pid ? { ...t, adj } : t)) }).computed
          if (!v.saved_by) {
            expect(again(-1000)).toBeNull()
            return
          }
          expect(v.saved_by.pid).toBe(victim.pid)
          expect(again(v.saved_by.oom_score_adj)?.pid).toBe(v.saved_by.then_victim.pid)
          expect(v.saved_by.then_victim.pid).not.toBe(victim.pid)
          expect(again(v.saved_by.oom_score_adj + 1)?.pid).toBe(victim.pid)
        },
      ),
      { numRuns: 300, seed: 4 },
    )
  })

  it('is nothing where no other task may be killed, or the choice does not follow', () => {
    expect(
      judged({
        tasks: [
          { pid: 5, rss: 9 },
          { pid: 6, adj: -1000 },
        ],
        chosen: 5,
      }).saved_by,
    ).toBeNull()
    expect(
      judged({
        tasks: [
          { pid: 5, rss: 9000 },
          { pid: 6, rss: 9 },
        ],
        chosen: 6,
      }).saved_by,
    ).toBeNull()
  })
})

describe('the causes', () => {
  const codes = (v: OomVerdict) => v.causes.map((c) => c.code)
  const request = (gfp: string, zones: string[]) =>
    judgeOomReport(
      parseOomReports(
        reportLines({ tasks: [{ pid: 5, rss: 9 }], chosen: 5, memory: ['Mem-Info:', ...zones] })
          .join('\n')
          .replace('0x201da, order=0', gfp),
      )[0],
    )
  const ZONES = [
    'Node 0 DMA32 free:900kB min:100kB low:120kB high:140kB',
    'lowmem_reserve[]: 0 0 250 250 250',
    'Node 0 Normal free:500kB min:400kB low:500kB high:600kB free_cma:150kB',
    'lowmem_reserve[]: 0 0 0 0 0',
  ]

  it('are the limit, the zones, swap and the request', () => {
    expect(codes(verdicts('memcg-6.1-group.log.gz')[0])).toEqual(['memcg-limit', 'memcg-no-swap'])
    expect(codes(verdicts('el6-2.6.32.log')[0])).toEqual(['zones-below-min', 'swap-full', 'anon', 'file-low'])
    expect(codes(verdicts('numa-5.7-mempolicy-dmesg-T.log')[0])).toEqual([
      'mempolicy',
      'zones-below-min',
      'swap-full',
      'anon',
    ])
  })

  it('weigh what a zone keeps from the request, and CMA', () => {
    // Movable requests may take CMA; 900 kB of DMA32 do not exceed 100 kB and the reserve of 250 pages.
    expect(request('0x201da, order=0', ZONES).zones.map((z) => [z.below, z.usable, z.reserve_kb])).toEqual([
      ['min', true, 1000],
      ['low', true, 0],
    ])
    expect(request('0xcc0(GFP_KERNEL), order=0', ZONES).zones.map((z) => z.below)).toEqual(['min', 'min'])
    expect(request('0x4, order=0', ZONES).zones.map((z) => [z.below, z.usable])).toEqual([
      [null, true],
      ['min', false],
    ])
  })

  it('name fragmentation', () => {
    const v = request('0x201da, order=3', [...ZONES, 'Node 0 Normal: 9*4kB 5*8kB 2*16kB 1*32kB 1*64kB = 300kB'])
    expect(v.causes[0]).toEqual({
      code: 'fragmentation',
      text: 'order 3 asks for 32 kB in one piece; 2 free blocks are that large',
    })
  })

  it('name who holds the memory, tasks of one name together', () => {
    expect(verdicts('el6-2.6.32.log')[0].consumers.slice(0, 2)).toEqual([
      { name: 'mysqld', tasks: 1, pages: 61200, oom_score_adj: 0 },
      { name: 'httpd', tasks: 2, pages: 18100, oom_score_adj: 0 },
    ])
  })
})

describe('rows for the store', () => {
  it('are one a killed process, candidates with the first, in the order of the table', () => {
    const [first, second, ...more] = toOomRecords(verdicts('memcg-6.1-group.log.gz')[0])
    expect(more).toEqual([])
    expect(first).toMatchObject({
      file: 'memcg-6.1-group.log.gz',
      line: 1,
      t: null,
      kernel: '6.1.0-18-amd64',
      constraint: 'CONSTRAINT_MEMCG',
      cgroup: '/kubepods.slice/pod1.scope',
      invoker_pid: 5103,
      victim_pid: 5103,
      victim_points: 113_825,
      victim_rss: 50_000,
      totalpages: 65_536,
      group_kill: false,
      computed_pid: 5103,
      agrees: true,
    })
    expect(first.candidates.map((c) => c.pid)).toEqual([5100, 5101, 5103, 5104])
    expect(second).toMatchObject({ victim_pid: 5101, group_kill: true, candidates: [] })
  })

  it('say null where the log says nothing', () => {
    expect(toOomRecords(verdicts('only-kills.log')[0])).toMatchObject([
      { kernel: '', victim_pid: 10, victim_rss: 2000, victim_points: null, totalpages: null, free: null, agrees: null },
    ])
    expect(toOomRecords(verdicts('panic-5.15-kmsg.log')[0])).toMatchObject([{ victim_pid: null, victim_comm: null }])
    expect(toOomRecords(verdicts('el6-2.6.32.log')[0])[0].candidates[0]).toMatchObject({ swap: null, pgtables: null })
  })
})

it('reads lists of nodes', () => {
  expect(nodeList('0-2,4')).toEqual(new Set([0, 1, 2, 4]))
  expect(nodeList('(null)')).toBeNull()
  expect(nodeList('7-3,x')).toEqual(new Set())
})
