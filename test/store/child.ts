import { type ChildProcess, spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'tsup'

const repository = join(dirname(fileURLToPath(import.meta.url)), '..', '..')

/** The writer, bundled for child processes. Lies in node_modules so that better-sqlite3 is found from there. */
export class WriterBundle {
  private constructor(private readonly folder: string) {}

  static async make(): Promise<WriterBundle> {
    const cache = join(repository, 'node_modules', '.cache')
    mkdirSync(cache, { recursive: true })
    const folder = mkdtempSync(join(cache, 'tidemark-store-'))
    await build({
      config: false,
      silent: true,
      entry: { writer: join(repository, 'src', 'store', 'writer.ts') },
      outDir: folder,
      format: ['esm'],
      target: 'node20',
      outExtension: () => ({ js: '.mjs' }),
    })
    return new WriterBundle(folder)
  }

  /**
   * Runs a script that sees `openStore`, `path` and `start` in a process of its own. What it prints is `ready` once it
   * has come so far, and it ends by itself or by a signal.
   */
  spawn(name: string, script: string, path: string, start: object): ChildProcess {
    const file = join(this.folder, `${name}.mjs`)
    writeFileSync(
      file,
      `import { openStore } from './writer.mjs'
const path = ${JSON.stringify(path)}, start = ${JSON.stringify(start)}
${script}`,
    )
    return spawn(process.execPath, [file], { stdio: ['ignore', 'pipe', 'inherit'] })
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true })
  }
}

/** Resolves with the exit status, or the signal that ended the process. */
export function ended(child: ChildProcess): Promise<number | string> {
  return new Promise((resolve) => child.on('close', (code, signal) => resolve(signal ?? code ?? -1)))
}

/** Resolves once the process has printed something. */
export function ready(child: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    child.stdout!.once('data', () => resolve())
    child.once('close', (code) => reject(new Error(`the process ended (${code}) before it was ready`)))
  })
}
