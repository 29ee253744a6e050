/** A verdict as the plain rows that the store keeps beside the replay's own OOM kills. */

import type { OomLogRecord } from '../../../trace/oom-log.js'
import type { OomProcess } from '../report.js'
import type { OomVerdict } from './verdict.js'

/** One record a killed process; a report without victim gives one record without. */
export function toOomRecords(v: OomVerdict): OomLogRecord[] {
  const victims: (OomProcess | null)[] = v.report.killed.length > 0 ? v.report.killed : [null]
  return victims.map((victim, i) => record(v, victim, i > 0))
}

function record(v: OomVerdict, victim: OomProcess | null, further: boolean): OomLogRecord {
  const { report, computed } = v
  const row = v.listed.find((c) => c.pid === victim?.pid)
  const swapFree = report.memory?.swap_free_kb ?? null
  return {
    file: report.file,
    line: report.lines[0],
    t: report.uptime,
    kernel: report.kernel ?? '',
    constraint: `CONSTRAINT_${report.constraint ?? 'NONE'}`,
    cgroup: report.constraint === 'MEMCG' ? (report.memcg?.path ?? '') : '',
    invoker_pid: report.invoker?.pid ?? null,
    invoker_comm: report.invoker?.name ?? null,
    gfp: report.gfp,
    order: report.order,
    victim_pid: victim?.pid ?? null,
    victim_comm: victim?.name ?? null,
    victim_points: row?.points ?? null,
    victim_rss: row?.rss ?? killedRss(v, victim),
    totalpages: v.totalpages.pages,
    group_kill: further,
    free: report.memory?.totals.free ?? null,
    swap_free: swapFree === null ? null : Math.floor(swapFree / v.page_kb),
    computed_pid: computed?.pid ?? null,
    computed_comm: computed?.name ?? null,
    computed_points: computed?.points ?? null,
    agrees: v.agrees,
    explanation: v.explanation,
    candidates: further ? [] : v.listed.map(({ name, uid: _uid, ...c }) => ({ ...c, comm: name })),
  }
}

/** From the `Killed process` line, where no row of the table says it. */
function killedRss(v: OomVerdict, victim: OomProcess | null): number | null {
  const k = v.report.killed.find((x) => x.pid === victim?.pid)
  if (!k || k.anon_rss_kb === null) return null
  return Math.floor((k.anon_rss_kb + (k.file_rss_kb ?? 0) + (k.shmem_rss_kb ?? 0)) / v.page_kb)
}
