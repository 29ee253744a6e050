import { spawnSync } from 'node:child_process'
import { copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import { afterAll, describe, expect, it } from 'vitest'
import { command, recording, Workshop } from './cli.js'

const shop = new Workshop()
afterAll(() => shop.remove())

const OOM = recording('h-oom-swap')
const OOM_MACHINE = recording('h-oom-swap', 'machine.json')

const HEADER = '{"trace":"allocation/1","page_size":4096}'
const SMALL = [
  HEADER,
  '{"t":0,"op":"spawn","pid":1,"comm":"small"}',
  '{"t":0.1,"op":"mmap","pid":1,"region":"heap","kind":"anon","pages":100}',
  '{"t":0.2,"op":"touch","pid":1,"region":"heap","start":0,"count":100,"write":true}',
  '{"t":0.5,"op":"exit","pid":1}',
  '',
].join('\n')

async function swappiness(db: string): Promise<unknown> {
  const rows = await shop.query(db, "select value from run_setting where run_id = :run and name = 'vm.swappiness'")
  return rows[0]?.value
}

describe('replay', () => {
  it('stores a run in tidemark.db and says what happened', async () => {
    const { status, stdout, stderr } = await shop.run(['replay', OOM, '--machine', OOM_MACHINE])
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
    expect(stdout).toContain('run 1')
    expect(stdout).toMatch(/OOM +killed alpha \(pid 10\)/)
    expect(stdout).toContain('stored in tidemark.db')
    expect(await shop.query('tidemark.db', 'select id, status, format from run')).toEqual([
      { id: 1, status: 'complete', format: 'allocation-ndjson' },
    ])
  })

  it('kills whom the recorded kernel killed', async () => {
    const { victims } = JSON.parse(readFileSync(recording('h-oom-swap', 'oom.json'), 'utf8'))
    const rows = await shop.query('tidemark.db', 'select victim_comm as comm, victim_pid as pid from oom_event')
    expect(rows).toEqual(victims.map((v: { comm: string; trace_pid: number }) => ({ comm: v.comm, pid: v.trace_pid })))
  })

  it('prints one object for programs', async () => {
    const { status, stdout } = await shop.run([
      'replay',
      OOM,
      '--machine',
      OOM_MACHINE,
      '--db',
      'j.db',
      '--format',
      'json',
    ])
    expect(status).toBe(0)
    const { db, runs } = JSON.parse(stdout)
    expect(db).toBe('j.db')
    expect(runs).toHaveLength(1)
    expect(runs[0]).toMatchObject({ run: 1, oom_kills: 1, refused_mmaps: 0, kernel: '6.1' })
    const counters = await shop.query('j.db', "select value from run_counter where name = 'pgsteal_kswapd'")
    expect(runs[0].reclaim.kswapd_pct).toBeCloseTo((100 * Number(counters[0].value)) / runs[0].reclaim.reclaimed, 0)
  })

  it('takes the settings of --set over those of the machine, and names them', async () => {
    const args = ['replay', OOM, '--machine', OOM_MACHINE, '--db', 'set.db']
    await shop.run(args)
    expect(await swappiness('set.db')).toBe(60)
    const { stdout } = await shop.run([...args, '--set', 'vm.swappiness=5', '--set', 'vm.overcommit_memory=1'])
    expect(stdout).toContain('vm.swappiness=5, vm.overcommit_memory=1')
    expect(await swappiness('set.db')).toBe(5)
    expect(await shop.query('set.db', 'select id, settings from run')).toEqual([
      { id: 1, settings: '' },
      { id: 2, settings: 'vm.overcommit_memory=1 vm.swappiness=5' },
    ])
  })

  it("takes --machine over the header's machine, and the header's over --memory", async () => {
    const machine = '"machine":{"memory_mb":64,"swap_mb":8,"sysctl":{"vm.swappiness":33}}'
    writeFileSync(shop.path('header.ndjson'), SMALL.replace('4096}', `4096,${machine}}`))
    await shop.run(['replay', 'header.ndjson', '--db', 'p.db'])
    expect(await swappiness('p.db')).toBe(33)
    await shop.run(['replay', 'header.ndjson', '--machine', OOM_MACHINE, '--db', 'p.db'])
    expect(await swappiness('p.db')).toBe(60)
    const { status, stdout } = await shop.run(['replay', 'header.ndjson', '--memory', '1G', '--db', 'p.db'])
    expect(status).toBe(0)
    expect(stdout).toContain('--memory 1G has no effect')
    await shop.run(['replay', 'header.ndjson', '--set', 'vm.swappiness=1', '--db', 'p.db'])
    expect(await swappiness('p.db')).toBe(1)
  })

  it('takes a folder that holds a machine.json', async () => {
    const folder = shop.path('machine')
    mkdirSync(folder)
    copyFileSync(OOM_MACHINE, `${folder}/machine.json`)
    expect((await shop.run(['replay', OOM, '--machine', 'machine', '--db', 'folder.db'])).status).toBe(0)
  })

  it('replays on a machine of options alone', async () => {
    writeFileSync(shop.path('small.ndjson'), SMALL)
    const { status, stdout } = await shop.run(
      'replay small.ndjson --memory 4G --swap 1G --nodes 2 --cpus 4 --db o.db'.split(' '),
    )
    expect(status).toBe(0)
    expect(stdout).toContain('--memory 4G')
    const zones = await shop.query('o.db', 'select distinct node from zone_interval order by node')
    expect(zones).toEqual([{ node: 0 }, { node: 1 }])
  })

  it('reads standard input, plain and gzip, and calls it what it is told', async () => {
    const machine = ['--memory', '256M', '--db', 'stdin.db']
    const plain = await shop.run(['replay', '-', ...machine], { input: SMALL })
    expect(plain.status).toBe(0)
    const packed = await shop.run(['replay', '-', '--name', 'nightly', '--machine', OOM_MACHINE, '--db', 'stdin.db'], {
      input: readFileSync(OOM),
    })
    expect(packed.status).toBe(0)
    expect(await shop.query('stdin.db', 'select trace, events from run')).toMatchObject([
      { trace: '-', events: 4 },
      { trace: 'nightly' },
    ])
  })

  it('counts the same from a file, from standard input, gzip or not', async () => {
    writeFileSync(shop.path('unpacked.ndjson'), gunzipSync(readFileSync(OOM)))
    for (const [trace, input] of [[OOM], ['unpacked.ndjson'], ['-', readFileSync(OOM)]] as const) {
      await shop.run(['replay', trace, '--machine', OOM_MACHINE, '--db', 'same.db'], { input })
    }
    const differing = await shop.query(
      'same.db',
      'select name from run_counter group by name having count(distinct value) > 1 or count(*) <> 3',
    )
    expect(differing).toEqual([])
  })

  it('makes a run of each trace', async () => {
    const traces = [OOM, recording('p-sar-mixed')]
    const { status, stdout } = await shop.run(['replay', ...traces, '--machine', OOM_MACHINE, '--db', 'two.db'])
    expect(status).toBe(0)
    expect(stdout).toContain('run 2')
    expect(await shop.query('two.db', 'select trace from run order by id')).toEqual(traces.map((trace) => ({ trace })))
  })

  it('samples as often as it is asked to', async () => {
    const args = ['replay', OOM, '--machine', OOM_MACHINE, '--db', 'sample.db', '--settle', '1', '--sample-interval']
    await shop.run([...args, '0'])
    await shop.run([...args, '2'])
    const rows = await shop.query(
      'sample.db',
      'select run_id, count(*) as n, max(t) as last from interval group by run_id',
    )
    expect(rows).toMatchObject([{ run_id: 2 }])
    expect(rows[0].n).toBe(Math.ceil(Number(rows[0].last) / 2))
  })

  it.each(['h-oom-swap', 'p-sar-mixed', 'w-db.base', 'w-web.base'])('holds the conservation laws: %s', async (name) => {
    const { status, stderr } = await shop.run([
      'replay',
      recording(name),
      '--machine',
      recording(name, 'machine.json'),
      '--check',
      '--db',
      'check.db',
    ])
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
  })

  it('takes a file without a stated size for as long as its largest access', async () => {
    const trace = (files: string): string =>
      [
        `{"trace":"allocation/1","machine":{"memory_mb":128${files}}}`,
        '{"t":0,"op":"spawn","pid":1,"comm":"reader"}',
        '{"t":0.1,"op":"read","pid":1,"file":"data","start":0,"count":10,"readahead":true}',
        '{"t":0.5,"op":"read","pid":1,"file":"data","pages":[4999],"readahead":true}',
        '',
      ].join('\n')
    writeFileSync(shop.path('stated.ndjson'), trace(',"files":{"data":5000}'))
    writeFileSync(shop.path('unstated.ndjson'), trace(''))
    await shop.run(['replay', 'stated.ndjson', '--db', 'sizes.db'])
    await shop.run(['replay', 'unstated.ndjson', '--db', 'sizes.db'])
    const piped = await shop.run(['replay', '-', '--db', 'sizes.db'], { input: trace('') })
    expect(piped.stdout).toMatch(/warning +no size is stated for the file "data"/)
    const read = await shop.query<{ value: number }>(
      'sizes.db',
      "select value from run_counter where name = 'pgpgin' order by run_id",
    )
    expect(read[0].value).toBeGreaterThan(0)
    expect(read[1]).toEqual(read[0])
    expect(read[2].value).toBeLessThan(read[0].value)
  })

  it('says that the trace undoes a setting', async () => {
    const line = '{"t":0.3,"op":"sysctl","set":{"vm.swappiness":90}}\n{"t":0.5,"op":"exit"'
    writeFileSync(shop.path('sysctl.ndjson'), SMALL.replace('{"t":0.5,"op":"exit"', line))
    const args = ['replay', 'sysctl.ndjson', '--memory', '256M', '--db', 'sysctl.db']
    const { stdout } = await shop.run([...args, '--set', 'vm.swappiness=10'])
    expect(stdout.replace(/\s+/g, ' ')).toContain('from then on --set vm.swappiness has no effect')
    expect((await shop.run(args)).stdout).not.toContain('warning')
  })
})

describe('query', () => {
  it('prints an empty array where nothing matches', async () => {
    const { status, stdout } = await shop.run([
      ...['query', '--db', 'tidemark.db', '--format', 'json'],
      'select * from stall where run_id = 99',
    ])
    expect({ status, stdout }).toEqual({ status: 0, stdout: '[]\n' })
  })

  it('answers every named query with its own columns', async () => {
    const queries = await shop.query<{ name: string; parameters: string }>('tidemark.db')
    expect(queries.length).toBeGreaterThan(10)
    for (const { name, parameters } of queries) {
      const needed = parameters.split(' ').filter((p) => p !== '' && !p.includes('='))
      const args = needed.flatMap((p) => ['--param', `${p}=1`])
      const { status, stdout } = await shop.run(['query', name, ...args, '--format', 'csv'])
      expect({ name, status }).toEqual({ name, status: 0 })
      expect(stdout).not.toBe('')
    }
  })

  it('looks at the run it is told to, in every format', async () => {
    for (const format of ['table', 'json', 'ndjson', 'csv', 'markdown']) {
      const { status, stdout } = await shop.run([
        'query',
        'settings',
        '--run',
        '1',
        '--db',
        'set.db',
        '--format',
        format,
      ])
      expect(status).toBe(0)
      expect(stdout).toContain('vm.swappiness')
      expect(stdout).toContain('60')
    }
  })

  it('binds parameters of SQL', async () => {
    const rows = await shop.query('set.db', 'select id from run where id >= :low order by id', '--param', 'low=2')
    expect(rows).toEqual([{ id: 2 }])
  })

  it('never makes a database', async () => {
    for (const args of [['query', 'summary'], ['runs'], ['runs', '--delete', '1']]) {
      const { status, stdout, stderr } = await shop.run([...args, '--db', 'missing.db'])
      expect({ status, stdout }).toEqual({ status: 4, stdout: '' })
      expect(stderr).toContain('there is no database at missing.db')
    }
    expect(existsSync(shop.path('missing.db'))).toBe(false)
  })

  it('refuses what writes, and SQL that is none', async () => {
    for (const sql of ['delete from run', 'selec 1 from run', 'select nothing from run']) {
      const { status, stderr } = await shop.run(['query', sql])
      expect(status).toBe(4)
      expect(stderr).toContain('error TM_QUERY')
    }
  })

  it('ends quietly when its reader goes away', () => {
    const sql = 'with recursive n(i) as (select 1 union all select i + 1 from n where i < 2000000) select i from n'
    const script = `"$NODE" "$CLI" query --db tidemark.db --format csv "$SQL" | head -n 1; exit "\${PIPESTATUS[0]}"`
    const { status, stdout, stderr } = spawnSync('bash', ['-c', script], {
      cwd: shop.folder,
      env: { ...process.env, NODE: process.execPath, CLI: command, SQL: sql },
      encoding: 'utf8',
    })
    expect({ status, stdout, stderr }).toEqual({ status: 0, stdout: 'i\n', stderr: '' })
  })
})

describe('runs', () => {
  it('lists runs and deletes one', async () => {
    const before = JSON.parse((await shop.run(['runs', '--db', 'two.db', '--format', 'json'])).stdout)
    expect(before.map((r: { id: number }) => r.id)).toEqual([1, 2])
    expect((await shop.run(['runs', '--db', 'two.db', '--delete', '1'])).status).toBe(0)
    expect(await shop.query('two.db', 'select id from run')).toEqual([{ id: 2 }])
    expect(await shop.query('two.db', 'select count(*) as n from interval where run_id = 1')).toEqual([{ n: 0 }])
    expect((await shop.run(['runs', '--db', 'two.db', '--delete', '1'])).status).toBe(4)
  })
})
