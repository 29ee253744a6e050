/** Storing the rows of a run, against inserting the same rows with better-sqlite3 and nothing else. */

import { rmSync } from 'node:fs'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import type { IntervalRecord, StallRecord } from '../../src/replay/records.js'
import { Cells } from '../../src/store/cells.js'
import { INTERVAL, STALL } from '../../src/store/layouts.js'
import type { Layout } from '../../src/store/row-buffer.js'
import type { RunWriter } from '../../src/store/run-writer.js'
import { openStore } from '../../src/store/writer.js'
import { type BenchContext, cpuSeconds, type Group, type Measured } from '../measure.js'
import { randomSource } from '../traces/random.js'

/** Rows of one transaction of the bare program. */
const TRANSACTION = 4096

interface Rows<R> {
  name: string
  about: string
  rows: number
  layout: Layout<R>
  /** Record `i`; the same object again and again. */
  record(i: number): R
  store(writer: RunWriter, record: R): void
}

function intervals(): Rows<IntervalRecord> {
  const random = randomSource(31)
  // Names as the engine reports them: what the table does not have is left out by the store.
  const names = INTERVAL.columns.slice(4, -1)
  const levels: Record<string, number> = {}
  const counters: Record<string, number> = {}
  const record: IntervalRecord = { t: 0, dt: 1, levels, counters }
  return {
    name: 'interval',
    about: `samples of the whole machine, ${INTERVAL.columns.length} columns`,
    rows: 100_000,
    layout: INTERVAL,
    record: (i) => {
      record.t = i
      for (const name of names) counters[name] = levels[name] = random() & 0xfffff
      return record
    },
    store: (writer, r) => writer.interval(r),
  }
}

function stalls(): Rows<StallRecord> {
  const random = randomSource(32)
  return {
    name: 'stall',
    about: `direct reclaims, ${STALL.columns.length} columns, three of them text`,
    rows: 300_000,
    layout: STALL,
    record: (i) => ({
      t: i / 1000,
      pid: random() % 500,
      comm: 'java',
      kind: 'direct',
      cgroup: '/system.slice/app.service',
      duration_us: random() % 100_000,
      scanned: random() % 1000,
      reclaimed: 32,
      priority: 12,
      outcome: 'reclaimed',
    }),
    store: (writer, r) => writer.stall(r),
  }
}

const START = { trace: 'bench', format: 'tmk', machine: 'bench', kernel: '6.1', settings: {}, seed: 0, version: '0' }

function remove(path: string): void {
  for (const suffix of ['', '-wal', '-shm']) rmSync(path + suffix, { force: true })
}

function throughStore<R>(rows: Rows<R>, n: number, path: string): Measured {
  const store = openStore(path)
  const writer = store.beginRun(START)
  const before = cpuSeconds()
  for (let i = 0; i < n; i++) rows.store(writer, rows.record(i))
  writer.finish({ events: 0, pageEvents: 0, duration: 0, counters: {}, psi: { some: 0, full: 0 }, warnings: [] })
  const cpu = cpuSeconds() - before
  store.close()
  return { units: n, cpu }
}

/** The same table, made by the store, filled with one prepared statement in transactions. */
function bare<R>(rows: Rows<R>, n: number, path: string): Measured {
  openStore(path).close()
  const db = new Database(path)
  db.pragma('journal_mode = wal')
  db.pragma('synchronous = normal')
  db.pragma('foreign_keys = off')
  const { table, columns } = rows.layout
  const insert = db.prepare(`insert into ${table} values (${columns.map(() => '?').join(', ')})`)
  const cells = new Cells()
  const before = cpuSeconds()
  for (let i = 0; i < n; ) {
    db.exec('begin')
    for (const end = Math.min(i + TRANSACTION, n); i < end; i++) {
      rows.layout.append(cells, 1, i + 1, rows.record(i))
      insert.run(...cells.slice(0, cells.length))
      cells.clear()
    }
    db.exec('commit')
  }
  const cpu = cpuSeconds() - before
  db.close()
  return { units: n, cpu }
}

function group<R>(make: () => Rows<R>): Group {
  const { name, about, rows } = make()
  const count = ({ quick }: BenchContext): number => (quick ? rows / 10 : rows)
  const inFresh = (context: BenchContext, id: string, run: (path: string) => Measured): Measured => {
    const path = join(context.folder, `store-${name}-${id}.db`)
    remove(path)
    try {
      return run(path)
    } finally {
      remove(path)
    }
  }
  return {
    suite: 'store',
    name: `store-${name}`,
    about,
    unit: 'row',
    cases: [
      {
        name: 'store',
        about: 'through the writer of a run',
        run: (c) => inFresh(c, 'store', (path) => throughStore(make(), count(c), path)),
      },
      {
        name: 'better-sqlite3',
        about: 'the same rows into the same table by one prepared statement',
        run: (c) => inFresh(c, 'bare', (path) => bare(make(), count(c), path)),
      },
    ],
    ratios: [{ of: 'store', to: 'better-sqlite3', goal: 1 / 0.7 }],
  }
}

export const STORE: readonly Group[] = [group(intervals), group(stalls)]
