/**
 * The first lines of a report: who asked for what, under which kernel (`dump_header`, `dump_stack_print_info`).
 * https://github.com/torvalds/linux/blob/v6.6/mm/oom_kill.c
 */

export interface OomHeader {
  name: string
  gfp: string | null
  order: number | null
  oom_score_adj: number | null
  nodemask: string | null
}

const INVOKED = /(?:^| )invoked oom-killer:/
const GFP = /\bgfp_mask=(0x[0-9a-fA-F]{1,16}(?:\([^() ]{0,1000}\))?)(?=[ ,]|$)/
const ORDER = /\border=(-?\d{1,9})(?!\d)/
const ADJ = /\boom_score_adj=(-?\d{1,9})(?!\d)/
const OLD_ADJ = /\b(?:oom_adj|oomkilladj)=(-?\d+)/
const NODEMASK = /\bnodemask=(\(null\)|[\d,-]+?)(?=,|\s|$)/
const RELEASE = /^\d+\.\d+[\w.+~-]*$/

/** Parses `NAME invoked oom-killer: …`; the name may hold anything, blanks and colons included. */
export function parseHeader(text: string): OomHeader | null {
  const at = INVOKED.exec(text)
  if (!at) return null
  const rest = text.slice(at.index + at[0].length)
  const order = ORDER.exec(rest)
  const adj = ADJ.exec(rest)
  return {
    name: text.slice(Math.max(0, at.index - 64), at.index).trim(),
    gfp: GFP.exec(rest)?.[1] ?? null,
    order: order ? Number(order[1]) : null,
    oom_score_adj: adj ? Number(adj[1]) : null,
    nodemask: NODEMASK.exec(rest)?.[1] ?? null,
  }
}

/** A header that a mail program cut: the values that every release prints are not all there yet. */
export function headerIsOpen(text: string): boolean {
  if (/ invoked$/.test(text)) return true
  const at = INVOKED.exec(text)
  if (!at) return false
  const rest = text.slice(at.index)
  const adj = ADJ.test(rest) || (OLD_ADJ.test(rest) && !/,\s*$/.test(rest))
  return !(adj && GFP.test(rest) && ORDER.test(rest))
}

/** `NAME cpuset=… mems_allowed=…` (up to 4.20). */
export function parseCpuset(text: string): { cpuset: string; mems_allowed: string } | null {
  const m = /(?:^| )cpuset=(\S+) mems_allowed=([\d,-]+)/.exec(text)
  return m ? { cpuset: m[1], mems_allowed: m[2] } : null
}

/**
 * `CPU: 0 PID: 42 Comm: NAME Not tainted RELEASE …`, before 3.10 `Pid: 42, comm: NAME Not tainted RELEASE …`,
 * on s390 without process.
 */
export function parseCpu(text: string): { pid: number | null; release: string } | null {
  if (!/^(?:CPU: \d|Pid: \d)/.test(text)) return null
  const tainted = text.indexOf('ainted')
  if (tainted < 0) return null
  const tokens = text.slice(tainted + 6).split(' ')
  // Always followed by the number of the build, which tells a whole release from one that was wrapped inside.
  const at = tokens.findIndex(
    (t, i) => RELEASE.test(t) && (tokens[i + 1] === undefined || tokens[i + 1].startsWith('#')),
  )
  if (at < 0) return null
  const release = tokens[at]
  const pid = /\bpid: (\d{1,10})(?!\d)/i.exec(text)
  return { pid: pid ? Number(pid[1]) : null, release }
}

export function cpuIsOpen(text: string): boolean {
  return (
    /^(?:CPU: \d+ (?:UID: \d+ )?(?:PID: \d|Not|Tainted)|Pid: \d+, comm)/.test(text) &&
    !/ainted.* \d+\.\d[^ ]* #\d/.test(text)
  )
}

/** `Linux version RELEASE (…`, the first line of a boot. */
export function parseLinuxVersion(text: string): string | null {
  const m = /^Linux version (\S+)/.exec(text)
  return m && RELEASE.test(m[1]) ? m[1] : null
}

/** `SysRq : Manual OOM execution`, printed before the report. */
export function isManualOom(text: string): boolean {
  return /^(?:sysrq: )?(?:SysRq *: *)?Manual OOM execution/i.test(text)
}
