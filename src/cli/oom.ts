/** `tidemark oom LOG…`: the OOM kills of kernel logs, and whether they follow. */

import { InputError, type TidemarkError, UsageError } from '../base/errors.js'
import { judgeOomReport, type OomVerdict, readOomReports } from '../ingest/oom-report/index.js'
import { formatOomSummary, formatOomVerdict } from './oom-text.js'

export interface OomOptions {
  /** `text` unless given. */
  format?: 'text' | 'json'
  /** Takes the output, piece by piece: a log may hold more reports than fit into memory. */
  write: (text: string) => void | Promise<void>
  /** Takes what is worth saying and not part of the output, a line at a time. */
  warn?: (text: string) => void
  /** Sees every verdict, for example to store it ({@link toOomRecords}). */
  onVerdict?: (verdict: OomVerdict) => void | Promise<void>
  /** Standard input, for the path `-`. */
  stdin?: AsyncIterable<Uint8Array>
}

export interface OomResult {
  reports: number
  /** How many follow from their tables, do not, and cannot be told. */
  follow: number
  differ: number
  open: number
  /** Files that hold no report. */
  empty: string[]
}

/**
 * Reads logs and writes a verdict for each OOM report as soon as it is complete. As grep does, it is content when any of
 * several files has a report and goes on past files that cannot be read.
 *
 * @param paths files, `-` for standard input
 * @throws UsageError without paths; InputError, after everything else was written, when a file cannot be read or is
 *   damaged, and when no file holds a report
 */
export async function oomCommand(paths: readonly string[], options: OomOptions): Promise<OomResult> {
  if (paths.length === 0) throw new UsageError('no log named', 'for example: dmesg | tidemark oom -')
  const result: OomResult = { reports: 0, follow: 0, differ: 0, open: 0, empty: [] }
  const failures: TidemarkError[] = []
  const json = options.format === 'json'
  for (const path of paths) {
    const before = result.reports
    let failed = false
    try {
      for await (const report of readOomReports(path, options.stdin)) {
        const verdict = judgeOomReport(report)
        count(result, verdict)
        if (json) await options.write(`${result.reports === 1 ? '[' : ','}\n${JSON.stringify(oomJson(verdict))}`)
        else await options.write(`${result.reports === 1 ? '' : '\n'}${formatOomVerdict(verdict)}`)
        await options.onVerdict?.(verdict)
      }
    } catch (e) {
      if (!(e instanceof InputError)) throw e
      failed = true
      failures.push(e)
    }
    if (result.reports === before && !failed) result.empty.push(path)
  }
  if (result.reports > 0) await options.write(json ? '\n]\n' : formatOomSummary(result))
  return settle(paths, result, failures, options)
}

function count(result: OomResult, v: OomVerdict): void {
  result.reports++
  if (v.agrees === true) result.follow++
  else if (v.agrees === false) result.differ++
  else result.open++
}

/** Reports what went wrong: the last failure is thrown, the others are said. */
function settle(
  paths: readonly string[],
  result: OomResult,
  failures: TidemarkError[],
  { warn }: OomOptions,
): OomResult {
  const last = failures.pop()
  for (const f of failures) warn?.(f.message)
  if (result.reports > 0 || last) for (const file of result.empty) warn?.(`${file}: no OOM report`)
  if (last) throw last
  if (result.reports > 0) return result
  throw new InputError(
    paths.length === 1 ? 'no OOM report in this log' : `no OOM report in any of ${paths.length} logs`,
    {
      file: paths.length === 1 ? paths[0] : paths.slice(0, 3).join(', '),
      code: 'TM_INPUT_VALUE',
      expected: 'lines such as “… invoked oom-killer: gfp_mask=…” or “Killed process …” of the kernel',
      hint: 'journalctl --dmesg --boot -1 | tidemark oom -   shows the boot before this one; older logs are in kern.log.*.gz',
    },
  )
}

/** A verdict as `--format json` prints it. Pages, except where a name says kB. */
export function oomJson(v: OomVerdict): Record<string, unknown> {
  const { report } = v
  const { memory } = report
  return {
    file: report.file,
    lines: report.lines,
    host: report.host,
    time: report.clock,
    uptime: report.uptime,
    kernel: report.kernel,
    rule: { releases: v.rule.name, inferred: v.rule.inferred, root_bonus: v.root_bonus },
    constraint: report.constraint,
    cgroup: report.memcg?.path ?? null,
    task_cgroup: report.task_memcg,
    invoker: report.invoker,
    gfp: report.gfp,
    order: report.order,
    complete: v.complete,
    chosen: report.chosen,
    killed: report.killed.map(({ pid, name }) => ({ pid, name })),
    score: report.score,
    group: report.group,
    reaped: report.reaped.map(({ pid, name }) => ({ pid, name })),
    no_victim: report.no_victim,
    panic: report.panic,
    computed: v.computed && { pid: v.computed.pid, name: v.computed.name, points: v.computed.points },
    agrees: v.agrees,
    explanation: v.explanation,
    saved_by: v.saved_by,
    totalpages: v.totalpages.pages,
    totalpages_from: v.totalpages.from,
    page_kb: v.page_kb,
    causes: v.causes,
    consumers: v.consumers,
    memcg: report.memcg,
    memory: memory && {
      swap_total_kb: memory.swap_total_kb,
      swap_free_kb: memory.swap_free_kb,
      pages_ram: memory.pages_ram,
      pages_reserved: memory.pages_reserved,
      totals: memory.totals,
      zones: v.zones,
    },
    candidates: v.candidates,
  }
}
