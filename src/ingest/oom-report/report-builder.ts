/** Collects the lines of one report. */

import type { Message } from './logical-lines.js'
import { emptyMemory, readMemInfo } from './mem-info.js'
import { emptyMemcg, readMemcgInfo } from './memcg-info.js'
import type { OomLine } from './parse-line.js'
import type { OomProcess, OomReport } from './report.js'
import { emptyTable, guessColumns, MAX_TASKS, tableRow } from './task-table.js'
import type { OomSummary } from './verdict-lines.js'

/** Rows kept while their header is missing. */
const MAX_LOOSE = 5000
/** A memory.oom.group kill can take thousands; more would be a damaged log. */
const MAX_KILLED = 10_000

export class OomReportBuilder {
  readonly report: OomReport
  /** Somebody was killed, or nobody can be: only lines about the same kill may follow. */
  decided = false
  private looseRows: { text: string; line: number }[] = []
  private saysMemcg = false
  private saysGlobal = false

  constructor(file: string, message: Message, earlier: readonly OomProcess[]) {
    this.report = emptyReport(file, message)
    this.report.earlier = [...earlier]
  }

  /** The task of the `Kill process` or `oom-kill:` line is known. */
  get selected(): boolean {
    return this.report.chosen !== null
  }

  /** The report has what only an OOM report has, and not just a block that other messages print too. */
  get real(): boolean {
    const r = this.report
    return r.invoker !== null || this.decided || this.selected || (r.table !== null && r.table.tasks.length > 0)
  }

  /** Rows held, for the reader's memory bound. */
  get size(): number {
    return (this.report.table?.tasks.length ?? 0) + this.looseRows.length
  }

  lists(pid: number): boolean {
    return this.report.table?.tasks.some((t) => t.pid === pid || t.tgid === pid) ?? false
  }

  /** Takes a line that belongs to this report. */
  add(line: OomLine, message: Message): void {
    const r = this.report
    r.lines[1] = Math.max(r.lines[1], message.last)
    r.uptime ??= message.uptime
    r.clock ??= message.clock
    switch (line.kind) {
      case 'header':
        r.invoker = { name: line.header.name, pid: null, oom_score_adj: line.header.oom_score_adj }
        r.gfp = line.header.gfp
        r.order = line.header.order
        r.nodemask = line.header.nodemask
        r.manual ||= r.order === -1
        break
      case 'cpu':
        if (r.kernel !== null) break
        r.kernel = line.release
        r.kernel_from = 'report'
        if (r.invoker) r.invoker.pid = line.pid
        break
      case 'cpuset':
        r.cpuset ??= line.cpuset
        r.mems_allowed ??= line.mems_allowed
        break
      case 'trace':
        if (line.manual) r.manual = true
        else r.pagefault = true
        break
      case 'memory':
        r.memory ??= emptyMemory()
        readMemInfo(message.text, r.memory)
        break
      case 'memcg': {
        r.memcg ??= emptyMemcg()
        const path = readMemcgInfo(message.text, r.memcg)
        r.task_memcg ??= path || null
        break
      }
      case 'columns':
        r.table ??= emptyTable(line.columns, true)
        break
      case 'row':
        this.addRow(message.text, message.first)
        break
      case 'elision':
        r.elided = true
        break
      default:
        this.addVerdict(line)
    }
  }

  private addRow(text: string, line: number): void {
    const { table } = this.report
    if (!table) {
      if (this.looseRows.length < MAX_LOOSE) this.looseRows.push({ text, line })
      return
    }
    const task = table.tasks.length < MAX_TASKS ? tableRow(text, table.columns, line) : null
    if (task) table.tasks.push(task)
    else table.broken++
  }

  private addVerdict(line: OomLine): void {
    const r = this.report
    switch (line.kind) {
      case 'summary':
        this.addSummary(line.summary)
        break
      case 'selection':
        r.chosen ??= { pid: line.selection.pid, name: line.selection.name }
        r.score ??= line.selection.score
        this.noteKind(line.selection)
        break
      case 'killed': {
        const { whole: _whole, memcg: _memcg, allocating_task: _allocating, ...killed } = line.killed
        if (r.killed.length < MAX_KILLED && !r.killed.some((k) => k.pid === killed.pid)) r.killed.push(killed)
        r.chosen ??= { pid: killed.pid, name: killed.name }
        this.noteKind(line.killed)
        this.decided = true
        break
      }
      case 'sharing':
        if (r.sharing.length < MAX_KILLED) r.sharing.push(line.process)
        break
      case 'group':
        r.group ??= line.path
        break
      case 'exiting':
        r.chosen ??= line.process
        r.already_exiting = true
        this.decided = true
        break
      case 'no-victim':
        r.no_victim = true
        this.saysGlobal = true
        this.decided = true
        break
      case 'panic':
        r.panic ??= line.text
        this.decided = true
        break
      case 'reaped':
        if (r.reaped.length < MAX_KILLED) r.reaped.push(line.reaped)
        break
    }
  }

  private addSummary(s: OomSummary): void {
    const r = this.report
    r.constraint ??= s.constraint
    r.nodemask ??= s.nodemask
    r.cpuset ??= s.cpuset
    r.mems_allowed ??= s.mems_allowed
    r.task_memcg ??= s.task_memcg
    r.chosen ??= s.task
    if (s.oom_memcg !== null) {
      r.memcg ??= emptyMemcg()
      r.memcg.path = s.oom_memcg
    }
  }

  private noteKind(line: { memcg: boolean; allocating_task: boolean; whole?: boolean; score?: number | null }): void {
    if (line.memcg) this.saysMemcg = true
    else if (line.whole || line.score !== undefined) this.saysGlobal = true
    if (line.allocating_task) this.report.allocating_task = true
  }

  /** A name with blanks may have been wrapped in its row; the verdict has all of it. */
  private completeNames(): void {
    const { chosen, killed, table } = this.report
    for (const p of chosen ? [chosen, ...killed.slice(0, 16)] : killed.slice(0, 16)) {
      const row = table?.tasks.find((t) => t.pid === p.pid)
      if (row && p.name.startsWith(row.name)) row.name = p.name
    }
  }

  /** The report as far as it got. @param logKernel release of the log's last `Linux version` line */
  finish(logKernel: string | null): OomReport {
    const r = this.report
    const columns = r.table || this.looseRows.length === 0 ? null : guessColumns(this.looseRows.map((x) => x.text))
    if (columns) {
      r.table = emptyTable(columns, false)
      for (const row of this.looseRows) this.addRow(row.text, row.line)
    }
    this.looseRows = []
    this.completeNames()
    if (r.kernel === null && logKernel !== null) {
      r.kernel = logKernel
      r.kernel_from = 'log'
    }
    // 5.0 to 5.2 print CONSTRAINT_NONE for memcg kills.
    if (r.memcg?.path || r.memcg?.memory || this.saysMemcg) r.constraint = 'MEMCG'
    else if (r.constraint === null && (r.memory || this.saysGlobal)) r.constraint = 'NONE'
    return r
  }
}

function emptyReport(file: string, m: Message): OomReport {
  return {
    file,
    lines: [m.first, m.last],
    host: m.host,
    uptime: m.uptime,
    clock: m.clock,
    kernel: null,
    kernel_from: null,
    invoker: null,
    gfp: null,
    order: null,
    manual: false,
    pagefault: false,
    nodemask: null,
    cpuset: null,
    mems_allowed: null,
    constraint: null,
    task_memcg: null,
    memcg: null,
    memory: null,
    table: null,
    chosen: null,
    score: null,
    killed: [],
    sharing: [],
    group: null,
    reaped: [],
    allocating_task: false,
    no_victim: false,
    already_exiting: false,
    panic: null,
    elided: false,
    earlier: [],
  }
}
