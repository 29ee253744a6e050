/**
 * Request classes of the page allocator (include/linux/gfp_types.h): what a request may use and do.
 */
export interface Gfp {
  /** Highest zone index it may use. */
  highestZone: number
  /** May enter direct reclaim. */
  directReclaim: boolean
  /** Wakes kswapd. */
  wakesKswapd: boolean
  /** __GFP_FS: may enter file systems, may invoke the global OOM killer. */
  fs: boolean
  io: boolean
  /** __GFP_NORETRY: one attempt at reclaim. */
  noRetry: boolean
  noFail: boolean
  /** __GFP_WRITE: page cache about to be dirtied. */
  write: boolean
}

const BASE: Gfp = {
  highestZone: 3,
  directReclaim: true,
  wakesKswapd: true,
  fs: true,
  io: true,
  noRetry: false,
  noFail: false,
  write: false,
}

/** Anonymous memory, swap-in, shared memory. */
export const GFP_HIGHUSER_MOVABLE: Gfp = BASE
/** Page cache for a read that missed. */
export const GFP_PAGECACHE: Gfp = { ...BASE }
/** Readahead: one attempt, no file system. */
export const GFP_READAHEAD: Gfp = { ...BASE, fs: false, noRetry: true }
/** Page cache for write(): ext4 and xfs allocate it inside a transaction. */
export const GFP_PAGECACHE_WRITE: Gfp = { ...BASE, fs: false, write: true }
/** Page tables, stacks, slab. */
export const GFP_KERNEL: Gfp = { ...BASE, highestZone: 2 }
