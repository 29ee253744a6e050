import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import ts from 'typescript'
import { afterAll, describe, expect, it } from 'vitest'
import { repository, Workshop } from './cli.js'

const shop = new Workshop()
afterAll(() => shop.remove())

const manifest = JSON.parse(readFileSync(join(repository, 'package.json'), 'utf8'))

/** What the README promises of the library, used with its types. */
const CONSUMER = `
import {
  EventBatch, InputError, loadMachine, machineFromTrace, namedQuery, openInput, openReader, openStore, Replay, replayTrace,
  resolveMachine, rowObjects, runNamedQuery, TidemarkError,
  type AllocationTrace, type ReplaySink, type ReplaySummary, type ResolvedMachine, type Value,
} from 'tidemark'

export async function replay(path: string, db: string): Promise<Record<string, Value>[]> {
  const input = await openInput(path)
  if (input.kind !== 'allocation') throw new Error(input.meta.format)
  const machine: ResolvedMachine = resolveMachine({ options: { memory: '64M' }, set: { 'vm.swappiness': '10' } })
  const store = openStore(db)
  const run = store.beginRun({
    trace: path, format: input.format, machine: machine.source, kernel: machine.profile, settings: machine.settings,
    seed: 0, version: '1',
  })
  const sink: ReplaySink = run
  const trace: AllocationTrace = input
  const summary: ReplaySummary = await replayTrace(trace, { config: machine.config, files: machine.files, sink, sampleSeconds: 1 })
  run.finish(summary)
  store.close()
  const reader = openReader(db)
  try {
    return rowObjects(runNamedQuery(reader, namedQuery('summary')))
  } finally {
    reader.close()
  }
}

export const api = [EventBatch, InputError, loadMachine, machineFromTrace, Replay, TidemarkError]
`

const TRACE = `{"trace":"allocation/1"}
{"t":0,"op":"spawn","pid":1,"comm":"one"}
{"t":0.1,"op":"mmap","pid":1,"region":"heap","kind":"anon","pages":64}
{"t":0.2,"op":"touch","pid":1,"region":"heap","start":0,"count":64,"write":true}
`

/** A file in the project's build folder, from where the package can be imported by its own name. */
function inProject(name: string, content: string): { path: string; remove: () => void } {
  const path = join(repository, 'dist', name)
  writeFileSync(path, content)
  return { path, remove: () => rmSync(path) }
}

describe('the package', () => {
  const packed = JSON.parse(
    execFileSync('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], {
      cwd: repository,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }),
  )[0]
  const files: string[] = packed.files.map((f: { path: string }) => f.path)

  it('holds what it needs to run', () => {
    for (const file of ['package.json', 'README.md', 'LICENSE', 'dist/cli.js', 'dist/index.js', 'dist/index.d.ts']) {
      expect(files).toContain(file)
    }
    expect(files.filter((f) => /^queries\/.*\.sql$/.test(f)).length).toBeGreaterThan(10)
  })

  it('holds nothing else', () => {
    const expected = /^(dist\/[\w.-]+\.(js|d\.ts)|queries\/[\w-]+\.sql|traces\/.+|[A-Z]+(\.md)?|package\.json)$/
    expect(files.filter((f) => !expected.test(f))).toEqual([])
    expect(packed.unpackedSize).toBeLessThan(5_000_000)
  })

  it('names files that exist, and the Node it needs', () => {
    const named = [...Object.values(manifest.bin), ...Object.values(manifest.exports['.']), manifest.types] as string[]
    for (const file of named) expect(existsSync(join(repository, file))).toBe(true)
    expect(manifest.engines.node).toBe('>=20')
    expect(readFileSync(join(repository, manifest.bin.tidemark), 'utf8')).toMatch(/^#!\/usr\/bin\/env node\n/)
  })

  it('is pinned without naming a registry', () => {
    const lock = JSON.parse(readFileSync(join(repository, 'package-lock.json'), 'utf8'))
    const resolved = Object.entries<{ resolved?: string }>(lock.packages).filter(([, p]) => p.resolved !== undefined)
    expect(resolved).toEqual([])
    for (const version of Object.values({ ...manifest.dependencies, ...manifest.devDependencies })) {
      expect(version).toMatch(/^\d+\.\d+\.\d+$/)
    }
  })
})

describe('the library', () => {
  it('has types for what it promises', () => {
    const { path, remove } = inProject('consumer-check.ts', CONSUMER)
    try {
      const program = ts.createProgram([path], {
        strict: true,
        noEmit: true,
        skipLibCheck: false,
        target: ts.ScriptTarget.ES2022,
        module: ts.ModuleKind.NodeNext,
        moduleResolution: ts.ModuleResolutionKind.NodeNext,
        types: ['node'],
      })
      const own = ts.getPreEmitDiagnostics(program).filter((d) => !d.file?.fileName.includes('node_modules'))
      expect(own.map((d) => ts.flattenDiagnosticMessageText(d.messageText, '\n'))).toEqual([])
    } finally {
      remove()
    }
  })

  it('replays and answers', async () => {
    writeFileSync(shop.path('trace.ndjson'), TRACE)
    const { outputText } = ts.transpileModule(CONSUMER, {
      compilerOptions: { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext },
    })
    const { path, remove } = inProject('consumer-run.mjs', outputText)
    try {
      const { replay } = await import(path)
      const rows = await replay(shop.path('trace.ndjson'), shop.path('lib.db'))
      expect(rows.find((r: { name: string }) => r.name === 'page accesses')).toMatchObject({ value: 64 })
    } finally {
      remove()
    }
  })
})
