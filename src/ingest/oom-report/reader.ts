/** Log lines → OOM reports, in the order in which they begin. */

import { type LogLine, stripPrefix } from './line-prefix.js'
import { logLines, openLog } from './log-lines.js'
import { type Message, MessageJoiner } from './logical-lines.js'
import { type OomLine, parseLine, saysLinesLost } from './parse-line.js'
import type { OomProcess, OomReport } from './report.js'
import { OomReportBuilder } from './report-builder.js'

/** Cheap test of a raw line while no report is open: everything that can begin one, or say which kernel runs. */
const INTERESTING =
  /invoked|oom[-_]kill|[Oo]ut of [Mm]emory|[Kk]ill(?:ed)? process|Mem-[Ii]nfo|Linux version|as a result of limit|Tasks state|Manual OOM|\bpid *\]|: usage \d|OOM victim|\] +\d+ +\d+ +\d+ +\d+ /
/** A report without any line of its own for so many lines has been cut off. */
const STALE_LINES = 3000
/** A finished report waits so long for its `oom_reaper` line. */
const REAPER_LINES = 2000
/** Reports and task rows held at a time. */
const MAX_LIVE = 8
const MAX_ROWS = 100_000
const MAX_KEYS = 256
const MAX_EARLIER = 64

export class OomReportReader {
  private readonly joiner = new MessageJoiner()
  /** Reports not handed out yet, by their beginning. */
  private live: OomReportBuilder[] = []
  /** The report that lines belong to, by host and printk caller: what keeps interleaved reports apart. */
  private readonly current = new Map<string, OomReportBuilder>()
  private readonly kernels = new Map<string, string>()
  private readonly dead = new Map<string, OomProcess[]>()
  /** The last line that had a prefix. */
  private last: LogLine | null = null
  /** The physical line before. */
  private previous = ''
  private manualAt = Number.NEGATIVE_INFINITY
  private no = 0

  constructor(readonly file: string) {}

  /** Takes the next physical line; returns the reports that are finished. */
  push(raw: string): OomReport[] {
    this.no++
    const before = this.previous
    this.previous = raw
    if (this.live.length === 0 && !this.joiner.waiting && !INTERESTING.test(raw)) return []
    const own = detached(raw)
    // syslog daemons escape the line feeds inside of a message.
    for (const part of own.includes('#012') ? own.split('#012') : [own]) {
      const line = withName(stripPrefix(part), before)
      if (line.prefixed) this.last = line
      else {
        // The rest of a message that holds line feeds: journalctl and dmesg indent it and repeat no prefix.
        line.host = this.last?.host ?? null
        line.caller = this.last?.caller ?? null
      }
      if (line.foreign) {
        if (saysLinesLost(line.text)) this.markElided()
        continue
      }
      for (const message of this.joiner.push(line, this.no)) this.take(message)
    }
    return this.live.length > 0 ? this.emit() : []
  }

  /** The reports that are left at the end of the log. */
  end(): OomReport[] {
    for (const message of this.joiner.flush()) this.take(message)
    const out = this.live.filter((b) => b.real).map((b) => this.finish(b))
    this.live = []
    this.current.clear()
    return out
  }

  private take(m: Message): void {
    const line = parseLine(m.text)
    const key = `${m.host ?? ''}|${m.caller ?? ''}`
    const host = m.host ?? ''
    switch (line.kind) {
      case 'other':
        return
      case 'version':
        if (this.kernels.size < MAX_KEYS) this.kernels.set(host, line.release)
        this.dead.delete(host)
        return
      case 'manual':
        this.manualAt = m.first
        return
      case 'elision':
        this.markElided()
        return
      case 'header':
        this.open(key, m).add(line, m)
        return
      case 'reaped':
        this.reaped(line, m)
        return
    }
    const open = this.current.get(key)
    const stale = open !== undefined && m.first - open.report.lines[1] > STALE_LINES
    this.route(line, m, key, stale ? undefined : open)?.add(line, m)
    if (line.kind === 'killed') this.remember(host, line.killed)
  }

  /** Whose line is it? Undefined: nobody's. */
  private route(line: OomLine, m: Message, key: string, open: OomReportBuilder | undefined) {
    switch (line.kind) {
      case 'killed': {
        const { pid, whole } = line.killed
        const selected = this.undecided().find((b) => b.report.chosen?.pid === pid)
        if (selected) return selected
        if (open?.decided && open.report.group !== null) return open
        // From 5.0 the summary names the task that is killed; before, a child may die in its place.
        const other = open?.selected && whole
        return open && !open.decided && !other ? open : this.open(key, m)
      }
      case 'selection':
      case 'summary': {
        const pid = line.kind === 'selection' ? line.selection.pid : line.summary.task?.pid
        if (pid !== undefined && open?.report.table && !open.lists(pid)) {
          const listed = this.undecided().find((b) => !b.selected && b.lists(pid))
          if (listed) return listed
        }
        return open && !open.decided && !open.selected ? open : this.open(key, m)
      }
      case 'no-victim':
        return open && !open.decided ? open : this.open(key, m)
      case 'memory':
      case 'memcg':
        return open && !open.decided ? open : m.text.startsWith('lowmem') ? undefined : this.open(key, m)
      case 'columns':
        return open && !open.decided && !open.report.table ? open : this.open(key, m)
      case 'row':
        return open && !open.decided && !open.selected ? open : this.open(key, m)
      case 'cpu':
      case 'cpuset':
      case 'trace':
        return open && !open.decided && !open.report.memory ? open : undefined
      default:
        return open
    }
  }

  private open(key: string, m: Message): OomReportBuilder {
    const builder = new OomReportBuilder(this.file, m, this.dead.get(m.host ?? '') ?? [])
    builder.report.manual = m.first - this.manualAt < 20
    // A block that turned out to belong to no report makes room.
    this.live = this.live.filter((b) => b.real || this.no - b.report.lines[1] < STALE_LINES)
    this.live.push(builder)
    if (this.current.size >= MAX_KEYS) this.current.clear()
    this.current.set(key, builder)
    return builder
  }

  private undecided(): OomReportBuilder[] {
    return this.live.filter((b) => !b.decided)
  }

  private markElided(): void {
    for (const b of this.live) if (!b.decided) b.report.elided = true
  }

  private reaped(line: OomLine & { kind: 'reaped' }, m: Message): void {
    const { pid } = line.reaped
    const owner = this.live.findLast((b) => b.report.killed.some((k) => k.pid === pid) || b.report.chosen?.pid === pid)
    owner?.add(line, m)
  }

  private remember(host: string, { pid, name }: OomProcess): void {
    const list = this.dead.get(host) ?? []
    list.push({ pid, name })
    if (list.length > MAX_EARLIER) list.shift()
    if (this.dead.size < MAX_KEYS) this.dead.set(host, list)
  }

  private emit(): OomReport[] {
    const out: OomReport[] = []
    let rows = this.live.reduce((sum, b) => sum + b.size, 0)
    while (this.live.length > 0) {
      const first = this.live[0]
      const wait = first.decided ? REAPER_LINES : STALE_LINES
      if (this.live.length <= MAX_LIVE && rows <= MAX_ROWS && this.no - first.report.lines[1] <= wait) break
      this.live.shift()
      rows -= first.size
      for (const [key, b] of this.current) if (b === first) this.current.delete(key)
      if (first.real) out.push(this.finish(first))
    }
    return out
  }

  private finish(builder: OomReportBuilder): OomReport {
    return builder.finish(this.kernels.get(builder.report.host ?? '') ?? null)
  }
}

/** `NAME` on one line and `invoked oom-killer: …` on the next: mail programs wrap even there. */
function withName(line: LogLine, before: string): LogLine {
  if (line.prefixed || !line.text.startsWith('invoked oom-killer:')) return line
  const name = stripPrefix(detached(before))
  if (name.foreign || name.text === '' || name.text.length > 15) return line
  return { ...name, text: `${name.text} ${line.text}` }
}

/** A copy: what is kept of a line must not keep the whole block alive that the line was cut out of. */
function detached(line: string): string {
  return Buffer.from(line).toString()
}

/**
 * All OOM reports of a kernel log, in the order in which they begin; memory is bounded whatever the log is.
 *
 * @param path a file, `-` for standard input; gzip is recognised by content
 * @throws InputError when the log cannot be read; reports from before the damage are handed out first
 */
export async function* readOomReports(path: string, stdin?: AsyncIterable<Uint8Array>): AsyncGenerator<OomReport> {
  const source = await openLog(path, stdin)
  const reader = new OomReportReader(path)
  try {
    for await (const line of logLines(source.chunks())) yield* reader.push(line)
  } catch (e) {
    yield* reader.end()
    throw e
  } finally {
    await source.close()
  }
  yield* reader.end()
}

/** The same for a text in memory. */
export function parseOomReports(text: string, file = '-'): OomReport[] {
  const reader = new OomReportReader(file)
  const out: OomReport[] = []
  for (const line of text.split('\n')) out.push(...reader.push(line))
  out.push(...reader.end())
  return out
}
