/** Runs the built command as a user does: in a process of its own, in a folder of its own. */

import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const repository = fileURLToPath(new URL('../..', import.meta.url))
/** The built command. */
export const command = join(repository, 'dist', 'cli.js')

if (!existsSync(command)) throw new Error('dist/cli.js is missing: run npm test, or npm run build first')

/** A recording of the project's `traces` folder. */
export function recording(name: string, file = 'trace.ndjson.gz'): string {
  return join(repository, 'traces', name, file)
}

export interface Finished {
  /** Exit status, or the signal that ended it. */
  status: number | string
  stdout: string
  stderr: string
}

export interface RunOptions {
  input?: string | Uint8Array
  env?: Record<string, string>
  /** Options of Node itself. */
  node?: string[]
}

/** A folder for one test file, in which the command is run. */
export class Workshop {
  readonly folder = mkdtempSync(join(tmpdir(), 'tidemark-e2e-'))

  path(name: string): string {
    return join(this.folder, name)
  }

  /** Starts the command and leaves its standard input open. */
  startOpen(args: readonly string[], options: RunOptions = {}): ChildProcess {
    const child = spawn(process.execPath, [...(options.node ?? []), command, ...args], {
      cwd: this.folder,
      env: { ...process.env, NO_COLOR: '1', ...options.env },
      stdio: ['pipe', 'pipe', 'pipe'],
    })
    // A command that ends early does not read what we still write.
    child.stdin!.on('error', () => {})
    return child
  }

  start(args: readonly string[], options: RunOptions = {}): ChildProcess {
    const child = this.startOpen(args, options)
    child.stdin!.end(options.input)
    return child
  }

  async run(args: readonly string[], options: RunOptions = {}): Promise<Finished> {
    return finished(this.start(args, options))
  }

  /** Rows of a query, which must succeed. */
  async query<T = Record<string, unknown>>(db: string, ...args: string[]): Promise<T[]> {
    const { status, stdout, stderr } = await this.run(['query', '--db', db, '--format', 'json', ...args])
    if (status !== 0) throw new Error(`query failed: ${stderr}`)
    return JSON.parse(stdout) as T[]
  }

  /** Peak resident memory of a run that must succeed, KiB. */
  async peakMemory(args: readonly string[], node: string[] = []): Promise<number> {
    const file = this.path('peak')
    const preload = fileURLToPath(new URL('peak-memory.mjs', import.meta.url))
    const { status, stderr } = await this.run(args, {
      node: ['--import', preload, ...node],
      env: { TIDEMARK_TEST_PEAK: file },
    })
    if (status !== 0) throw new Error(`failed: ${stderr}`)
    return Number(readFileSync(file, 'utf8'))
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true })
  }
}

/** Resolves when the process has ended and its output is read. */
export function finished(child: ChildProcess): Promise<Finished> {
  let stdout = ''
  let stderr = ''
  child.stdout!.setEncoding('utf8').on('data', (text) => (stdout += text))
  child.stderr!.setEncoding('utf8').on('data', (text) => (stderr += text))
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code, signal) => resolve({ status: signal ?? code ?? -1, stdout, stderr }))
  })
}
