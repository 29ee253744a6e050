/**
 * Recordings of a real kernel: those kept here (`recordings/<scenario>/`: trace, machine, `kernel.json`), and folders in
 * the layout in which the recorder writes them (`<scenario>/run1`, `run2`, …), which can be taken over with `--import`.
 */

import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { HERE } from './here.js'
import { JUDGED_COUNTERS, type Totals, type Victim, victimSequence } from './judge.js'

export interface KernelRun {
  /** Change of the judged counters over the recording. */
  delta: Totals
  victims: string[]
}

export interface Scenario {
  name: string
  folder: string
  trace: string
  machine: string
  runs: KernelRun[]
  /** Typical range of a counter between runs, as a share of its mean. */
  spread: Record<string, number>
}

export const KEPT = join(HERE, 'recordings')

/** Recorded with the multi-generational LRU, with other kernels, or for another purpose. */
const NOT_KEPT = /^(o-|v|w-|r-balance-mglru)/

/** What of machine.json a replay has no use for: the state at the end, and the emulator. */
const NOT_NEEDED = ['end', 'qemu', 'cmdline', 'buddyinfo']

function readJson(path: string) {
  return JSON.parse(readFileSync(path, 'utf8'))
}

/** Recordings below `root`, by name; both layouts. */
export function listScenarios(root: string, only = /(?:)/): Scenario[] {
  return readdirSync(root)
    .filter((name) => only.test(name) && existsSync(join(root, name, 'trace.ndjson.gz')))
    .sort()
    .map((name) => {
      const folder = join(root, name)
      const kept = existsSync(join(folder, 'kernel.json'))
      return {
        name,
        folder,
        trace: join(folder, 'trace.ndjson.gz'),
        machine: join(folder, kept ? 'machine.json' : 'run1/machine.json'),
        runs: kept ? readJson(join(folder, 'kernel.json')).runs : recordedRuns(folder),
        spread: readJson(join(KEPT, 'spread.json')),
      }
    })
    .filter((s) => s.runs.length > 0)
}

function recordedRuns(folder: string): KernelRun[] {
  const runs = readdirSync(folder).filter((f) => f.startsWith('run') && existsSync(join(folder, f, 'summary.json')))
  return runs.sort().map((run) => {
    const { delta } = readJson(join(folder, run, 'summary.json')) as { delta: Totals }
    delta.allocstall = 0
    for (const [name, n] of Object.entries(delta)) if (name.startsWith('allocstall_')) delta.allocstall += n
    const oom = join(folder, run, 'oom.json')
    return {
      delta: Object.fromEntries(JUDGED_COUNTERS.map((c) => [c, delta[c] ?? 0])),
      victims: existsSync(oom) ? recordedVictims(readJson(oom).victims ?? []) : [],
    }
  })
}

/** A process that the log names twice died once. */
function recordedVictims(listed: (Victim & { pid: number })[]): string[] {
  const first = listed.filter((v, i) => listed.findIndex((w) => w.pid === v.pid) === i)
  return victimSequence(first.map((v) => ({ t: v.t ?? 0, comm: v.comm })))
}

/** Copies recordings into this folder, down to what a replay and its verdict need. */
export function importRecordings(root: string): string[] {
  const names: string[] = []
  for (const s of listScenarios(root)) {
    if (NOT_KEPT.test(s.name)) continue
    const into = join(KEPT, s.name)
    mkdirSync(into, { recursive: true })
    cpSync(s.trace, join(into, 'trace.ndjson.gz'))
    const machine = readJson(s.machine)
    const pruned = Object.fromEntries(Object.entries(machine).filter(([f]) => !NOT_NEEDED.includes(f)))
    writeFileSync(join(into, 'machine.json'), `${JSON.stringify(pruned)}\n`)
    writeFileSync(join(into, 'kernel.json'), `{"runs":[\n${s.runs.map((r) => JSON.stringify(r)).join(',\n')}\n]}\n`)
    names.push(s.name)
  }
  return names
}
