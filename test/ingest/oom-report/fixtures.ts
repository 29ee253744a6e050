import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { gunzipSync } from 'node:zlib'
import {
  judgeOomReport,
  type OomReport,
  type OomVerdict,
  parseOomReports,
} from '../../../src/ingest/oom-report/index.js'

export const FIXTURES = fileURLToPath(new URL('../../fixtures/oom/', import.meta.url))
/** Public reports, beside the repository where there are any. */
export const SHARED = fileURLToPath(new URL('../../../../shared/oom/', import.meta.url))

export function fixtureText(name: string): string {
  const bytes = readFileSync(FIXTURES + name)
  return (name.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('utf8')
}

export function fixture(name: string): OomReport[] {
  return parseOomReports(fixtureText(name), name)
}

export interface TaskSpec {
  pid: number
  name?: string
  uid?: number
  rss?: number
  ptes?: number
  swap?: number
  adj?: number
}

export interface ReportSpec {
  kernel?: string
  columns?: 'nr_ptes' | 'pgtables_bytes'
  ram?: number
  swapKb?: number
  tasks: TaskSpec[]
  chosen: number
  score?: number
  /** Lines in place of the memory information. */
  memory?: string[]
  kind?: string
}

/** The lines of a report that is whole and has nothing that does not matter. */
export function reportLines(o: ReportSpec): string[] {
  const bytes = o.columns === 'pgtables_bytes'
  const ptes = bytes ? 'pgtables_bytes' : 'nr_ptes'
  const nameOf = (pid: number) => o.tasks.find((t) => t.pid === pid)?.name ?? `task${pid}`
  const rows = o.tasks.map((t) => {
    const pt = (t.ptes ?? 0) * (bytes ? 4096 : 1)
    return `[${t.pid}] ${t.uid ?? 1000} ${t.pid} ${(t.rss ?? 0) * 2} ${t.rss ?? 0} ${pt} ${t.swap ?? 0} ${t.adj ?? 0} ${nameOf(t.pid)}`
  })
  const kind = o.kind ?? 'Out of memory'
  const verdict =
    o.score === undefined
      ? [`${kind}: Killed process ${o.chosen} (${nameOf(o.chosen)}) total-vm:4kB, anon-rss:4kB, file-rss:0kB`]
      : [
          `${kind}: Kill process ${o.chosen} (${nameOf(o.chosen)}) score ${o.score} or sacrifice child`,
          `Killed process ${o.chosen} (${nameOf(o.chosen)}) total-vm:4kB, anon-rss:4kB, file-rss:0kB`,
        ]
  return [
    'asker invoked oom-killer: gfp_mask=0x201da, order=0, oom_score_adj=0',
    `CPU: 0 PID: 4 Comm: asker Not tainted ${o.kernel ?? '3.10.0-1160.el7.x86_64'} #1`,
    ...(o.memory ?? [
      'Mem-Info:',
      'active_anon:10 inactive_anon:10 isolated_anon:0',
      `Total swap = ${o.swapKb ?? 0}kB`,
      `${o.ram ?? 100_000} pages RAM`,
      '0 pages reserved',
    ]),
    `[ pid ]   uid  tgid total_vm      rss ${ptes} swapents oom_score_adj name`,
    ...rows,
    ...verdict,
  ]
}

export function judged(o: ReportSpec): OomVerdict {
  return judgeOomReport(parseOomReports(reportLines(o).join('\n'))[0])
}
