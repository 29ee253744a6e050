/** Real reports beside the repository: what the kernel did and what an independent reader computed are in index.json. */

import { existsSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { judgeOomReport, type OomVerdict, parseOomReports } from '../../../src/ingest/oom-report/index.js'
import { SHARED } from './fixtures.js'

interface Process {
  pid: number
  name: string
}

interface IndexReport {
  n: number
  kernel: string | null
  constraint: string
  invoker: string | null
  gfp: string | null
  order: number | null
  page_kb: number
  task_table_columns: string[] | null
  task_rows: number
  task_table_complete: boolean
  pages_ram: number | null
  pages_reserved: number | null
  swap_total_kb: number | null
  swap_free_kb: number | null
  memcg_limit_kb: number | null
  oom_group: boolean
  kernel_says: { chosen: Process | null; killed: Process[]; score: number | null }
  verification: {
    expected?: Process & { points: number }
    agree?: boolean | null
    totalpages?: number
    root_discount_used?: boolean
    chosen_points?: number
    runner_up?: Process & { points: number }
    tasks_eligible?: number
    why?: string
  }
}

/** The same points without the page tables of 4-kB pages, which this machine of 64-kB pages does not have. */
const LARGER_PAGES: Record<string, { page_kb: number; points: number }> = { '037/1': { page_kb: 64, points: 96 } }

/** What the explanation must say where the choice does not follow: the index's own reason. */
const REASONS: Record<string, RegExp> = {
  '008/1': /printed score 16 .* no columns for swap and page tables, so most of it is swapped out/,
  '009/1': /whole thousandths and tie \(52 tasks\), of equal scores the first of the list dies/,
  '028/1': /scores are whole thousandths and tie, of equal scores the first of the list dies.*mingetty/,
  '033/1': /linux-next of July 2020 carried a patch that broke oom_badness/,
  '033/2': /nothing can be killed.*linux-next of July 2020/,
  '035/1': /reaped already \(MMF_OOM_SKIP\)/,
  '038/1': /no task table/,
  '039/1': /no task table/,
  '045/1': /weight of oom_score_adj is unknown; with 397000 pages or more/,
  '045/2': /weight of oom_score_adj is unknown; with 398000 pages or more/,
  '046/1': /no task table/,
}

if (!existsSync(SHARED)) {
  console.warn('skipped: public OOM reports are not beside the repository (../shared/oom)')
  it.skip('public reports', () => {})
} else {
  const index: { id: string; file: string; reports: IndexReport[] }[] = JSON.parse(
    readFileSync(`${SHARED}index.json`, 'utf8'),
  )

  describe.each(index)('$file', ({ id, file, reports }) => {
    const verdicts = parseOomReports(readFileSync(SHARED + file, 'utf8'), file).map(judgeOomReport)

    it('has every report', () => {
      expect(verdicts).toHaveLength(reports.length)
    })

    it.each(reports)('says what the kernel said in report $n', (w) => {
      const { report, page_kb } = verdicts[w.n - 1]
      expect({
        kernel: report.kernel,
        constraint: report.constraint,
        invoker: report.invoker?.name ?? null,
        gfp: report.gfp,
        order: report.order,
        page_kb,
        columns: report.table?.columns ?? null,
        rows: report.table?.tasks.length ?? 0,
        ram: report.memory?.pages_ram ?? null,
        reserved: report.memory?.pages_reserved ?? null,
        swap_total: report.memory?.swap_total_kb ?? null,
        swap_free: report.memory?.swap_free_kb ?? null,
        limit: report.memcg?.memory?.limit_kb ?? null,
        group: report.group !== null,
        chosen: report.chosen,
        killed: report.killed.map(({ pid, name }) => ({ pid, name })),
        score: report.score,
      }).toEqual({
        kernel: w.kernel,
        constraint: w.constraint,
        invoker: w.invoker,
        gfp: w.gfp,
        order: w.order,
        page_kb: LARGER_PAGES[`${id}/${w.n}`]?.page_kb ?? w.page_kb,
        columns: w.task_table_columns,
        rows: w.task_rows,
        ram: w.pages_ram,
        reserved: w.pages_reserved,
        swap_total: w.swap_total_kb,
        swap_free: w.swap_free_kb,
        limit: w.memcg_limit_kb,
        group: w.oom_group,
        ...w.kernel_says,
      })
    })

    it.each(reports)('computes what the index computes for report $n', (w) => {
      const v = verdicts[w.n - 1]
      const x = w.verification
      expect(v.agrees).toBe(x.agree ?? null)
      expect(v.complete).toBe(w.task_table_complete)
      if (!x.expected) return
      const points = LARGER_PAGES[`${id}/${w.n}`]?.points
      expect(v.computed).toMatchObject({ ...x.expected, points: points ?? x.expected.points })
      expect(v.chosen?.points).toBe(points ?? x.chosen_points)
      expect(v.totalpages.pages).toBe(x.totalpages ?? null)
      expect(v.candidates.filter((c) => c.eligible)).toHaveLength(x.tasks_eligible ?? 0)
      if (x.runner_up) expect(v.candidates[1]).toMatchObject({ pid: x.runner_up.pid })
      if (x.root_discount_used !== undefined) expect(v.root_bonus).toBe(x.root_discount_used)
    })

    it.each(reports)('explains report $n', (w) => {
      const v = verdicts[w.n - 1]
      const reason = REASONS[`${id}/${w.n}`]
      expect(v.agrees === true).toBe(reason === undefined)
      expect(v.explanation).toMatch(reason ?? /has the most points|is the only task|stands (?:first|last) in the list/)
    })

    it.each(reports)('names no change that would not have saved the victim of report $n', (w) => {
      expectSaved(verdicts[w.n - 1])
    })
  })

  it('agrees with the kernel, or explains why not, in at least 98 % of the complete reports', () => {
    let complete = 0
    let agree = 0
    let explained = 0
    for (const { id, file, reports } of index) {
      const verdicts = parseOomReports(readFileSync(SHARED + file, 'utf8'), file).map(judgeOomReport)
      for (const w of reports.filter((r) => r.task_table_complete)) {
        complete++
        const v = verdicts[w.n - 1]
        if (v.agrees && v.computed?.pid === w.kernel_says.chosen?.pid) agree++
        else if (REASONS[`${id}/${w.n}`]?.test(v.explanation)) explained++
      }
    }
    console.log(`public OOM reports: ${complete} complete, ${agree} agree, ${explained} explained`)
    expect(complete).toBeGreaterThan(50)
    expect((agree + explained) / complete).toBeGreaterThanOrEqual(0.98)
  })
}

function expectSaved(v: OomVerdict): void {
  if (!v.saved_by) return
  const { pid, oom_score_adj, was, then_victim } = v.saved_by
  expect(v.agrees).toBe(true)
  expect(pid).toBe(v.computed?.pid)
  expect(oom_score_adj).toBeLessThan(was)
  const changed = (adj: number): OomVerdict => {
    const table = v.report.table!
    const tasks = table.tasks.map((t) => (t.pid === pid ? { ...t, oom_score_adj: adj } : t))
    // The printed score and choice were those of the original value.
    return judgeOomReport({ ...v.report, score: null, chosen: null, table: { ...table, tasks } })
  }
  if (v.root_bonus === false) return
  expect(changed(oom_score_adj).computed).toMatchObject(then_victim)
  expect(changed(oom_score_adj + 1).computed?.pid).toBe(pid)
}
