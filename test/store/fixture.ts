import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { afterAll } from 'vitest'
import type { IntervalRecord, OomRecord, ReplaySummary, StallRecord } from '../../src/replay/records.js'
import type { RunStart } from '../../src/store/run-start.js'

const folders: string[] = []

afterAll(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true })
})

/** Path of a database that does not exist yet, in a folder that goes when the test file is done. */
export function freshPath(name = 'tidemark.db'): string {
  const folder = mkdtempSync(join(tmpdir(), 'tidemark-store-'))
  folders.push(folder)
  return join(folder, name)
}

export const START: RunStart = {
  trace: 'web.ndjson',
  format: 'allocation-ndjson',
  machine: 'machine.json',
  kernel: '6.1',
  settings: { 'vm.swappiness': 60, 'vm.overcommit_memory': 0 },
  seed: 1,
  version: '0.1.0',
}

export function summary(part: Partial<ReplaySummary> = {}): ReplaySummary {
  return {
    events: 10,
    pageEvents: 100,
    duration: 2,
    counters: {},
    psi: { some: 0, full: 0 },
    warnings: [],
    ...part,
  }
}

export function interval(t: number, counters: Record<string, number> = {}, levels = {}): IntervalRecord {
  return { t, dt: 1, levels, counters }
}

export function stall(part: Partial<StallRecord> = {}): StallRecord {
  return {
    t: 1,
    pid: 1,
    comm: 'web',
    kind: 'direct',
    cgroup: '',
    duration_us: 100,
    scanned: 32,
    reclaimed: 32,
    priority: 12,
    outcome: 'reclaimed',
    ...part,
  }
}

/** `hog` asks, `db` dies with 900 points; `init` is not eligible. */
export function oom(part: Partial<OomRecord> = {}): OomRecord {
  const candidate = { swap: 0, pgtables: 5, oom_score_adj: 0, eligible: true, reason: '' }
  return {
    t: 1.5,
    constraint: 'CONSTRAINT_NONE',
    cgroup: '',
    invoker_pid: 3,
    invoker_comm: 'hog',
    victim_pid: 2,
    victim_comm: 'db',
    victim_points: 900,
    victim_rss: 895,
    totalpages: 2000,
    group_kill: false,
    free: 40,
    swap_free: 0,
    candidates: [
      { pid: 1, comm: 'init', rss: 10, ...candidate, points: null, eligible: false, reason: 'init' },
      { pid: 3, comm: 'hog', rss: 595, ...candidate, points: 600 },
      { pid: 2, comm: 'db', rss: 895, ...candidate, points: 900 },
    ],
    ...part,
  }
}

/** One value by plain SQL, past the reader. */
export function value(path: string, sql: string, ...params: unknown[]): unknown {
  const db = new Database(path, { readonly: true })
  try {
    return db
      .prepare(sql)
      .pluck()
      .get(...params)
  } finally {
    db.close()
  }
}

/** All rows by plain SQL, past the reader. */
export function rows(path: string, sql: string): unknown[] {
  const db = new Database(path, { readonly: true })
  try {
    return db.prepare(sql).all()
  } finally {
    db.close()
  }
}
