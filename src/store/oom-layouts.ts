import type { OomCandidateRecord, OomRecord } from '../replay/records.js'
import { explainOom } from './oom-explanation.js'
import type { Layout } from './row-buffer.js'

/** A candidate as a kernel log prints it: old kernels leave some columns out. */
export type LogOomCandidate = Omit<OomCandidateRecord, 'swap' | 'pgtables'> & {
  swap: number | null
  pgtables: number | null
}

/**
 * One killed process of an OOM report in a kernel log. What the report does not say is null.
 * Sizes in pages, as in {@link OomRecord}.
 */
export interface LogOomRecord {
  /** The file as the user named it, `-` for standard input. */
  file: string
  /** 1-based line where the report begins. */
  line: number
  /** Kernel time stamp of the report, seconds. */
  t: number | null
  /** Release, '' when the report names none. */
  kernel: string
  constraint: string
  /** Cgroup whose limit was hit, '' for a global OOM. */
  cgroup: string
  invoker_pid: number | null
  invoker_comm: string | null
  /** As printed: mask and names. */
  gfp: string | null
  order: number | null
  /** Null when the report names nobody (no killable process, or the log was cut). */
  victim_pid: number | null
  victim_comm: string | null
  victim_points: number | null
  victim_rss: number | null
  totalpages: number | null
  group_kill: boolean
  free: number | null
  swap_free: number | null
  /** Whom the scores of the report's own task table pick. */
  computed_pid: number | null
  computed_comm: string | null
  computed_points: number | null
  /** Whether the kernel's victim follows from the scores; null when that cannot be told. */
  agrees: boolean | null
  explanation: string
  candidates: LogOomCandidate[]
}

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
  r: OomRecord | LogOomRecord,
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
export const LOG_OOM: Layout<LogOomRecord> = {
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

export const OOM_CANDIDATE: Layout<OomCandidateRecord | LogOomCandidate> = {
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
