import type { ChildProcess } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { finished, recording, Workshop } from './cli.js'
import { events, write } from './trace-forms.js'

const shop = new Workshop()
afterAll(() => shop.remove())

const OOM = recording('h-oom-swap')
const args = ['replay', '-', '--machine', recording('h-oom-swap', 'machine.json')]

/** Rows wait in memory until there are many: this trace is long enough for some of them to be stored. */
let lines: string[]
beforeAll(() => {
  writeFileSync(shop.path('good.ndjson'), write('ndjson', events(10)))
  lines = gunzipSync(readFileSync(OOM)).toString().trimEnd().split('\n')
})

/** Starts a replay that has begun its run and waits for the rest of its trace. */
async function halfway(db: string): Promise<ChildProcess> {
  const child = shop.startOpen([...args, '--db', db])
  // The first batch is handed out when it is full.
  const head = lines.slice(0, 40)
  const last = JSON.parse(head[head.length - 1]).t as number
  for (let i = 0; i < 5000; i++) {
    head.push(JSON.stringify({ t: last + i / 1e6, op: 'read', pid: 1, file: 'lib', start: i % 4000, count: 1 }))
  }
  child.stdin!.write(`${head.join('\n')}\n`)
  for (;;) {
    await new Promise((resolve) => setTimeout(resolve, 30))
    const { status, stdout } = await shop.run(['runs', '--db', db, '--format', 'json'])
    if (status === 0 && JSON.parse(stdout).length > 0) return child
    if (child.exitCode !== null) throw new Error('the replay ended early')
  }
}

async function statuses(db: string): Promise<unknown[]> {
  return (await shop.query<{ status: string }>(db, 'select status from run order by id')).map((r) => r.status)
}

describe('a replay that is stopped', () => {
  it.each(['SIGINT', 'SIGTERM'] as const)('by %s leaves a run that says so', async (signal) => {
    const db = `${signal}.db`
    const child = await halfway(db)
    const end = finished(child)
    child.kill(signal)
    const { status, stdout, stderr } = await end
    expect({ status, stdout }).toEqual({ status: 130, stdout: '' })
    expect(stderr).toContain(`interrupted by ${signal}`)
    expect(await statuses(db)).toEqual(['interrupted'])
    expect((await shop.run(['replay', 'good.ndjson', '--db', db])).status).toBe(0)
    expect(await statuses(db)).toEqual(['interrupted', 'complete'])
  })

  it('by SIGKILL leaves a database that opens and says so', async () => {
    const child = await halfway('killed.db')
    const end = finished(child)
    child.kill('SIGKILL')
    expect((await end).status).toBe('SIGKILL')
    expect(await statuses('killed.db')).toEqual(['interrupted'])
    expect((await shop.run(['query', 'summary', '--db', 'killed.db'])).status).toBe(0)
    const next = await shop.run(['replay', 'good.ndjson', '--db', 'killed.db'])
    expect(next.status).toBe(0)
    expect(await shop.query('killed.db', 'pragma integrity_check')).toEqual([{ integrity_check: 'ok' }])
    expect(await shop.query('killed.db', 'select events from run where status = :s', '--param', 's=complete')).toEqual([
      { events: 12 },
    ])
  })
})
