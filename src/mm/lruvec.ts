/**
 * LRU vectors: one per memcg and node, five lists each (include/linux/mmzone.h `struct lruvec`).
 */
import { LRU_UNEVICTABLE, NR_LRU } from './lru.js'
import { LruList } from './lru-list.js'
import { PG_ACTIVE, PG_SWAPBACKED, PG_UNEVICTABLE } from './page.js'

/** The list a page with these flags belongs on (`folio_lru_list`). */
export function lruOf(flags: number): number {
  if (flags & PG_UNEVICTABLE) return LRU_UNEVICTABLE
  return (flags & PG_SWAPBACKED ? 0 : 2) + (flags & PG_ACTIVE ? 1 : 0)
}

export class Lruvec {
  readonly lists: LruList[]
  /** Pages by zone index and list: `zoneIndex * NR_LRU + lru`. */
  readonly nrZone = new Int32Array(5 * NR_LRU)
  anonCost = 0
  fileCost = 0
  /** Advances with evictions and activations; wraps at 2^32. */
  nonresidentAge = 0
  /** Refault activations by type in this vector and those below it (WORKINGSET_ACTIVATE_*). */
  readonly activations = new Float64Array(2)
  /** Activations as they stood when reclaim last ended here (`snapshot_refaults`). */
  readonly refaultSnapshot = new Float64Array(2)
  /** LRUVEC_CONGESTED. */
  congested = false
  /** Parts of pages that scans came to, by list: see {@link wholeScan}. */
  private readonly scanDue = new Float64Array(4)

  constructor(
    pos: Int32Array,
    readonly memcgId: number,
    readonly node: number,
    /** Vector of the parent memcg on the same node, null for the root. */
    readonly parent: Lruvec | null,
  ) {
    this.lists = Array.from({ length: NR_LRU }, () => new LruList(pos))
  }

  /**
   * Whole pages of a scan that comes in fractions, as it does where each page stands for several: the rest is added to
   * the next scan of the list.
   */
  wholeScan(lru: number, pages: number): number {
    const due = this.scanDue[lru] + pages
    const whole = Math.floor(due)
    this.scanDue[lru] = due - whole
    return whole
  }

  /** Pages of a list in zones up to `zoneIndex` (`lruvec_lru_size`). */
  size(lru: number, zoneIndex: number): number {
    if (zoneIndex >= 3) return this.lists[lru].nr
    let n = 0
    for (let z = 0; z <= zoneIndex; z++) n += this.nrZone[z * NR_LRU + lru]
    return n
  }
}
