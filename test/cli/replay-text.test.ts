import { describe, expect, it } from 'vitest'
import type { ReplayResult } from '../../src/cli/replay-result.js'
import { formatNext, formatReplay } from '../../src/cli/replay-text.js'
import { ms, number, seconds, shellWord, visible, wrapped } from '../../src/cli/text.js'

const QUIET: ReplayResult = {
  run: 3,
  trace: 'trace.ndjson',
  format: 'allocation-ndjson',
  machine: '--memory 1G',
  kernel: '6.1',
  changed: {},
  events: 12,
  page_events: 3400,
  duration_s: 2.5,
  reclaim: {
    scanned: 0,
    reclaimed: 0,
    efficiency_pct: null,
    kswapd_pct: null,
    direct_pct: null,
    kswapd_cycles: 0,
    refaults_anon: 0,
    refaults_file: 0,
    swapped_in: 0,
    swapped_out: 0,
  },
  faults: { minor: 3400, major: 0 },
  stalls: { count: 0, total_us: 0, longest_us: 0, processes: [] },
  psi: { some_us: 0, full_us: 0 },
  oom_kills: 0,
  victims: [],
  refused_mmaps: 0,
  warnings: [],
}

describe('the summary of a run', () => {
  it('says which part of the pages was replayed, and how far that may be off', () => {
    const text = formatReplay({ ...QUIET, sample: { rate: '1/16', seed: 3, error_pct: 2.6 } })
    expect(text.replace(/\s+/g, ' ')).toContain(
      'sampled 1/16 of the pages (seed 3), counters scaled back: within about 3 % of a replay of all pages',
    )
    expect(formatReplay(QUIET)).not.toContain('sampled')
  })

  it('is short where nothing happened', () => {
    expect(formatReplay(QUIET)).toBe(`run 3  trace.ndjson  (allocation-ndjson)
  machine     --memory 1G, rules of Linux 6.1
  replayed    12 events, 3,400 page accesses, 2.5 s simulated
  faults      3,400 minor, 0 major
  reclaim     none: free memory stayed above the low watermarks
  stalls      none
  OOM         nobody was killed
`)
  })

  it('tells who reclaimed, who waited and who was killed', () => {
    const text = formatReplay({
      ...QUIET,
      changed: { 'vm.swappiness': '10' },
      reclaim: {
        ...QUIET.reclaim,
        scanned: 4000,
        reclaimed: 3000,
        efficiency_pct: 75,
        kswapd_pct: 90,
        direct_pct: 10,
        refaults_file: 120,
      },
      stalls: { count: 2, total_us: 1500, longest_us: 1200, processes: [{ comm: 'db', total_us: 1500 }] },
      oom_kills: 3,
      victims: [{ t: 1.25, comm: 'hog\u001b[2J', pid: 7, cgroup: '/web' }],
      refused_mmaps: 1,
      warnings: ['beware'],
    })
    expect(text).toContain('changed     vm.swappiness=10')
    expect(text).toContain('3,000 of 4,000 scanned pages reclaimed (75.0 %): kswapd 90.0 %, direct 10.0 %')
    expect(text).toContain('120 refaults (anon 0, file 120)')
    expect(text).toContain('2 taking 1.50 ms, the longest 1.20 ms (db 1.50 ms)')
    expect(text).toContain('killed hog\\x1b[2J (pid 7) at 1.3 s by the limit of /web and 2 more')
    expect(text).toContain('warning     beware')
  })

  it('proposes questions that have an answer', () => {
    expect(formatNext([QUIET], 'tidemark.db', '')).not.toContain('stalls')
    expect(formatNext([QUIET], 'tidemark.db', '')).not.toContain('--db')
    const oom = { ...QUIET, oom_kills: 1 }
    expect(formatNext([oom], 'a b.db', "'a b.db'")).toContain("tidemark query oom --db 'a b.db'")
    expect(formatNext([QUIET, QUIET], 'tidemark.db', '')).toContain('query compare')
  })
})

describe('texts', () => {
  it('write numbers for people', () => {
    expect([0, 999, 1000, 1234567].map(number)).toEqual(['0', '999', '1,000', '1,234,567'])
    expect([0.1234, 12.34].map(seconds)).toEqual(['0.123 s', '12.3 s'])
    expect([12, 1500, 25_000, 12_500_000].map(ms)).toEqual(['0.01 ms', '1.50 ms', '25.0 ms', '12.5 s'])
  })

  it('break lines under their label', () => {
    const lines = wrapped('label', Array(40).fill('word').join(' '))
    expect(lines.length).toBeGreaterThan(1)
    expect(lines[0]).toMatch(/^ {2}label {7}word/)
    for (const line of lines.slice(1)) expect(line).toMatch(/^ {14}word/)
    for (const line of lines) expect(line.length).toBeLessThanOrEqual(100)
  })

  it('do not let foreign names steer the terminal or the shell', () => {
    expect(visible('a\u001b[31mb\n')).toBe('a\\x1b[31mb\\x0a')
    expect(shellWord('plain/file.db')).toBe('plain/file.db')
    expect(shellWord("it's")).toBe("'it'\\''s'")
  })
})
