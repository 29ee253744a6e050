import { describe, expect, it } from 'vitest'
import { headerIsOpen, parseCpu, parseHeader } from '../../../src/ingest/oom-report/header-lines.js'
import { isElision } from '../../../src/ingest/oom-report/logical-lines.js'
import { emptyMemory, readMemInfo } from '../../../src/ingest/oom-report/mem-info.js'
import { emptyMemcg, readMemcgInfo } from '../../../src/ingest/oom-report/memcg-info.js'
import { fromOomAdj, guessColumns, tableHeader, tableRow } from '../../../src/ingest/oom-report/task-table.js'
import { parseKilled, parseReaped, parseSelection, parseSummary } from '../../../src/ingest/oom-report/verdict-lines.js'

describe('the first line', () => {
  it.each([
    ['a invoked oom-killer: gfp_mask=0x201da, order=0, oom_adj=0, oom_score_adj=7', 'a', '0x201da', 0, 7],
    ['npm install moc invoked oom-killer: gfp_mask=0xd0, order=1, oom_score_adj=0', 'npm install moc', '0xd0', 1, 0],
    [
      'runc:[2:INIT] invoked oom-killer: order=2, oom_score_adj=-9, gfp_mask=0x1(GFP_DMA)',
      'runc:[2:INIT]',
      '0x1(GFP_DMA)',
      2,
      -9,
    ],
    [
      '(sd-pam) invoked oom-killer: gfp_mask=0x0(), nodemask=(null),  order=-1, oom_score_adj=0',
      '(sd-pam)',
      '0x0()',
      -1,
      0,
    ],
  ])('%s', (text, name, gfp, order, adj) => {
    expect(parseHeader(text)).toMatchObject({ name, gfp, order, oom_score_adj: adj })
    expect(headerIsOpen(text)).toBe(false)
  })

  it('is open while a part is missing', () => {
    expect(headerIsOpen('dd invoked')).toBe(true)
    expect(headerIsOpen('dd invoked oom-killer:')).toBe(true)
    expect(headerIsOpen('dd invoked oom-killer: gfp_mask=0xd0, order=0, oom_adj=0,')).toBe(true)
  })

  it.each([
    ['CPU: 0 PID: 30520 Comm: yum-cron Not tainted 3.10.0-514.6.1.el7.x86_64 #1', 30520, '3.10.0-514.6.1.el7.x86_64'],
    [
      'CPU: 1 UID: 0 PID: 7 Comm: a b Kdump: loaded Tainted: G S    OE      6.12.0-211.el10 #1 VOLUNTARY',
      7,
      '6.12.0-211.el10',
    ],
    ['CPU: 0 PID: 7 Comm: x Tainted: P  OE  ------------ T 3.10.0-957.el7.x86_64 #1', 7, '3.10.0-957.el7.x86_64'],
    ['Pid: 23212, comm: php-fpm Not tainted 2.6.32-642.el6.x86_64 #1', 23212, '2.6.32-642.el6.x86_64'],
    ['CPU: 7 Not tainted 2.6.36-45.x.20101028-s390xdefault #1', null, '2.6.36-45.x.20101028-s390xdefault'],
  ])('%s', (text, pid, release) => {
    expect(parseCpu(text)).toEqual({ pid, release })
  })
})

describe('the task table', () => {
  it('reads its columns from its header', () => {
    expect(tableHeader('[ pid ]   uid  tgid total_vm      rss cpu oom_adj oom_score_adj name')).toHaveLength(8)
    expect(tableHeader('[  pid  ]   uid  tgid total_vm      rss rss_anon')).toBeNull()
  })

  it('reads rows by column, also those that vendors add', () => {
    const columns = ['uid', 'tgid', 'ppid', 'total_vm', 'rss', 'nr_ptes', 'state', 'swapents', 'oom_score_adj', 'name']
    expect(tableRow('[  42] 4294967295 41 1 900 800 3 S 5 -250 kworker/0:1 [x]', columns, 9)).toEqual({
      pid: 42,
      tgid: 41,
      uid: 4294967295,
      name: 'kworker/0:1 [x]',
      total_vm: 900,
      rss: 800,
      pgtable_pages: 3,
      pgtable_bytes: null,
      swapents: 5,
      oom_score_adj: -250,
      line: 9,
    })
    expect(tableRow('[  42] 0 41 1 900 800 3 S 5', columns, 9)).toBeNull()
  })

  it('adds the levels of page tables', () => {
    const columns = 'uid tgid total_vm rss nr_ptes nr_pmds nr_puds swapents oom_score_adj name'.split(' ')
    expect(tableRow('[ 1] 0 1 10 9 100 20 3 0 0 084', columns, 1)).toMatchObject({ pgtable_pages: 123, name: '084' })
  })

  it('infers lost columns from the rows', () => {
    expect(guessColumns(['[ 1] 0 1 10 9 28672 0 0 a b', '[ 2] 0 2 10 9 4096 0 0 12'])).toContain('pgtables_bytes')
    expect(guessColumns(['[ 1] 0 1 10 9 7 0 0 a'])).toContain('nr_ptes')
    expect(guessColumns(['[ 1] 0 1 10 9 7 2 0 0 a'])).toContain('nr_pmds')
    expect(guessColumns(['[ 1] 0 1 10 9 5 4 0 7 2 0 0 a'])).toBeNull()
  })

  it('scales oom_adj as the kernel does', () => {
    expect([-17, 15, 0, -16].map(fromOomAdj)).toEqual([-1000, 1000, 0, -941])
  })
})

describe('verdicts', () => {
  it.each([
    ['Killed process 5 (x) total-vm:4kB, anon-rss:3kB, file-rss:1kB', 5, 'x', false],
    ['Killed process 5, UID 27, (mysqld) total-vm:4kB, anon-rss:3kB, file-rss:1kB', 5, 'mysqld', false],
    ['Killed process 5 (mysqld), UID 27, total-vm:4kB, anon-rss:3kB, file-rss:1kB', 5, 'mysqld', false],
    ['Killed process 5 (x) vsz:4kB, anon-rss:3kB, file-rss:1kB', 5, 'x', false],
    ['Out of memory: Killed process 5 ((sd-pam)) total-vm:4kB, anon-rss:3kB', 5, '(sd-pam)', true],
    ['Memory cgroup out of memory: Killed process 5 (a (b) c) total-vm:4kB, anon-rss:3kB', 5, 'a (b) c', true],
    ['Out of memory (oom_kill_allocating_task): Killed process 5 (x) total-vm:4kB, anon-rss:3kB', 5, 'x', true],
    ['Out of Memory: Killed process 5 (x).', 5, 'x', true],
  ])('%s', (text, pid, name, whole) => {
    expect(parseKilled(text)).toMatchObject({ pid, name, whole })
  })

  it.each([
    ['Out of memory: Kill process 9 (npm install moc) score 154 or sacrifice child', 9, 'npm install moc', 154],
    [
      'Memory cgroup out of memory: Kill process 9 (dd) [State: 0 Flags: 4202752] score 977 or sacrifice child',
      9,
      'dd',
      977,
    ],
    ['Out of memory: kill process 9 (x) score 4711 or a child', 9, 'x', 4711],
  ])('%s', (text, pid, name, score) => {
    expect(parseSelection(text)).toMatchObject({ pid, name, score })
    expect(parseKilled(text)).toBeNull()
  })

  it('reads a summary whose lists hold commas', () => {
    const text =
      'oom-kill:constraint=CONSTRAINT_CPUSET,nodemask=0-2,4,cpuset=a,b,mems_allowed=0,2-3,global_oom,task_memcg=/x,y,task=a,b c,pid=7,uid=0'
    expect(parseSummary(text)).toEqual({
      constraint: 'CPUSET',
      nodemask: '0-2,4',
      cpuset: 'a,b',
      mems_allowed: '0,2-3',
      oom_memcg: null,
      task_memcg: '/x,y',
      task: { pid: 7, name: 'a,b c' },
    })
  })

  it('reads both wordings of the reaper', () => {
    expect(parseReaped('oom_reaper: reaped process 7 (x), now anon-rss:12kB, file-rss:0kB')).toMatchObject({
      pid: 7,
      anon_rss_kb: 12,
    })
    expect(parseReaped('oom_reaper: reaped process :7 (a.out) anon-rss:0kB, file-rss:0kB, shmem-rss:0lB')?.pid).toBe(7)
  })
})

describe('memory information', () => {
  it('reads zones with and without node, and the page size', () => {
    const m = emptyMemory()
    readMemInfo(
      'DMA free:202296kB boost:0kB min:22528kB low:28160kB high:33792kB present:2097152kB managed:1916044kB free_cma:91480kB',
      m,
    )
    readMemInfo('lowmem_reserve[]: 0 12 12', m)
    readMemInfo('DMA: 10*64kB (U) 5*128kB (U) = 1280kB', m)
    readMemInfo('Node 3 Normal free:12kB min:34kB low:56kB high:78kB', m)
    expect(m.zones).toMatchObject([
      { node: 0, zone: 'DMA', free_kb: 202296, min_kb: 22528, free_cma_kb: 91480, reserve: [0, 12, 12] },
      { node: 3, zone: 'Normal', high_kb: 78, managed_kb: null },
    ])
    expect(m).toMatchObject({ page_kb: 64, free_blocks: [10, 5], nodes: [0, 3] })
  })

  it('takes totals in pages only, and the first of repeated values', () => {
    const m = emptyMemory()
    readMemInfo('active_file:7 inactive_file:8 isolated_file:0', m)
    readMemInfo('active_file:9 inactive_file:9 isolated_file:9', m)
    expect(readMemInfo('active_file:1848kB inactive_file:3660kB', m)).toBe(false)
    expect(m.totals).toEqual({ active_file: 7, inactive_file: 8, isolated_file: 0 })
  })

  it('knows every spelling of unlimited', () => {
    for (const kb of ['9007199254740988', '9007199254740991', '18014398509481983', '8589934588']) {
      const m = emptyMemcg()
      readMemcgInfo(`memory+swap: usage 4kB, limit ${kb}kB, failcnt 0`, m)
      expect(m.memsw).toEqual({ usage_kb: 4, limit_kb: null, failcnt: 0 })
    }
  })
})

describe('cut marks', () => {
  it.each(['[...]', '...', '…', '(...snipped...)', '<snip>', '[snip]', '--- snip ---', '*** 40 lines skipped ***'])(
    '%s',
    (text) => {
      expect(isElision(text)).toBe(true)
    },
  )

  it.each([
    '------------[ cut here ]------------',
    'and so on ...',
    'Call Trace:',
    '---[ end trace 0 ]---',
    '=== x ===',
  ])('not %s', (text) => {
    expect(isElision(text)).toBe(false)
  })
})
