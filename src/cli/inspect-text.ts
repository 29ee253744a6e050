/** What an input holds, as text for a terminal. */

import type { Inspection, SeriesInspection, TraceInspection } from '../ingest/inspect.js'
import { number, seconds, visible, wrapped } from './text.js'

/** Issues that are printed in full; of the rest each kind is counted. */
const ISSUES_SHOWN = 12

/** The report, ending in a newline. */
export function formatInspection(r: Inspection): string {
  const lines = [
    `${visible(r.file)}  (${r.format}, ${number(r.bytes)} bytes)`,
    ...(r.kind === 'allocation' ? traceLines(r) : seriesLines(r)),
    ...issueLines(r),
  ]
  if (r.error !== undefined) {
    lines.push(...wrapped('unusable', visible(r.error.message)))
    if (r.error.hint !== undefined) lines.push(...wrapped('hint', visible(r.error.hint)))
  }
  return `${lines.join('\n')}\n`
}

function traceLines(r: TraceInspection): string[] {
  const ops = Object.entries(r.by_op).map(([op, n]) => `${op} ${number(n)}`)
  const { machine, note } = r.header
  return [
    ...wrapped('events', `${number(r.events)} over ${seconds(r.span_s)}: ${ops.join(', ')}`),
    ...wrapped('processes', `${number(r.processes)}, with ${number(r.regions)} mapped regions`),
    ...wrapped('pages', `${number(r.pages)} touched, read, written or advised`),
    ...wrapped('machine', machine === undefined ? 'not stated' : visible(JSON.stringify(machine))),
    ...(note === undefined ? [] : wrapped('note', visible(note))),
  ]
}

function seriesLines(r: SeriesInspection): string[] {
  const { host, kernel, tool, cpus, startEpoch } = r.meta
  const from = [
    host === undefined ? undefined : `host ${host}`,
    kernel === undefined ? undefined : `Linux ${kernel}`,
    cpus === undefined ? undefined : `${cpus} CPUs`,
    tool,
    startEpoch === undefined ? undefined : `from ${new Date(startEpoch * 1000).toISOString()}`,
  ].filter((part) => part !== undefined)
  const restarts = r.segments > 1 ? `, in ${r.segments} parts between restarts` : ''
  const totals = Object.entries(r.repaired).filter(([, value]) => value !== 0)
  const raw = Object.entries(r.raw)
  return [
    ...(from.length === 0 ? [] : wrapped('recorded', visible(from.join(', ')))),
    ...wrapped('samples', `${number(r.samples)} over ${seconds(r.span_s)}${restarts}`),
    ...tableLines(r.tables),
    ...wrapped('counted', totals.length === 0 ? 'nothing' : sums(totals)),
    ...(raw.length === 0 ? [] : wrapped('as recorded', `${sums(raw)} (before repair)`)),
  ]
}

const sums = (totals: [string, number][]): string =>
  totals.map(([name, value]) => `${name} ${number(value)}`).join(', ')

/** Only some formats have tables; what stands in them is the format's own. */
function tableLines(tables: unknown): string[] {
  if (typeof tables !== 'object' || tables === null || Array.isArray(tables)) return []
  const named = Object.entries(tables as Record<string, { rows?: number }>).map(([name, t]) =>
    t?.rows === undefined ? name : `${name} ${number(t.rows)} rows`,
  )
  return named.length === 0 ? [] : wrapped('tables', visible(named.join(', ')))
}

function issueLines({ issues }: Inspection): string[] {
  if (issues.length === 0) return wrapped('problems', 'none found')
  const lines = issues.slice(0, ISSUES_SHOWN).flatMap((issue) => {
    const where = issue.line === undefined ? '' : `line ${issue.line}: `
    return wrapped('problem', visible(`${where}${issue.message} (${issue.code}, ${issue.action})`))
  })
  const rest = new Map<string, number>()
  for (const { code } of issues.slice(ISSUES_SHOWN)) rest.set(code, (rest.get(code) ?? 0) + 1)
  if (rest.size > 0) lines.push(...wrapped('and more', [...rest].map(([code, n]) => `${code} ${number(n)}`).join(', ')))
  return lines
}
