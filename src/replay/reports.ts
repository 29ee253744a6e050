/** Turns what the model reports into records for the sink. */

import { ZONE_NAMES } from '../mm/config.js'
import type { Mm, MmReports } from '../mm/context.js'
import type { ReplaySink } from './records.js'

export function reportsTo(mm: Mm, sink: ReplaySink): MmReports {
  return {
    stall: (r) =>
      sink.stall({
        t: r.start / 1e6,
        pid: r.task.pid,
        comm: r.task.comm,
        kind: r.kind,
        cgroup: r.memcg?.path ?? '',
        duration_us: mm.time[0] - r.start,
        scanned: r.scanned,
        reclaimed: r.reclaimed,
        priority: r.priority,
        outcome: r.outcome,
      }),
    kswapdCycle: (r) =>
      sink.kswapdCycle({
        t: r.start / 1e6,
        node: r.node,
        duration_us: mm.time[0] - r.start,
        scanned: r.scanned,
        reclaimed: r.reclaimed,
        priority: r.priority,
        highest_zone: ZONE_NAMES[r.highestZone],
        balanced: r.balanced,
      }),
    oom: (r) =>
      sink.oom({
        t: mm.time[0] / 1e6,
        constraint: r.constraint,
        cgroup: r.memcg?.path ?? '',
        invoker_pid: r.invoker.pid,
        invoker_comm: r.invoker.comm,
        victim_pid: r.victim.pid,
        victim_comm: r.victim.comm,
        victim_points: r.points,
        victim_rss: r.rss,
        totalpages: r.totalpages,
        group_kill: r.groupKill,
        free: mm.alloc.nrFree(),
        swap_free: mm.swapfile.nrFree(),
        candidates: r.candidates.map((c) => ({
          pid: c.task.pid,
          comm: c.task.comm,
          rss: c.rss,
          swap: c.swap,
          pgtables: c.pgtables,
          oom_score_adj: c.task.oomScoreAdj,
          points: c.points,
          eligible: c.points !== null,
          reason: c.reason,
        })),
      }),
  }
}
