import type { OomCandidateRecord, OomRecord } from '../replay/records.js'
import type { OomLogCandidate, OomLogRecord } from '../trace/oom-log.js'
import { explainOom } from './oom-explanation.js'
import type { Layout } from './row-buffer.js'

const SHARED = [
  'id',
  'source',
  'kernel',
  't',
  'constraint',
  'cgroup',
  'invoker_pid',
  'invoker_comm',
  'victim_pid',
  'victim_comm',
  'victim_points',
  'victim_rss',
  'totalpages',
  'group_kill',
  'free',
  'swap_free',
  'explanation',
]

/** Both kinds of event: what they have in common, in the order of {@link SHARED}. */
function shared(
  id: number,
  source: 'replay' | 'log',
  kernel: string,
  explanation: string,
  r: OomRecord | OomLogRecord,
) {
  return [
    id,
    source,
    kernel,
    r.t,
    r.constraint,
    r.cgroup,
    r.invoker_pid,
    r.invoker_comm,
    r.victim_pid,
    r.victim_comm,
    r.victim_points,
    r.victim_rss,
    r.totalpages,
    r.group_kill ? 1 : 0,
    r.free,
    r.swap_free,
    explanation,
  ]
}

/** Events of the run with this id and kernel profile; the layout's owner is the event. */
export function replayOomLayout(runId: number, kernel: string): Layout<OomRecord> {
  return {
    table: 'oom_event',
    columns: [...SHARED, 'run_id'],
    append: (out, id, _seq, r) => {
      out.push(...shared(id, 'replay', kernel, explainOom(r), r), runId)
    },
  }
}

/** Events of kernel logs; the layout's owner is the event. */
export const LOG_OOM: Layout<OomLogRecord> = {
  table: 'oom_event',
  columns: [
    ...SHARED,
    'gfp',
    'alloc_order',
    'computed_pid',
    'computed_comm',
    'computed_points',
    'agrees',
    'file',
    'line',
  ],
  append: (out, id, _seq, r) => {
    out.push(
      ...shared(id, 'log', r.kernel, r.explanation, r),
      r.gfp,
      r.order,
      r.computed_pid,
      r.computed_comm,
      r.computed_points,
      r.agrees === null ? null : r.agrees ? 1 : 0,
      r.file,
      r.line,
    )
  },
}

export const OOM_CANDIDATE: Layout<OomCandidateRecord | OomLogCandidate> = {
  table: 'oom_candidate',
  columns: [
    'event_id',
    'seq',
    'pid',
    'comm',
    'rss',
    'swap',
    'pgtables',
    'oom_score_adj',
    'points',
    'eligible',
    'reason',
  ],
  append: (out, owner, seq, r) => {
    out.push(
      owner,
      seq,
      r.pid,
      r.comm,
      r.rss,
      r.swap,
      r.pgtables,
      r.oom_score_adj,
      r.points,
      r.eligible ? 1 : 0,
      r.reason,
    )
  },
}
