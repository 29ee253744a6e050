import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { digestFiles } from '../../src/cli/digest.js'
import { makeEvents, ndjson } from '../trace/random-events.js'
import { rewritten } from '../trace/written.js'

const folder = mkdtempSync(join(tmpdir(), 'tidemark-digest-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const digestOf = (name: string, bytes: Uint8Array | string): Promise<string | undefined> => {
  const path = join(folder, name)
  writeFileSync(path, bytes)
  return digestFiles([path], async () => {})
}

describe('the digest of a trace', () => {
  const events = makeEvents(300, [0.12, 0.73, 0.34, 0.95, 0.56])
  const text = ndjson(events)

  it('is that of its content, whatever it is called', async () => {
    expect(await digestOf('a.ndjson', text)).toMatch(/^sha256:[0-9a-f]{64}$/)
    expect(await digestOf('b.ndjson', text)).toBe(await digestOf('a.ndjson', text))
    expect(await digestOf('b.ndjson', `${text}\n`)).not.toBe(await digestOf('a.ndjson', text))
  })

  it('tells .tmk files apart by any event', async () => {
    const tmk = await digestOf('a.tmk', await rewritten(text, 'tmk'))
    expect(tmk).toMatch(/^sha256:[0-9a-f]{64}$/)
    expect(await digestOf('b.tmk', await rewritten(text, 'tmk'))).toBe(tmk)
    const spawn = events.findIndex((event) => event.op === 'spawn')
    const renamed = events.with(spawn, { ...events[spawn], comm: 'other' })
    expect(await digestOf('c.tmk', await rewritten(ndjson(renamed), 'tmk'))).not.toBe(tmk)
    expect(await digestOf('d.tmk', await rewritten(ndjson(events.slice(0, -1)), 'tmk'))).not.toBe(tmk)
    expect(await digestOf('e.tmk', await rewritten(ndjson([]), 'tmk'))).not.toBe(tmk)
  })

  it('is not taken of what can be read only once', async () => {
    expect(await digestFiles(['-'], async () => {})).toBeUndefined()
  })
})
