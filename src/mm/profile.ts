/**
 * What differs between kernel releases, as data and small rules, so that the model itself never asks for a version.
 *
 * A profile names the choices of one release; the modules read the fields they need once, when the model is built.
 * Sources: kernel trees of the releases named; see the docstring of each field.
 */

export interface KernelProfile {
  /** Release, `6.1`. */
  name: string
  /** Pages charged to a memcg at once (MEMCG_CHARGE_BATCH). */
  memcgChargeBatch: number
  /** Futile passes of limit reclaim before the memcg OOM killer (MAX_RECLAIM_RETRIES). */
  memcgReclaimRetries: number
  /** Microseconds between the kill and the oom_reaper's first look at the victim. */
  oomReaperDelayUs: number
  /** How a page written by reclaim or refaulted weighs on the balance: `lru_note_cost`. */
  reclaimCost: (pages: number, scanned: number, reclaimed: number) => number
  /** Cost of a refault judged as restore, per page. */
  restoreCost: number
  /** pcp `high`: a share of the low watermark, or six batches (before 5.14). */
  pcpHigh: 'low-watermark' | 'six-batches'
  /** Length of a stall on writeback or congestion: `reclaim_throttle` or the older `congestion_wait`. */
  throttle: 'reclaim_throttle' | 'congestion_wait'
  /** Overcommit heuristic of mode 0. */
  overcommitGuess: 'ram-plus-swap' | 'available'
  /** Zero-filled pages are not written to swap. */
  swapSkipsZeroPages: boolean
  /** Reclaim with a goal may leave the walk over memcgs when the goal is met. */
  partialMemcgWalks: boolean
}

const V6_1: KernelProfile = {
  name: '6.1',
  memcgChargeBatch: 64,
  memcgReclaimRetries: 16,
  oomReaperDelayUs: 2_000_000,
  reclaimCost: (pages) => pages,
  restoreCost: 1,
  pcpHigh: 'low-watermark',
  throttle: 'reclaim_throttle',
  overcommitGuess: 'ram-plus-swap',
  swapSkipsZeroPages: false,
  partialMemcgWalks: false,
}

/** Profiles by release. Others than 6.1 follow 6.1 in what is not listed here. */
export const PROFILES: Record<string, KernelProfile> = { '6.1': V6_1 }

export const DEFAULT_PROFILE = '6.1'

export function kernelProfile(name: string): KernelProfile {
  return PROFILES[name] ?? PROFILES[DEFAULT_PROFILE]
}
