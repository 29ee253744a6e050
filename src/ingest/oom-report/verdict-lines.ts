/**
 * The lines that say who dies: `dump_oom_summary`, `oom_kill_process` and `__oom_kill_process` of mm/oom_kill.c.
 * https://github.com/torvalds/linux/blob/v6.6/mm/oom_kill.c
 */

import type { OomKilled, OomProcess, OomReaped } from './report.js'

/** `oom-kill:constraint=…` (5.0 and later, RHEL 8). */
export interface OomSummary {
  constraint: string
  nodemask: string | null
  cpuset: string | null
  mems_allowed: string | null
  oom_memcg: string | null
  task_memcg: string | null
  task: OomProcess | null
}

export interface OomSelection extends OomProcess {
  /** Thousandths of totalpages. */
  score: number | null
  memcg: boolean
  allocating_task: boolean
}

export interface OomKillLine extends OomKilled {
  /** The line has `Out of memory:` before it, as since 5.0: it can stand alone. */
  whole: boolean
  memcg: boolean
  allocating_task: boolean
}

const SUMMARY = /^oom-kill: ?constraint=(\w+)/
const KIND = '(?:(Memory cgroup out of memory|Out of memory[^:]{0,60})[:.] *)?'
const SELECTED = new RegExp(
  `^${KIND}Kill process (\\d{1,10})(?:, UID \\d+,)? \\((.{0,80})\\)(?: \\[[^\\]]*\\])?,? ?(.*)$`,
  'i',
)
const KILLED = new RegExp(
  `^${KIND}Killed process :?(\\d{1,10})(?:, UID \\d+,?)? \\((.{0,80}?)\\)(?=[,.]? ?(?:total-vm|vsz|UID|anon-rss)|[,.]?$)(.*)$`,
  'i',
)
const SHARING = /^Kill process (\d{1,10}) \((.{0,80})\) sharing same memory/
const GROUP = /^Tasks in (.+) are going to be killed due to memory\.oom\.group set/
const REAPED = /^oom_reaper: reaped process :?(\d{1,10}) \((.{0,80})\),? (?:now )?(.*)$/
const EXITING = /^OOM victim (\d{1,10}) \((.{0,80})\) is already exiting/
const PANIC = /^Kernel panic - not syncing: (.*(?:[Oo]ut of memory|deadlocked on memory).*)$/
const NO_VICTIM = /^Out of memory and no killable processes/

export function startsVerdict(text: string): boolean {
  return (
    text.startsWith('oom-kill:') ||
    text.startsWith('oom_reaper:') ||
    /^(?:Memory cgroup out of memory|Out of memory|Kill(?:ed)? process |OOM victim |Tasks in )/i.test(text) ||
    PANIC.test(text)
  )
}

/** A verdict that a mail program cut: what every release prints is not all there yet. */
export function verdictIsOpen(text: string): boolean {
  if (text.startsWith('oom-kill:')) return !/,pid=\d+,uid=\d+/.test(text)
  if (text.startsWith('Tasks in ')) return !GROUP.test(text)
  if (!wrapsVerdict(text)) return false
  if (/Killed process/i.test(text)) return !KILLED.test(text) || !/(?:total-vm|vsz):\d+kB.*file-rss:\d+kB/.test(text)
  return !NO_VICTIM.test(text) && !(SELECTED.test(text) && /score \d+ or /.test(text))
}

/** True for lines whose last values may be wrapped without that it shows. */
export function wrapsVerdict(text: string): boolean {
  return /^(?:Memory cgroup out|Out of memory|Killed process |Kill process )/i.test(text) && !NO_VICTIM.test(text)
}

/** Parses the summary; paths and masks hold commas, so fields end where the next known one begins. */
export function parseSummary(text: string): OomSummary | null {
  const m = SUMMARY.exec(text)
  if (!m) return null
  const field = (name: string): string | null => {
    const at = text.indexOf(`,${name}=`)
    if (at < 0) return null
    const rest = text.slice(at + name.length + 2)
    const end = /,(?:nodemask|cpuset|mems_allowed|oom_memcg|global_oom|task_memcg|task)(?=[=,]|$)/.exec(rest)
    return end ? rest.slice(0, end.index) : rest
  }
  const task = /,task=(.{0,80}),pid=(\d{1,10})(?:,uid=\d+)?/.exec(text)
  return {
    constraint: m[1].replace(/^CONSTRAINT_/, ''),
    nodemask: field('nodemask'),
    cpuset: field('cpuset'),
    mems_allowed: field('mems_allowed'),
    oom_memcg: field('oom_memcg'),
    task_memcg: field('task_memcg'),
    task: task ? { pid: Number(task[2]), name: task[1].trim() } : null,
  }
}

/** `Kill process P (NAME) score S or sacrifice child` (up to 4.20); before 2.6.36 `… score S or a child`. */
export function parseSelection(text: string): OomSelection | null {
  const m = SELECTED.exec(text)
  if (!m || SHARING.test(text)) return null
  const score = /^score (\d{1,10})/.exec(m[4])
  return {
    pid: Number(m[2]),
    name: m[3],
    score: score ? Number(score[1]) : null,
    memcg: /^Memory cgroup/i.test(m[1] ?? ''),
    allocating_task: text.includes('oom_kill_allocating_task'),
  }
}

/** `[Out of memory: ]Killed process P (NAME) total-vm:…kB, …`, in the wordings of all releases. */
export function parseKilled(text: string): OomKillLine | null {
  const m = KILLED.exec(text)
  if (!m) return null
  return {
    pid: Number(m[2]),
    name: m[3],
    total_vm_kb: sizeOf(m[4], 'total-vm') ?? sizeOf(m[4], 'vsz'),
    anon_rss_kb: sizeOf(m[4], 'anon-rss'),
    file_rss_kb: sizeOf(m[4], 'file-rss'),
    shmem_rss_kb: sizeOf(m[4], 'shmem-rss'),
    whole: m[1] !== undefined,
    memcg: /^Memory cgroup/i.test(m[1] ?? ''),
    allocating_task: text.includes('oom_kill_allocating_task'),
  }
}

export function parseSharing(text: string): OomProcess | null {
  const m = SHARING.exec(text)
  return m ? { pid: Number(m[1]), name: m[2] } : null
}

export function parseGroup(text: string): string | null {
  return GROUP.exec(text)?.[1] ?? null
}

export function parseReaped(text: string): OomReaped | null {
  const m = REAPED.exec(text)
  return m ? { pid: Number(m[1]), name: m[2], anon_rss_kb: sizeOf(m[3], 'anon-rss') } : null
}

export function parseExiting(text: string): OomProcess | null {
  const m = EXITING.exec(text)
  return m ? { pid: Number(m[1]), name: m[2] } : null
}

export function parsePanic(text: string): string | null {
  return PANIC.exec(text)?.[1].trim() ?? null
}

export function saysNoVictim(text: string): boolean {
  return NO_VICTIM.test(text)
}

function sizeOf(text: string, name: string): number | null {
  const at = text.indexOf(`${name}:`)
  if (at < 0) return null
  const m = /^ ?(\d{1,15})(?!\d)/.exec(text.slice(at + name.length + 1))
  return m ? Number(m[1]) : null
}
