/** One message of the log → what it is. */

import { isManualOom, type OomHeader, parseCpu, parseCpuset, parseHeader, parseLinuxVersion } from './header-lines.js'
import { isElision } from './logical-lines.js'
import { startsMemInfo } from './mem-info.js'
import { startsMemcgInfo } from './memcg-info.js'
import type { OomProcess, OomReaped } from './report.js'
import { isRow, tableHeader } from './task-table.js'
import {
  type OomKillLine,
  type OomSelection,
  type OomSummary,
  parseExiting,
  parseGroup,
  parseKilled,
  parsePanic,
  parseReaped,
  parseSelection,
  parseSharing,
  parseSummary,
  saysNoVictim,
} from './verdict-lines.js'

export type OomLine =
  | { kind: 'header'; header: OomHeader }
  | { kind: 'cpu'; pid: number | null; release: string }
  | { kind: 'cpuset'; cpuset: string; mems_allowed: string }
  /** A frame of the stack that tells how the OOM killer was called. */
  | { kind: 'trace'; manual: boolean }
  | { kind: 'memory' }
  | { kind: 'memcg' }
  | { kind: 'columns'; columns: string[] }
  | { kind: 'row' }
  | { kind: 'summary'; summary: OomSummary }
  | { kind: 'selection'; selection: OomSelection }
  | { kind: 'killed'; killed: OomKillLine }
  | { kind: 'sharing'; process: OomProcess }
  | { kind: 'group'; path: string }
  | { kind: 'exiting'; process: OomProcess }
  | { kind: 'no-victim' }
  | { kind: 'panic'; text: string }
  | { kind: 'reaped'; reaped: OomReaped }
  /** Not of a report, but about it. */
  | { kind: 'version'; release: string }
  | { kind: 'manual' }
  | { kind: 'elision' }
  | { kind: 'other' }

const LOST =
  /^(?:\*\* \d+ printk messages dropped|printk: \d+ messages suppressed|.{0,80}\bimjournal: \d+ messages lost)/

/** Recognises a message. Never fails: what is not of a report is `other`. */
export function parseLine(text: string): OomLine {
  const header = parseHeader(text)
  if (header) return { kind: 'header', header }
  if (isRow(text)) return { kind: 'row' }
  if (startsMemInfo(text)) return { kind: 'memory' }
  if (startsMemcgInfo(text)) return { kind: 'memcg' }
  if (text.startsWith('[')) {
    const columns = tableHeader(text)
    if (columns) return { kind: 'columns', columns }
  }
  return parseVerdict(text) ?? parseContext(text)
}

/** True for what a log says about its own gaps, whoever wrote it. */
export function saysLinesLost(text: string): boolean {
  return LOST.test(text)
}

function parseVerdict(text: string): OomLine | null {
  if (!/^(?:oom|kill|out of|memory cgroup out|tasks in|kernel panic)/i.test(text)) return null
  const summary = parseSummary(text)
  if (summary) return { kind: 'summary', summary }
  const killed = parseKilled(text)
  if (killed) return { kind: 'killed', killed }
  const selection = parseSelection(text)
  if (selection) return { kind: 'selection', selection }
  const sharing = parseSharing(text)
  if (sharing) return { kind: 'sharing', process: sharing }
  const path = parseGroup(text)
  if (path !== null) return { kind: 'group', path }
  const exiting = parseExiting(text)
  if (exiting) return { kind: 'exiting', process: exiting }
  if (saysNoVictim(text)) return { kind: 'no-victim' }
  const reaped = parseReaped(text)
  if (reaped) return { kind: 'reaped', reaped }
  const panic = parsePanic(text)
  return panic === null ? null : { kind: 'panic', text: panic }
}

function parseContext(text: string): OomLine {
  const cpu = parseCpu(text)
  if (cpu) return { kind: 'cpu', ...cpu }
  const cpuset = parseCpuset(text)
  if (cpuset) return { kind: 'cpuset', ...cpuset }
  const release = parseLinuxVersion(text)
  if (release) return { kind: 'version', release }
  if (isManualOom(text)) return { kind: 'manual' }
  if (/\bmoom_callback\b/.test(text)) return { kind: 'trace', manual: true }
  if (/\bpagefault_out_of_memory\b/.test(text)) return { kind: 'trace', manual: false }
  return { kind: isElision(text) || LOST.test(text) ? 'elision' : 'other' }
}
