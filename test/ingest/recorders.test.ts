import { describe, expect, it } from 'vitest'
import { failure, seriesOf } from './helpers.js'

describe('atop -P', () => {
  const block = (epoch: number, scans: number, stalls: number): string[] => {
    const at = `vm ${epoch} 2026/11/20 11:50:31 10 4096`
    return [
      `MEM ${at} 1000 400 300 20 60 5 40 0 0 0 0 0 0 0 0 0 0 0 0`,
      `SWP ${at} 500 450 0 0 0 0 0 0 0`,
      `PAG ${at} ${scans} ${stalls} 0 3 4 1 0 0 0 700 800`,
      'SEP',
    ]
  }

  it('drops the block since boot and takes counts and levels', async () => {
    const text = [
      'RESET',
      ...block(1795175431, 99_999, 9),
      ...block(1795175441, 64, 0),
      ...block(1795175451, 640, 5),
    ].join('\n')
    const series = await seriesOf(text)
    expect(series.t).toEqual([10, 20])
    expect(series.columns).toMatchObject({
      pgscan_kswapd: [64, Number.NaN],
      pgscan_direct: [0, Number.NaN],
      allocstall: [0, 5],
      pswpin: [3, 3],
      pswpout: [4, 4],
      oom_kill: [1, 1],
      pgpgin: [700, 700],
      mem_total: [1000, 1000],
      nr_free_pages: [400, 400],
      swap_used: [50, 50],
    })
    expect(series.issues.map((i) => i.code)).toEqual(['since-boot-row', 'scan-total-only'])
    expect(series.meta).toMatchObject({ host: 'vm', startEpoch: 1795175431 })
  })

  it('refuses what has no interval, and two hosts', async () => {
    expect((await failure(seriesOf(['RESET', ...block(1795175431, 1, 0)].join('\n')))).message).toBe(
      'input: atop output without an interval of MEM or PAG',
    )
    const two = [...block(1795175431, 1, 0), ...block(1795175441, 1, 0).map((l) => l.replace(' vm ', ' other '))].join(
      '\n',
    )
    expect((await failure(seriesOf(two))).message).toBe(
      'input:5: two hosts in one file (expected host vm, found "other")',
    )
  })
})

describe('nmon', () => {
  const head = [
    'AAA,progname,nmon',
    'AAA,host,linux',
    'AAA,OS,Linux,4.1.3-100.fc21.x86_64,#1 SMP',
    'AAA,cpus,4',
    'MEM,Memory MB linux,memtotal,swaptotal,memfree,swapfree,cached,buffers',
    'VM,Paging and Virtual Memory,nr_dirty,pgpgin,pgpgout,pswpin,pgfault,pgscan_kswapd_normal,pgscan_kswapd_dma,pgsteal_normal,pgscan_direct_normal',
  ]
  const snapshot = (n: number, scan: number): string[] => [
    `ZZZZ,T000${n},10:2${n}:26,18-AUG-2015`,
    `MEM,T000${n},100.0,50.0,10.0,40.0,20.0,1.0`,
    `VM,T000${n},44,160,340,-1,600,${scan},1,0,2`,
  ]

  it('takes counts of intervals and levels in MB, and drops columns that are dead', async () => {
    const series = await seriesOf(
      [...head, ...snapshot(1, 5), ...snapshot(2, 6), ...snapshot(3, 7), 'BBBP,000,x'].join('\n'),
    )
    expect(series.dt).toEqual([60, 60])
    expect(series.columns).toEqual({
      mem_total: [25_600, 25_600],
      nr_free_pages: [2560, 2560],
      cached: [5120, 5120],
      buffers: [256, 256],
      swap_total: [12_800, 12_800],
      swap_used: [2560, 2560],
      pgpgin: [160, 160],
      pgpgout: [340, 340],
      pgfault: [600, 600],
      pgscan_kswapd: [7, 8],
      pgscan_direct: [2, 2],
    })
    expect(series.issues.map((i) => i.code)).toEqual(['dead-columns'])
    expect(series.meta).toMatchObject({ host: 'linux', kernel: '4.1.3-100.fc21.x86_64', cpus: 4 })
  })

  it('refuses time going backwards and rows without a header', async () => {
    expect((await failure(seriesOf([...head, ...snapshot(3, 5), ...snapshot(2, 6)].join('\n')))).message).toBe(
      'input:10: time goes backwards (expected a time after the one before, found "10:22:26 18-AUG-2015")',
    )
    expect((await failure(seriesOf(['AAA,progname,nmon', ...snapshot(1, 5)].join('\n')))).message).toMatch(
      /^input:3: a MEM row before its header/,
    )
  })
})

describe('dstat CSV', () => {
  const head = [
    '"Dstat 0.7.2 CSV output"',
    '"Host:","box",,,,"User:","u"',
    '"Cmdline:","dstat -tmg",,,,"Date:","31 Dec 2015 23:59:50 CET"',
    '',
    '"system","memory usage",,,,"swap",,"paging",',
    '"time","used","buff","cach","free","used","free","in","out"',
  ]
  const row = (time: string, free: string): string => `${time},1.0,4096.0,8192.0,${free},40960.0,1.0,8192.0,4096.0`

  it('pairs names with their group, counts bytes into pages, and goes past New Year without a year', async () => {
    const series = await seriesOf(
      [...head, row('31-12 23:59:50', '1'), row('31-12 23:59:55', '4.096E+5'), row('01-01 00:00:00', '8.192e+05')].join(
        '\n',
      ),
    )
    expect(series.dt).toEqual([5, 5])
    expect(series.columns).toEqual({
      buffers: [1, 1],
      cached: [2, 2],
      nr_free_pages: [100, 200],
      swap_used: [10, 10],
      pswpin: [10, 10],
      pswpout: [5, 5],
    })
    expect(series.meta).toMatchObject({ host: 'box', startEpoch: Date.UTC(2015, 11, 31, 23, 59, 50) / 1000 })
  })

  it('refuses what has no memory in it', async () => {
    const text = [
      '"Dstat 0.7.2 CSV output"',
      '"system","procs",',
      '"time","run","blk"',
      '31-12 23:59:50,1,2',
      '31-12 23:59:51,1,2',
    ].join('\n')
    expect((await failure(seriesOf(text))).message).toBe('input: dstat CSV without columns of memory')
  })
})

describe('collectl -P', () => {
  it.each([' ', ','])('separated by %j', async (sep) => {
    const text = [
      '# Collectl:   V3.6.0-1  HiRes: 1  Options: -sm -i 3 -P',
      '# Host:       box  DaemonOpts:',
      '# SubSys:     m Options: mz Interval: 3 NumCPUs: 2  NumBud: 0 Flags: i',
      '# HZ:         100  Arch: x86_64 PageSize: 4096',
      '# Kernel:     3.5.0-23-generic  Memory: 1011932 kB  Swap: 1046524 kB',
      ['#Date', 'Time', '[MEM]Tot', '[MEM]Free', '[MEM]SwapIn', '[MEM]PageIn', '[MEM]PageFaults'].join(sep),
      ['20130731', '11:33:33.5', 4000, 400, 1, 2, 3].join(sep),
      ['20130731', '11:33:36.5', 4000, 800, 2, 4, 6].join(sep),
    ].join('\n')
    const series = await seriesOf(text)
    expect(series.dt).toEqual([3, 3])
    expect(series.columns).toEqual({
      mem_total: [1000, 1000],
      nr_free_pages: [100, 200],
      pswpin: [3, 6],
      pgpgin: [6, 12],
      pgfault: [9, 18],
    })
    expect(series.meta).toMatchObject({ host: 'box', kernel: '3.5.0-23-generic', cpus: 2 })
  })
})

describe('traces that are no record of intervals', () => {
  it.each([
    ['# tracer: nop\n#\n  dd-12 [001] .....  1848.7: mm_vmscan_kswapd_wake: nid=0\n', 'reclaim events of ftrace'],
    ['kdamond.0  4452 [000] 82820.95: damon:damon_aggregated: target_id=1 nr_regions=8 1-2: 0\n', 'records of DAMON'],
    [
      'dd 12 [001] 18.7: vmscan:mm_vmscan_kswapd_wake: nid=0\ndd 12 [001] 18.8: vmscan:mm_vmscan_kswapd_wake: nid=0\n',
      'events of perf script',
    ],
    ['version,time,op,size,lbn\n1,5633898,2a,512,42932745\n', 'a cache trace'],
  ])('are refused by name: %j', async (text, what) => {
    const error = await failure(seriesOf(text))
    expect(error.code).toBe('TM_INPUT_REFUSED')
    expect(error.message.slice(0, `input: ${what}`.length)).toBe(`input: ${what}`)
  })
})
