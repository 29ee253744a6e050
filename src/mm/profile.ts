/**
 * What differs between kernel releases, as data and small rules behind one seam, so that the model itself never asks for a
 * version: a module reads the fields it needs when it is built.
 *
 * The arithmetic around the model (watermarks, overcommit, badness) knows eight releases. The rules of reclaim are known
 * for 6.1; for any other release they stand in, and `reclaimRules` says so.
 */
import { type BadnessRules, badnessRules } from './oom-badness.js'
import { type OvercommitRules, overcommitRules } from './overcommit.js'
import { type WatermarkRules, watermarkRules } from './watermark.js'

/** Rules of reclaim and charging. */
export interface ReclaimRules {
  /** Pages charged to a memcg at once (MEMCG_CHARGE_BATCH: 32 before 6.1). */
  memcgChargeBatch: number
  /** Futile passes of limit reclaim before the memcg OOM killer. */
  memcgReclaimRetries: number
  /** Microseconds between a kill and the oom_reaper's look at the victim (2 s, upstream since 5.18 and backported). */
  oomReaperDelayUs: number
  /** What an inactive scan adds to the cost of its type (`lru_note_cost`); since 6.2 fruitless scans cost as well. */
  reclaimCost: (written: number, scanned: number, reclaimed: number) => number
  /** Cost of a refaulted page that had been active. */
  restoreCost: number
}

export interface KernelProfile extends ReclaimRules {
  /** Release, `6.1`. */
  name: string
  /** Release whose reclaim rules are followed: `name` itself where they are known. */
  reclaimRules: string
  watermark: WatermarkRules
  overcommit: OvercommitRules
  badness: BadnessRules
}

const V6_1: ReclaimRules = {
  memcgChargeBatch: 64,
  memcgReclaimRetries: 16,
  oomReaperDelayUs: 2_000_000,
  reclaimCost: (written) => written,
  restoreCost: 1,
}

const RECLAIM: Readonly<Record<string, ReclaimRules>> = {
  '6.1': V6_1,
}

export const DEFAULT_PROFILE = '6.1'

/** The rules of a release; reclaim follows 6.1 where the release's own rules are not in use. */
export function kernelProfile(name: string): KernelProfile {
  const reclaim = RECLAIM[name]
  return {
    ...(reclaim ?? V6_1),
    name,
    reclaimRules: reclaim ? name : DEFAULT_PROFILE,
    watermark: watermarkRules(name),
    overcommit: overcommitRules(name),
    badness: badnessRules(name),
  }
}
