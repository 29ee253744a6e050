/** The C program of ../shared/perf: a two-list model with owners, frees and shadows, no kernel around it. */

import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { Measured } from '../measure.js'

const BENCH = process.env.TIDEMARK_BENCH_FOLDER as string
const SOURCE = join(BENCH, '..', '..', 'shared', 'perf', 'full.c')

/** Why it cannot be compared with; undefined where it can. */
export function withoutFullC(): string | undefined {
  if (!existsSync(SOURCE)) return '../shared/perf/full.c is not there'
  return spawnSync('gcc', ['--version']).status === 0 ? undefined : 'there is no gcc'
}

export function compileFullC(folder: string): void {
  const { status, stderr } = spawnSync('gcc', ['-O2', '-o', join(folder, 'full'), SOURCE], { encoding: 'utf8' })
  if (status !== 0) throw new Error(`gcc cannot compile ${SOURCE}: ${stderr}`)
}

/** Its CPU time for the trace, its start and the reading of its input left out. */
export function runFullC(folder: string, ids: string, ops: string, pages: number, frames: number): Measured {
  const args = ['full-ring', ids, ops, String(pages), String(frames)]
  const { status, stdout } = spawnSync(join(folder, 'full'), args, { encoding: 'utf8' })
  if (status !== 0) throw new Error('full-ring failed')
  const { n, cpu } = JSON.parse(stdout) as { n: number; cpu: number }
  return { units: n, cpu }
}
