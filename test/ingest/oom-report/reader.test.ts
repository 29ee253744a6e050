import { writeFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type OomReport, parseOomReports, readOomReports } from '../../../src/ingest/oom-report/index.js'
import { FIXTURES, fixture, fixtureText, reportLines } from './fixtures.js'

const kills = (reports: OomReport[]) => reports.map((r) => [r.chosen?.pid, ...r.killed.map((k) => k.pid)])
const SPEC = {
  tasks: [
    { pid: 20, rss: 9000 },
    { pid: 30, rss: 40 },
  ],
  chosen: 20,
  score: 90,
}

async function all(path: string, stdin?: AsyncIterable<Uint8Array>): Promise<OomReport[]> {
  const out: OomReport[] = []
  for await (const r of readOomReports(path, stdin)) out.push(r)
  return out
}

describe('a log', () => {
  it('gives all parts of a report', () => {
    const [r, ...more] = fixture('el6-2.6.32.log')
    expect(more).toEqual([])
    expect({ ...r, table: r.table?.tasks.length, memory: r.memory?.zones.length }).toMatchObject({
      lines: [1, 32],
      host: 'db-a',
      clock: 'Mar  3 04:05:06',
      kernel: '2.6.32-754.el6.x86_64',
      kernel_from: 'report',
      invoker: { name: 'httpd', pid: 2440, oom_score_adj: 0 },
      gfp: '0x201da',
      order: 0,
      cpuset: '/',
      mems_allowed: '0',
      constraint: 'NONE',
      chosen: { pid: 2301, name: 'mysqld' },
      score: 320,
      killed: [
        { pid: 2301, name: 'mysqld', total_vm_kb: 760000, anon_rss_kb: 244000, file_rss_kb: 800, shmem_rss_kb: null },
      ],
      table: 5,
      memory: 2,
      elided: false,
    })
    expect(r.memory).toMatchObject({ swap_total_kb: 262136, swap_free_kb: 0, pages_ram: 131056, pages_reserved: 5440 })
    expect(r.memory?.totals).toMatchObject({
      active_anon: 60100,
      free: 1270,
      slab_unreclaimable: 9000,
      pagetables: 2500,
    })
  })

  it('tells the chosen task from the child that died, and daemons from the kernel', () => {
    const reports = fixture('deb10-4.19-sacrificed-child.log')
    expect(kills(reports)).toEqual([
      [700, 705],
      [700, 700],
    ])
    expect(reports[0].reaped).toEqual([{ pid: 705, name: 'sh', anon_rss_kb: 0 }])
    expect(reports[0].invoker?.name).toBe('git remote-http')
    expect(reports[0].table?.tasks.map((t) => t.name)).toContain('postgres: check')
    expect(reports[1].earlier).toEqual([{ pid: 705, name: 'sh' }])
  })

  it('reads a group kill, each process once', () => {
    const [r] = fixture('memcg-6.1-group.log.gz')
    expect(kills([r])).toEqual([[5103, 5103, 5101]])
    expect(r).toMatchObject({
      group: '/kubepods.slice/pod1.scope',
      constraint: 'MEMCG',
      memcg: { path: '/kubepods.slice/pod1.scope', memory: { limit_kb: 262144 }, swap: { limit_kb: 0 } },
      task_memcg: '/kubepods.slice/pod1.scope/c1',
    })
  })

  it('joins what a mail program wrapped', () => {
    const [r] = fixture('mail-6.9-wrapped.txt')
    expect(r.table?.tasks.map((t) => [t.pid, t.name, t.oom_score_adj])).toEqual([
      [751, 'systemd-journal', -250],
      [900, '084', 0],
      [33365, 'cc1plus', 0],
      [33366, 'clangd', 200],
    ])
    expect(r).toMatchObject({ kernel: '6.9.0-rc3+', order: 0, constraint: 'NONE', elided: false })
    expect(r.memory?.zones[0]).toMatchObject({ min_kb: 99080, high_kb: 162840, managed_kb: 3325888 })
    expect(r.killed[0]).toMatchObject({ pid: 33365, anon_rss_kb: 1596000, file_rss_kb: 4000 })
  })

  it('joins what a terminal broke inside of a word', () => {
    const text = reportLines(SPEC)
      .join('\n')
      .replace('oom_score_adj=0', 'oom_score_ad\nj=0')
      .replace('oom_score_adj name', 'oom_score_\nadj name')
    expect(parseOomReports(text)[0]).toMatchObject({ invoker: { oom_score_adj: 0 }, chosen: { pid: 20 } })
    expect(parseOomReports(text)[0].table?.tasks).toHaveLength(2)
  })

  it('reads a panic without victim, and the kernel from the boot line', () => {
    expect(fixture('panic-5.15-kmsg.log')).toMatchObject([
      {
        no_victim: true,
        panic: 'System is deadlocked on memory',
        chosen: null,
        killed: [],
        kernel: '5.15.0-91-generic',
        kernel_from: 'log',
      },
    ])
  })

  it('takes each kill of a filtered log for a report', () => {
    expect(kills(fixture('only-kills.log'))).toEqual([
      [10, 10],
      [11, 11],
    ])
  })

  it('keeps the reports of two hosts apart', () => {
    const reports = fixture('two-hosts-interleaved.log')
    expect(reports.map((r) => [r.host, r.chosen?.name, r.table?.tasks.map((t) => t.name).join()])).toEqual([
      ['east', 'alpha', 'alpha,crond'],
      ['west', 'beta', 'beta,crond'],
    ])
  })

  it('keeps reports apart that printk marked with their callers', () => {
    const a = reportLines(SPEC).map((l) => `[1.000000][ T7] ${l}`)
    const b = reportLines({ ...SPEC, chosen: 30 }).map((l) => `[1.000000][ T8] ${l}`)
    expect(kills(parseOomReports(a.flatMap((l, i) => [l, b[i]]).join('\n')))).toEqual([
      [20, 20],
      [30, 30],
    ])
  })

  it('gives a late kill to the report that chose it', () => {
    const first = reportLines(SPEC)
    const second = reportLines({ ...SPEC, chosen: 30 })
    const late = first.pop()!
    expect(kills(parseOomReports([...first, ...second.slice(0, 9), late, ...second.slice(9)].join('\n')))).toEqual([
      [20, 20],
      [30, 30],
    ])
  })

  it.each(['[...]', '(...snipped...)'])('knows that lines were cut out: %s', (mark) => {
    const lines = reportLines(SPEC)
    lines.splice(8, 0, mark)
    expect(parseOomReports(lines.join('\n'))[0].elided).toBe(true)
  })

  it('reads a table that lost its header', () => {
    const lines = reportLines(SPEC).filter((l) => !l.startsWith('[ pid ]'))
    expect(parseOomReports(lines.join('\n'))[0].table).toMatchObject({
      header: false,
      tasks: [{ pid: 20, rss: 9000 }, { pid: 30 }],
    })
  })

  it('skips other lines between the rows, and counts damaged rows', () => {
    const lines = reportLines(SPEC)
    lines.splice(
      8,
      0,
      '[1.000000] eth0: link up',
      '[1.000000] [   44]     0    44    53756      863   8   ',
      '[1.000000] UFW BLOCK: x',
    )
    expect(parseOomReports(lines.join('\n'))[0].table).toMatchObject({ broken: 1, tasks: { length: 2 } })
  })

  it('is not misled by a page allocation failure', () => {
    expect(fixture('no-oom.log')).toEqual([])
  })

  it.each([
    ['blank lines', (t: string) => t.replaceAll('\n', '\n\n')],
    ['CRLF', (t: string) => t.replaceAll('\n', '\r\n')],
    ['quoting', (t: string) => t.replace(/^/gm, '> > ')],
    ['indentation', (t: string) => t.replace(/^/gm, '      ')],
    ['NUL bytes', (t: string) => `\0\0\0${t.replaceAll(', ', '\0, ')}`],
  ])('reads through %s', (_name, change) => {
    const text = reportLines(SPEC).join('\n')
    const strip = (reports: OomReport[]) =>
      reports.map((r) => ({ ...r, lines: null, table: r.table?.tasks.map((t) => t.pid) }))
    expect(strip(parseOomReports(change(text)))).toEqual(strip(parseOomReports(text)))
  })

  it('reads line feeds that a syslog daemon escaped', () => {
    const text = reportLines(SPEC)
      .map((l) => `Jan  5 15:19:27 h kernel: ${l}`)
      .join('\n')
    const escaped = text.replace('active_anon:10 ', 'free:77 free_pcp:0#012 active_anon:10 ')
    expect(parseOomReports(escaped)[0].memory?.totals).toMatchObject({ free: 77, active_anon: 10 })
  })
})

describe('an input', () => {
  let dir = ''
  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'oom-'))
  })
  afterAll(() => rm(dir, { recursive: true }))

  const file = (name: string, bytes: Uint8Array | string): string => {
    writeFileSync(join(dir, name), bytes)
    return join(dir, name)
  }

  it('may be gzip, UTF-16, a pipe', async () => {
    expect(await all(`${FIXTURES}memcg-6.1-group.log.gz`)).toHaveLength(1)
    const text = fixtureText('el6-2.6.32.log')
    expect(await all(file('utf16.log', Buffer.from(`\ufeff${text}`, 'utf16le')))).toHaveLength(1)
    const stdin = (async function* () {
      for (let i = 0; i < text.length; i += 100) yield Buffer.from(text.slice(i, i + 100))
    })()
    const piped = await all('-', stdin)
    expect(piped).toMatchObject([{ file: '-', chosen: { pid: 2301 }, table: { tasks: { length: 5 } } }])
  })

  it('gives the reports before the damage of a cut gzip, and then says so', async () => {
    const many = Array.from({ length: 400 }, (_, i) => fixtureText('el6-2.6.32.log').replaceAll('2301', `${3000 + i}`))
    const zip = gzipSync(many.join(''))
    const path = file('cut.gz', zip.subarray(0, zip.length - 200))
    const got: OomReport[] = []
    const reading = (async () => {
      for await (const r of readOomReports(path)) got.push(r)
    })()
    await expect(reading).rejects.toThrow(/gzip data ends early/)
    expect(got.length).toBeGreaterThan(100)
  })

  it.each([
    ['xz', 'fd377a585a000000', /is xz/],
    ['zst', '28b52ffd00000000', /is zstd/],
    ['journal', '4c504b5348485248', /binary systemd journal/],
  ])('is refused with the command that converts it: %s', async (name, hex, message) => {
    const path = file(name, Buffer.from(hex, 'hex'))
    await expect(all(path)).rejects.toThrow(message)
    await expect(all(path)).rejects.toMatchObject({ exitCode: 3, hint: expect.stringContaining('| tidemark oom -') })
  })

  it.each([
    ['missing', () => join(dir, 'missing'), /no such file/],
    ['a directory', () => dir, /directory/],
    ['empty', () => file('empty', ''), /empty/],
  ])('that is %s is an input error', async (_name, path, message) => {
    await expect(all(path())).rejects.toThrow(message)
  })

  it('may have a line of 100 MB', async () => {
    const chunk = Buffer.alloc(1 << 20, 'x')
    const stdin = (async function* () {
      yield Buffer.from('Out of memory: Killed process 1234 (x) total-vm:1kB\n')
      for (let i = 0; i < 100; i++) yield chunk
      yield Buffer.from('\nOut of memory: Killed process 1235 (y) total-vm:1kB\n')
    })()
    const before = process.memoryUsage().rss
    expect(kills(await all('-', stdin))).toEqual([
      [1234, 1234],
      [1235, 1235],
    ])
    expect(process.memoryUsage().rss - before).toBeLessThan(200e6)
  })

  it('may have ten thousand reports: they are handed out as they come', async () => {
    const lines = `${reportLines(SPEC).join('\n')}\n`
    const stdin = (async function* () {
      for (let i = 0; i < 10_000; i++) yield Buffer.from(lines)
    })()
    let count = 0
    for await (const r of readOomReports('-', stdin)) {
      expect(r.lines[0]).toBe(count * 12 + 1)
      count++
    }
    expect(count).toBe(10_000)
  })
})
