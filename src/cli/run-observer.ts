/** Stands between a replay and the store, and keeps what the summary of the run tells. */

import type {
  IntervalRecord,
  KswapdCycleRecord,
  OomRecord,
  RefusedMmapRecord,
  ReplaySink,
  StallRecord,
  ZoneIntervalRecord,
} from '../replay/records.js'

/** OOM kills and refused mmaps that a summary names; more are counted. */
const NAMED = 8

export interface StalledProcess {
  comm: string
  stalls: number
  total_us: number
}

export class RunObserver implements ReplaySink {
  readonly stalls = { count: 0, total_us: 0, longest_us: 0 }
  /** By comm: as many as there are names, not events. */
  private readonly byComm = new Map<string, StalledProcess>()
  oomKills = 0
  readonly victims: { t: number; comm: string; pid: number; cgroup: string }[] = []
  refusals = 0
  readonly refused: RefusedMmapRecord[] = []
  kswapdCycles = 0
  /** Simulated time of the latest sample, for progress. */
  now = 0

  constructor(private readonly next: ReplaySink) {}

  interval(r: IntervalRecord): void {
    this.now = r.t
    this.next.interval(r)
  }

  zoneInterval(r: ZoneIntervalRecord): void {
    this.next.zoneInterval(r)
  }

  oom(r: OomRecord): void {
    this.oomKills++
    if (this.victims.length < NAMED)
      this.victims.push({ t: r.t, comm: r.victim_comm, pid: r.victim_pid, cgroup: r.cgroup })
    this.next.oom(r)
  }

  stall(r: StallRecord): void {
    const { stalls } = this
    stalls.count++
    stalls.total_us += r.duration_us
    stalls.longest_us = Math.max(stalls.longest_us, r.duration_us)
    const known = this.byComm.get(r.comm)
    if (known === undefined) this.byComm.set(r.comm, { comm: r.comm, stalls: 1, total_us: r.duration_us })
    else {
      known.stalls++
      known.total_us += r.duration_us
    }
    this.next.stall(r)
  }

  kswapdCycle(r: KswapdCycleRecord): void {
    this.kswapdCycles++
    this.next.kswapdCycle(r)
  }

  refusedMmap(r: RefusedMmapRecord): void {
    this.refusals++
    if (this.refused.length < NAMED) this.refused.push(r)
    this.next.refusedMmap(r)
  }

  /** Who stalled longest. */
  mostStalled(n: number): StalledProcess[] {
    return [...this.byComm.values()].sort((a, b) => b.total_us - a.total_us || (a.comm < b.comm ? -1 : 1)).slice(0, n)
  }
}
