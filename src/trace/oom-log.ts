/** OOM kills as kernel logs tell them: what the reader of logs hands to the store. */

/** A task of the table; null where an old kernel prints no such column. */
export interface OomLogCandidate {
  pid: number
  comm: string
  rss: number
  swap: number | null
  pgtables: number | null
  oom_score_adj: number
  /** Null when not eligible. */
  points: number | null
  eligible: boolean
  /** Why not eligible, or ''. */
  reason: string
}

/** One killed process of a report; null is what the report does not say. Sizes in pages. */
export interface OomLogRecord {
  file: string
  /** 1-based line where the report begins. */
  line: number
  /** Seconds since boot. */
  t: number | null
  /** Release, '' when the log names none. */
  kernel: string
  /** With `CONSTRAINT_`. */
  constraint: string
  /** Cgroup whose limit was hit, '' for a global OOM. */
  cgroup: string
  invoker_pid: number | null
  invoker_comm: string | null
  gfp: string | null
  order: number | null
  victim_pid: number | null
  victim_comm: string | null
  victim_points: number | null
  victim_rss: number | null
  totalpages: number | null
  /** True for the further processes of a memory.oom.group kill. */
  group_kill: boolean
  free: number | null
  swap_free: number | null
  computed_pid: number | null
  computed_comm: string | null
  computed_points: number | null
  agrees: boolean | null
  explanation: string
  /** In the order of the table; of a group kill only the first record has them. */
  candidates: OomLogCandidate[]
}
