/**
 * What a replay reports while it runs: plain rows, the same the store writes. No SQL, no formats.
 *
 * Units: times in seconds of simulated time, durations in microseconds, sizes in pages unless the name says otherwise.
 */

/** Totals by /proc/vmstat name. */
export type Counters = Record<string, number>

/** One sample of the whole machine. Counters are changes since the previous sample, levels are values at `t`. */
export interface IntervalRecord {
  t: number
  dt: number
  levels: Counters
  counters: Counters
}

export interface ZoneIntervalRecord {
  t: number
  node: number
  zone: string
  free: number
  pcp: number
  min: number
  low: number
  high: number
  boost: number
  managed: number
}

export interface OomCandidateRecord {
  pid: number
  comm: string
  rss: number
  swap: number
  /** Page-table pages. */
  pgtables: number
  oom_score_adj: number
  /** oom_badness; null when not eligible. */
  points: number | null
  eligible: boolean
  /** Why not eligible, or '' . */
  reason: string
}

export interface OomRecord {
  t: number
  /** `CONSTRAINT_NONE`, `CONSTRAINT_MEMCG`, … */
  constraint: string
  /** Path of the cgroup whose limit was hit, '' for a global OOM. */
  cgroup: string
  /** Who asked for memory. */
  invoker_pid: number
  invoker_comm: string
  victim_pid: number
  victim_comm: string
  victim_points: number | null
  victim_rss: number
  totalpages: number
  /** True for the further processes of a memory.oom.group kill. */
  group_kill: boolean
  free: number
  swap_free: number
  candidates: OomCandidateRecord[]
}

/** One direct reclaim (or memcg limit reclaim) as the stalled task saw it. */
export interface StallRecord {
  t: number
  pid: number
  comm: string
  /** `direct`, `memcg-max`, `memcg-high`, `node-reclaim`, `throttle`. */
  kind: string
  cgroup: string
  duration_us: number
  scanned: number
  reclaimed: number
  /** Lowest priority reached. */
  priority: number
  /** `reclaimed`, `no-progress`, `oom`. */
  outcome: string
}

export interface KswapdCycleRecord {
  t: number
  node: number
  duration_us: number
  scanned: number
  reclaimed: number
  priority: number
  highest_zone: string
  /** True when a zone reached its high watermark. */
  balanced: boolean
}

/** An mmap that overcommit accounting refused, with the arithmetic. */
export interface RefusedMmapRecord {
  t: number
  pid: number
  comm: string
  region: string
  pages: number
  mode: number
  committed: number
  /** What the request was compared with, pages. */
  allowed: number
  /** The comparison in words, for example `committed 70000 + request 50000 >= limit 90000`. */
  reason: string
}

/** Where the records go; the store implements it. Calls come in order of `t` for each kind. */
export interface ReplaySink {
  interval(r: IntervalRecord): void
  zoneInterval(r: ZoneIntervalRecord): void
  oom(r: OomRecord): void
  stall(r: StallRecord): void
  kswapdCycle(r: KswapdCycleRecord): void
  refusedMmap(r: RefusedMmapRecord): void
}

/** What a finished replay says of itself. */
export interface ReplaySummary {
  /** Trace events replayed, and page accesses among them. */
  events: number
  pageEvents: number
  /** Simulated seconds. */
  duration: number
  /** Change of every modelled counter over the whole run. */
  counters: Counters
  /** psi totals, microseconds. */
  psi: { some: number; full: number }
  warnings: string[]
}
