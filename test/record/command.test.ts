import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import { afterAll, describe, expect, it } from 'vitest'
import { command, type Finished, finished, Workshop } from '../e2e/cli.js'
import { FakeHost } from './fake-host.js'

const shop = new Workshop()
const host = new FakeHost()
afterAll(() => {
  shop.remove()
  host.remove()
})

const LIVE = existsSync('/proc/vmstat')

interface Inspected {
  samples: number
  snapshots: number
  segments: number
  span_s: number
  meta: { kernel: string }
  issues: { code: string }[]
}

async function inspect(name: string): Promise<Inspected> {
  const { status, stdout, stderr } = await shop.run(['inspect', name, '--format', 'json'])
  if (status !== 0) throw new Error(stderr)
  return JSON.parse(stdout)
}

function text(name: string): string {
  const bytes = readFileSync(shop.path(name))
  return (name.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString()
}

/** Starts a recording and waits for some samples. */
async function running(name: string): Promise<{ child: ChildProcess; end: Promise<Finished> }> {
  const child = shop.start(['record', name, '--proc', host.folder, '--interval', '20ms'])
  const end = finished(child)
  for (;;) {
    await new Promise((resolve) => setTimeout(resolve, 30))
    if (child.exitCode !== null) throw new Error((await end).stderr)
    if (existsSync(shop.path(name)) && readFileSync(shop.path(name)).length > 0 && text(name).split('\n').length > 6)
      return { child, end }
  }
}

describe('tidemark record', () => {
  it.skipIf(!LIVE)('records this host for a second, to be inspected and replayed', async () => {
    const { status, stdout } = await shop.run(['record', 'live.ndjson.gz', '--interval', '200ms', '--duration', '1s'])
    expect(status).toBe(0)
    expect(stdout).toMatch(
      /^recording \S+ every 0\.2 s for 1 s to live\.ndjson\.gz\n\d+ samples in \d\.\d s, [\d,]+ bytes, [\d,]+ us a sample; next: tidemark replay live\.ndjson\.gz\n$/,
    )
    const { span_s, samples, meta, issues } = await inspect('live.ndjson.gz')
    expect(span_s).toBeGreaterThanOrEqual(0.99)
    expect(samples).toBeGreaterThanOrEqual(1)
    expect(meta.kernel).toMatch(/^\d+\.\d+/)
    expect(issues.filter(({ code }) => code !== 'late-samples')).toEqual([])
    const watermarks = await shop.run(['watermarks', '--machine', 'live.ndjson.gz'])
    expect(watermarks.stdout).toContain('live.ndjson.gz')
  })

  it('brings the machine into the replay', async () => {
    const recorded = await shop.run([
      'record',
      'r.ndjson',
      '--proc',
      host.folder,
      '--interval',
      '50ms',
      '--duration',
      '300ms',
    ])
    expect(recorded.stderr).toBe('')
    const { status, stderr } = await shop.run(['replay', 'r.ndjson', '--db', 'r.db'])
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
    const rows = await shop.query(
      'r.db',
      "select value from run_setting where run_id = :run and name = 'vm.swappiness'",
    )
    expect(rows).toEqual([{ value: 35 }])
  })

  it('names the file after the host and the time', async () => {
    const { status } = await shop.run(['record', '--proc', host.folder, '--duration', '20ms', '--interval', '10ms'])
    expect(status).toBe(0)
    const names = readdirSync(shop.folder).filter((name) => /^tidemark-web1-\d{8}T\d{6}Z\.ndjson\.gz$/.test(name))
    expect(names).toHaveLength(1)
    expect((await inspect(names[0])).snapshots).toBeGreaterThanOrEqual(2)
  })

  it.each([
    [['record', '--interval', '0'], 2, 'expected a time such as 500ms, 1s, 10m, 2h or 1d, 0.01 s to 1 d.'],
    [['record', '--duration', '5 parsecs'], 2, 'expected a time such as'],
    [['record', '-'], 2, 'record writes to a file'],
    [['record', 'x.ndjson', '--proc', '/nowhere'], 3, '/nowhere/vmstat: cannot be read'],
    [['record', 'none/x.ndjson', '--duration', '1s'], 4, 'error TM_OUTPUT: none/x.ndjson: no such folder'],
  ])('%j ends with status %i', async (args, status, message) => {
    const proc = args.includes('--proc') ? [] : ['--proc', host.folder]
    const result = await shop.run([...args, ...proc])
    expect(result.stderr).toContain(message)
    expect(result.status).toBe(status)
    expect(result.stdout).toBe('')
  })
})

describe('a recording that is stopped', () => {
  it.each([
    ['SIGINT', 'a.ndjson'],
    ['SIGINT', 'b.ndjson.gz'],
    ['SIGTERM', 'c.ndjson.gz'],
    ['SIGHUP', 'd.ndjson'],
  ] as const)('by %s is whole: %s', async (signal, name) => {
    const { child, end } = await running(name)
    child.kill(signal)
    const { status, stdout, stderr } = await end
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
    const lines = text(name).split('\n')
    expect(lines.pop()).toBe('')
    expect(stdout).toContain(`\n${lines.length - 1} samples in `)
    expect(await inspect(name)).toMatchObject({ snapshots: lines.length - 1, segments: 1 })
  })

  it.each(['e.ndjson', 'f.ndjson.gz'])('by SIGKILL loses a line at most: %s', async (name) => {
    const { child, end } = await running(name)
    const before = text(name).split('\n').length - 2
    child.kill('SIGKILL')
    expect((await end).status).toBe('SIGKILL')
    expect((await inspect(name)).snapshots).toBeGreaterThanOrEqual(before)
    const more = await shop.run([
      'record',
      name,
      '--append',
      '--proc',
      host.folder,
      '--interval',
      '10ms',
      '--duration',
      '50ms',
    ])
    expect({ status: more.status, stderr: more.stderr }).toEqual({ status: 0, stderr: '' })
    expect((await inspect(name)).issues.map(({ code }) => code)).toContain('recorder-stopped')
  })

  // A limit on the size of files stands for a disk that runs full in the middle of a line.
  it.each(['g.ndjson', 'h.ndjson.gz'])('by a full disk keeps what was sampled: %s', async (name) => {
    const script = 'trap "" XFSZ; ulimit -f 12; exec "$@"'
    const args = [command, 'record', name, '--proc', host.folder, '--interval', '10ms']
    const child = spawn('sh', ['-c', script, 'sh', process.execPath, ...args], { cwd: shop.folder, stdio: 'pipe' })
    const { status, stderr } = await finished(child)
    expect(stderr).toBe(
      `error TM_OUTPUT: ${name}: the file may not grow any further\n  hint: Everything sampled before is in the file.\n`,
    )
    expect(status).toBe(4)
    expect(text(name).endsWith('}\n')).toBe(true)
    const { issues, snapshots } = await inspect(name)
    expect(issues.map(({ code }) => code).filter((code) => code !== 'late-samples')).toEqual([])
    expect(snapshots).toBeGreaterThan(2)
  })
})
