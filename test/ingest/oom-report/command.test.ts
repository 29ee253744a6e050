import { writeFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type OomOptions, type OomResult, oomCommand } from '../../../src/cli/oom.js'
import type { OomVerdict } from '../../../src/ingest/oom-report/index.js'
import { FIXTURES, fixtureText } from './fixtures.js'

let dir = ''
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'oom-'))
})
afterAll(() => rm(dir, { recursive: true }))

async function run(paths: string[], options: Partial<OomOptions> = {}) {
  let out = ''
  const warnings: string[] = []
  const verdicts: OomVerdict[] = []
  let result: OomResult | null = null
  let error: { message: string; exitCode: number; hint?: string } | null = null
  try {
    result = await oomCommand(paths, {
      write: (text) => {
        out += text
      },
      warn: (text) => warnings.push(text),
      onVerdict: (v) => {
        verdicts.push(v)
      },
      ...options,
    })
  } catch (e) {
    error = e as { message: string; exitCode: number }
  }
  return { out, warnings, verdicts, result, error }
}

const path = (name: string) => FIXTURES + name

describe('tidemark oom', () => {
  it('prints what a reader wants to know first', async () => {
    const { out } = await run([path('deb10-4.19-sacrificed-child.log')])
    expect(out.replaceAll(FIXTURES, '').split('\n\n')[0]).toBe(
      [
        'deb10-4.19-sacrificed-child.log:2-37  2024-02-03T10:11:12.000100+01:00  ci7  Linux 4.19.0-20-amd64',
        '  asked      git remote-http (990) for 4 kB (order 0), gfp_mask 0x6200ca(GFP_HIGHUSER_MOVABLE),',
        '             CONSTRAINT_NONE',
        '  killed     sh (705): 40 points of 252724',
        '  follows    npm run build x (700) has the most points, 21110 = rss 21000 + page tables 110; next is postgres:',
        '             check (901) with 15197. sh (705) was killed in its place: before 5.1 a child of the chosen task',
        '             dies first',
        '  because    every zone that the request may use is below min: node 0 DMA32 44100 kB free, min 44348 kB; no',
        '             swap; anonymous memory and shmem: 783 MB, 77 % of RAM; page cache left to reclaim: 2.1 MB, 0 % of',
        '             RAM',
        '  holding    npm run build x 82.5 MB, postgres: check 59.4 MB, systemd 3.6 MB, systemd-udevd 864 kB, (sd-pam)',
        '             532 kB',
        '  saved by   oom_score_adj -24 (it was 0) for npm run build x; postgres: check (901) would have died',
      ].join('\n'),
    )
    expect(out).toMatch(/\n2 reports: 2 follow\n$/)
  })

  it('prints one JSON array over all files', async () => {
    const { out, result } = await run([path('el6-2.6.32.log'), path('no-oom.log'), path('only-kills.log')], {
      format: 'json',
    })
    const reports = JSON.parse(out)
    expect(result).toMatchObject({ reports: 3, follow: 1, differ: 0, open: 2, empty: [path('no-oom.log')] })
    expect(reports.map((r: { file: string }) => r.file.replace(FIXTURES, ''))).toEqual([
      'el6-2.6.32.log',
      'only-kills.log',
      'only-kills.log',
    ])
    expect(reports[0]).toMatchObject({
      kernel: '2.6.32-754.el6.x86_64',
      constraint: 'NONE',
      chosen: { pid: 2301, name: 'mysqld' },
      killed: [{ pid: 2301, name: 'mysqld' }],
      computed: { pid: 2301, name: 'mysqld', points: 320 },
      agrees: true,
      explanation: 'mysqld (2301) has the most points, 320; next is httpd (2440) with 47',
      saved_by: { pid: 2301, oom_score_adj: -274, then_victim: { pid: 2440, name: 'httpd' } },
      memory: { swap_free_kb: 0, zones: [{ zone: 'DMA' }, { zone: 'DMA32', below: 'min', usable: true }] },
    })
    expect(reports[0].candidates).toHaveLength(5)
    expect(reports[1]).toMatchObject({ computed: null, agrees: null, complete: false })
  })

  it('hands every verdict on', async () => {
    const { verdicts } = await run([path('memcg-6.1-group.log.gz'), path('el6-2.6.32.log')])
    expect(verdicts.map((v) => v.report.chosen?.pid)).toEqual([5103, 2301])
  })

  it('reads standard input', async () => {
    const stdin = (async function* () {
      yield gzipSync(fixtureText('el6-2.6.32.log'))
    })()
    expect((await run(['-'], { stdin })).out).toMatch(/^-:1-32 {2}Mar/)
  })

  it('fails with the input status when no file holds a report', async () => {
    const one = await run([path('no-oom.log')])
    expect(one).toMatchObject({
      out: '',
      error: { exitCode: 3, message: expect.stringContaining('no OOM report in this log') },
    })
    expect(one.error?.hint).toContain('journalctl')
    const two = await run([path('no-oom.log'), path('no-oom.log')], { format: 'json' })
    expect(two).toMatchObject({ out: '', error: { exitCode: 3, message: expect.stringContaining('in any of 2 logs') } })
  })

  it('says which of several files hold none, and is content with the others', async () => {
    const { error, warnings } = await run([path('no-oom.log'), path('el6-2.6.32.log')])
    expect(error).toBeNull()
    expect(warnings).toEqual([`${path('no-oom.log')}: no OOM report`])
  })

  it('goes on past a file that cannot be read, and fails in the end', async () => {
    const cut = join(dir, 'cut.gz')
    writeFileSync(cut, gzipSync(fixtureText('only-kills.log')).subarray(0, -9))
    const { out, error, warnings } = await run([cut, join(dir, 'missing'), path('el6-2.6.32.log')], { format: 'json' })
    expect(JSON.parse(out).at(-1)).toMatchObject({ chosen: { pid: 2301 } })
    expect(error).toMatchObject({ exitCode: 3, message: expect.stringContaining('no such file') })
    expect(warnings.join()).toContain('gzip data ends early')
  })

  it('wants a log', async () => {
    expect((await run([])).error).toMatchObject({ exitCode: 2 })
  })
})
