/**
 * What one reclaim call carries along (struct scan_control), and its per-round tallies.
 */
import type { Gfp } from './gfp.js'
import type { Memcg } from './memcg.js'
import { Plug } from './swap-state.js'
import type { Task } from './task.js'

export const DEF_PRIORITY = 12
export const SWAP_CLUSTER_MAX = 32

/** A batch of `pages` where each page stands for `scale` of them, one at least. */
export function scaledBatch(pages: number, scale = 1): number {
  return Math.max(1, Math.round(pages / scale))
}

/** may_deactivate bits. */
export const DEACTIVATE_ANON = 1
export const DEACTIVATE_FILE = 2

export class ScanControl {
  nrScanned = 0
  nrReclaimed = 0
  priority = DEF_PRIORITY
  mayWritepage = true
  mayUnmap = true
  maySwap = true
  memcgLowReclaim = false
  memcgLowSkipped = false
  forceDeactivate = false
  skippedDeactivate = false
  mayDeactivate = 0
  cacheTrimMode = false
  fileIsTiny = false
  /** Costs of the target vector as they stood when the round began. */
  anonCost = 0
  fileCost = 0
  /** Pages examined over the whole call, for reports. */
  totalScanned = 0

  /** Pages to scan of each list of a vector: all, and those left. */
  readonly targets = new Int32Array(4)
  readonly remaining = new Int32Array(4)

  /** Tallies of one shrink_node round. */
  dirty = 0
  unqueuedDirty = 0
  congested = 0
  writeback = 0
  immediate = 0
  taken = 0
  fileTaken = 0

  constructor(
    public nrToReclaim: number,
    /** Highest zone index whose pages count. */
    public reclaimIdx: number,
    /** memcg whose limit is being enforced; null for global reclaim. */
    readonly target: Memcg | null,
    readonly gfp: Gfp,
    /** Who reclaims. */
    readonly task: Task,
    readonly kswapd: boolean,
    /** Writes held back until the lists of a vector are done. */
    readonly plug = new Plug(),
  ) {}

  resetTallies(): void {
    this.dirty = 0
    this.unqueuedDirty = 0
    this.congested = 0
    this.writeback = 0
    this.immediate = 0
    this.taken = 0
    this.fileTaken = 0
  }
}
