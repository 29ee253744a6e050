import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync, gzipSync } from 'node:zlib'
import { afterAll, beforeEach, describe, expect, it } from 'vitest'
import { convert } from '../../src/cli/convert.js'
import { type Interrupt, Interrupted } from '../../src/cli/interrupt.js'
import { OutputClosed } from '../../src/cli/terminal.js'
import { seriesOf } from '../ingest/helpers.js'
import { cli, FakeTerminal } from './terminal.js'

const root = mkdtempSync(join(tmpdir(), 'tidemark-convert-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(root, 'case-'))
})
const at = (name: string): string => join(folder, name)
const put = (name: string, content: string | Buffer): string => {
  writeFileSync(at(name), content)
  return at(name)
}

const watched = (checkpoint: Interrupt['checkpoint']): Interrupt =>
  ({ wait: (work) => work, checkpoint }) satisfies Partial<Interrupt> as unknown as Interrupt

const HEADER = '{"trace":"allocation/1","page_size":4096,"machine":{"memory_mb":64}}'
const EVENTS = [
  '{"t":0,"op":"spawn","pid":1,"comm":"web"}',
  '{"t":0.1,"op":"mmap","pid":1,"region":"heap","kind":"anon","pages":4096}',
  '{"t":0.2,"op":"touch","pid":1,"region":"heap","start":0,"count":128,"write":true}',
  '{"t":0.3,"op":"touch","pid":1,"region":"heap","pages":[5,9,1]}',
  '{"t":0.4,"op":"read","pid":1,"file":"data.db","start":0,"count":8,"readahead":true}',
]
const NDJSON = `${[HEADER, ...EVENTS].join('\n')}\n`

const SAR = [
  'Linux 5.4.0-42-generic (web1) \t07/14/20 \t_x86_64_\t(4 CPU)',
  '',
  '12:00:01     pgpgin/s pgpgout/s   fault/s  majflt/s  pgfree/s pgscank/s pgscand/s pgsteal/s    %vmeff',
  '12:10:01         1.00      2.00    100.00      0.50    200.00     10.00      0.00      5.00     50.00',
  '12:20:01         1.00      2.00    100.00      0.50    200.00     20.00      0.00     10.00     50.00',
  '',
].join('\n')

describe('an allocation trace', () => {
  it.each(['tmk', 'json', 'csv', 'jsonl', 'tmk.gz', 'csv.gz'])('goes to .%s and back', async (extension) => {
    const out = at(`trace.${extension}`)
    const there = await cli('convert', put('in.ndjson', NDJSON), out)
    expect(there).toMatchObject({ status: 0, out: '' })
    expect(there.notes).toMatch(/: 5 events as (tmk|json|csv|ndjson), [\d,]+ bytes$/)
    expect(await cli('convert', out, at('back.ndjson'))).toMatchObject({ status: 0 })
    expect(readFileSync(at('back.ndjson'), 'utf8')).toBe(NDJSON)
  })

  it('is compressed where the name says so', async () => {
    await cli('convert', put('in.ndjson', NDJSON), at('out.ndjson.gz'))
    expect(gunzipSync(readFileSync(at('out.ndjson.gz'))).toString()).toBe(NDJSON)
  })

  it('is read from gzip', async () => {
    await cli('convert', put('in.ndjson.gz', gzipSync(NDJSON)), at('out.csv'))
    expect(readFileSync(at('out.csv'), 'utf8').split('\n').slice(0, 6)).toEqual([
      `# ${HEADER}`,
      't,op,pid,region,file,start,count,pages,write,readahead,kind,advice,comm,oom_score_adj,cgroup,cpu,set',
      '0,spawn,1,,,,,,,,,,web,,,,',
      '0.1,mmap,1,heap,,,,4096,,,anon,,,,,,',
      '0.2,touch,1,heap,,0,128,,true,,,,,,,,',
      '0.3,touch,1,heap,,,,5 9 1,,,,,,,,,',
    ])
  })

  it('goes to standard output in the form that --to names', async () => {
    const { status, out } = await cli('convert', put('in.ndjson', NDJSON), '-', '--to', 'ndjson')
    expect({ status, out }).toEqual({ status: 0, out: NDJSON })
  })

  it('takes the form of --to over that of the name', async () => {
    await cli('convert', put('in.ndjson', NDJSON), at('out.txt'), '--to', 'json')
    expect(JSON.parse(readFileSync(at('out.txt'), 'utf8')).events).toHaveLength(5)
  })

  it('may replace what it was read from', async () => {
    const path = put('same.ndjson', NDJSON)
    expect(await cli('convert', path, path)).toMatchObject({ status: 0 })
    expect(readFileSync(path, 'utf8')).toBe(NDJSON)
  })
})

describe('a recording', () => {
  it.each(['ndjson', 'csv'])('becomes %s that says the same', async (form) => {
    await cli('convert', put('sar.txt', SAR), at(`out.${form}`))
    const before = await seriesOf(SAR)
    const after = await seriesOf(readFileSync(at(`out.${form}`)))
    expect(after.meta).toMatchObject({ ...before.meta, format: `series-${form}` })
    expect(after.t).toEqual([600, 1200])
    expect(after.dt).toEqual(before.dt)
    expect(after.segment).toEqual(before.segment)
    expect(after.columns).toEqual(before.columns)
    expect(after.issues).toEqual([])
  })

  it('is written by the names of the kernel, as counts', async () => {
    const { out } = await cli('convert', put('sar.txt', SAR), '-', '--to', 'ndjson')
    const [header, first] = out.split('\n').map((line) => (line === '' ? undefined : JSON.parse(line)))
    expect(header).toEqual({
      series: 'counters/1',
      host: 'web1',
      kernel: '5.4.0-42-generic',
      tool: 'sar',
      cpus: 4,
      start_epoch: Date.UTC(2020, 6, 14, 12, 0, 1) / 1000,
      recorded_as: 'sar-text',
    })
    expect(first).toMatchObject({ t: 600, dt: 600, segment: 0, pgpgin: 600, pgscan_kswapd: 6000, pgsteal: 3000 })
  })

  it('cannot become a trace', async () => {
    const { status, notes } = await cli('convert', put('sar.txt', SAR), at('out.tmk'))
    expect(status).toBe(2)
    expect(notes).toContain('a recording of counters (sar-text) cannot be written as tmk')
    expect(readdirSync(folder)).toEqual(['sar.txt'])
  })
})

describe('what fails leaves nothing behind', () => {
  const BROKEN = `${NDJSON}{"t":0.5,"op":"touch","pid":7,"region":"heap","start":0,"count":1}\n`

  it.each(['out.tmk', 'out.ndjson', 'out.csv.gz'])('broken input, to %s', async (name) => {
    const { status, notes } = await cli('convert', put('in.ndjson', BROKEN), at(name))
    expect(status).toBe(3)
    expect(notes).toContain('in.ndjson:7: touch: no such process')
    expect(readdirSync(folder)).toEqual(['in.ndjson'])
  })

  it('and what was there stays as it was', async () => {
    put('out.json', 'old')
    expect(await cli('convert', put('in.ndjson', BROKEN), at('out.json'))).toMatchObject({ status: 3 })
    expect(readFileSync(at('out.json'), 'utf8')).toBe('old')
    expect(readdirSync(folder).sort()).toEqual(['in.ndjson', 'out.json'])
  })

  it('an interruption', async () => {
    const interrupt = watched(async () => {
      expect(readdirSync(folder)).toHaveLength(2)
      throw new Interrupted('SIGINT')
    })
    const job = { input: put('in.ndjson', NDJSON), output: at('out.tmk'), options: {}, interrupt }
    await expect(convert({ ...job, terminal: new FakeTerminal() })).rejects.toThrow(Interrupted)
    expect(readdirSync(folder)).toEqual(['in.ndjson'])
  })

  it('a reader of standard output that goes away', async () => {
    const terminal = new FakeTerminal()
    terminal.write = () => Promise.reject(new OutputClosed())
    const interrupt = watched(async () => {})
    const job = { input: put('in.ndjson', NDJSON), output: '-', form: 'csv' as const, options: {}, interrupt, terminal }
    await expect(convert(job)).rejects.toThrow(OutputClosed)
  })
})

describe('usage', () => {
  it('a name that tells no form', async () => {
    const { status, notes } = await cli('convert', put('in.ndjson', NDJSON), at('out.dat'))
    expect(status).toBe(2)
    expect(notes).toContain('the name tells no form')
    expect(notes).toContain('--to tmk, --to ndjson, --to json, --to csv')
    expect(existsSync(at('out.dat'))).toBe(false)
  })

  it('standard output without --to', async () => {
    const { status, notes } = await cli('convert', put('in.ndjson', NDJSON), '-')
    expect({ status, notes: notes.split('\n')[0] }).toEqual({
      status: 2,
      notes: 'error TM_USAGE: what is written to standard output needs --to',
    })
  })

  it('a folder that is not there, or one in the place of the file', async () => {
    const input = put('in.ndjson', NDJSON)
    expect(await cli('convert', input, at('no/such/out.tmk'))).toMatchObject({
      status: 4,
      notes: expect.stringContaining('no such folder'),
    })
    expect(await cli('convert', input, folder, '--to', 'tmk')).toMatchObject({
      status: 4,
      notes: expect.stringContaining('this is a folder'),
    })
  })
})
