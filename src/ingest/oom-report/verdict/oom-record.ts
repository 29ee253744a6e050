/** A verdict as the plain rows that the store keeps beside the replay's own OOM kills. */

import type { OomCandidateRecord, OomRecord } from '../../../replay/records.js'
import type { OomProcess } from '../report.js'
import type { RankedTask } from './ranking.js'
import type { OomVerdict } from './verdict.js'

/**
 * One record a killed process; the candidates stand in the first. A report without victim gives one record with
 * `victim_pid` 0. Pages; `t` is seconds since boot, or since 1970 where the log has dates with years only, or else 0.
 */
export function toOomRecords(v: OomVerdict): OomRecord[] {
  const victims: (OomProcess | null)[] = v.report.killed.length > 0 ? v.report.killed : [null]
  return victims.map((victim, i) => record(v, victim, i > 0))
}

function record(v: OomVerdict, victim: OomProcess | null, further: boolean): OomRecord {
  const { report } = v
  const killed = report.killed.find((k) => k.pid === victim?.pid)
  const row = v.candidates.find((c) => c.pid === victim?.pid)
  const kb = (killed?.anon_rss_kb ?? 0) + (killed?.file_rss_kb ?? 0) + (killed?.shmem_rss_kb ?? 0)
  return {
    t: report.uptime ?? epochSeconds(report.clock) ?? 0,
    constraint: `CONSTRAINT_${report.constraint ?? 'NONE'}`,
    cgroup: report.constraint === 'MEMCG' ? (report.memcg?.path ?? '') : '',
    invoker_pid: report.invoker?.pid ?? 0,
    invoker_comm: report.invoker?.name ?? '',
    victim_pid: victim?.pid ?? 0,
    victim_comm: victim?.name ?? '',
    victim_points: row?.points ?? null,
    victim_rss: row?.rss ?? Math.floor(kb / v.page_kb),
    totalpages: v.totalpages.pages ?? 0,
    group_kill: further,
    free: report.memory?.totals.free ?? 0,
    swap_free: Math.floor((report.memory?.swap_free_kb ?? 0) / v.page_kb),
    candidates: further ? [] : v.candidates.map(candidate),
  }
}

function candidate(t: RankedTask): OomCandidateRecord {
  return {
    pid: t.pid,
    comm: t.name,
    rss: t.rss,
    swap: t.swap,
    pgtables: t.pgtables,
    oom_score_adj: t.oom_score_adj,
    points: t.points,
    eligible: t.eligible,
    reason: t.reason,
  }
}

/** Only stamps with a year say when it was. */
function epochSeconds(clock: string | null): number | null {
  if (clock === null || !/\d{4}/.test(clock)) return null
  const ms = Date.parse(clock)
  return Number.isNaN(ms) ? null : ms / 1000
}
