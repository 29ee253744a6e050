/**
 * Per-page state as struct of arrays.
 *
 * A *page* here is a logical page: a page of an anonymous or shared region, or a page of a file, identified by a dense
 * index from the moment its neighbourhood is first touched. The state arrays are indexed by it whether the page is in
 * memory, swapped out or was evicted (then the index keeps the shadow entry). Frames have no identity of their own: a
 * zone only counts how many are free.
 *
 * Indices are given out in chunks of 512, the span of one page-table page: sparse regions cost nothing, a region that
 * goes away gives whole chunks back, and chunk = page-table page keeps `nr_page_table_pages` for free. A mapping of a
 * file takes chunks too, for its page-table entries alone: a hit on a mapped page looks the same for every kind.
 *
 * Why these arrays (measured; see bench/): a resident access reads and writes `pte` and nothing else, so the byte
 * array decides the speed of hits. Everything that only faults and scans need stands in arrays of its own. Int32 where
 * −1 or a tombstone is needed; all indices stay below 2^28, so no value ever leaves the small-integer range.
 * The arrays are reserved at full size once, so that every module can capture them as constants; untouched parts cost
 * address space and no memory.
 */

/** Dense index of a logical page. */
export type PageIndex = number

export const CHUNK_SHIFT = 9
export const CHUNK_PAGES = 1 << CHUNK_SHIFT
export const CHUNK_MASK = CHUNK_PAGES - 1

/** Page-table entry bits, in `pte`. */
export const PTE_PRESENT = 1
export const PTE_YOUNG = 2
export const PTE_DIRTY = 4
/** The entry holds a swap entry. */
export const PTE_SWAP = 8
/** Write access allowed without a fault (anonymous exclusive page, dirtied shared page). */
export const PTE_WRITE = 16
/** Maps the shared zero page: read of untouched anonymous memory. */
export const PTE_ZERO = 32

/** Page flags, in `flags` (include/linux/page-flags.h). */
export const PG_RESIDENT = 1
export const PG_LRU = 1 << 1
export const PG_ACTIVE = 1 << 2
export const PG_REFERENCED = 1 << 3
export const PG_WORKINGSET = 1 << 4
export const PG_DIRTY = 1 << 5
export const PG_WRITEBACK = 1 << 6
/** Rotate to the inactive tail when writeback ends. */
export const PG_RECLAIM = 1 << 7
export const PG_SWAPBACKED = 1 << 8
export const PG_SWAPCACHE = 1 << 9
/** File pages: has buffers. The bit is PG_SWAPCACHE's, which only anonymous and shared memory can have. */
export const PG_PRIVATE = PG_SWAPCACHE
export const PG_UNEVICTABLE = 1 << 10
/** Under read I/O. */
export const PG_LOCKED = 1 << 11
/** Anonymous; swapbacked without it is shmem. */
export const PG_ANON = 1 << 12
/** Readahead marker. */
export const PG_READAHEAD = 1 << 13
/** Not resident: a shadow entry stands in its place (workingset bit kept in PG_WORKINGSET). */
export const PG_SHADOW = 1 << 14
/** Waiting in a CPU's lru_add batch. */
export const PG_BATCHED = 1 << 15
/**
 * Either of them: the page has a single mapping, whose entry has the page's own index. Anonymous memory (lazily freed
 * too) and shared memory.
 */
export const PG_OWN_ENTRY = PG_ANON | PG_SWAPBACKED

/** Thrown when a trace touches more distinct pages at once than indices were reserved for. */
export class OutOfPageIndices extends Error {
  constructor(readonly capacity: number) {
    super(`more than ${capacity} distinct pages are alive at once`)
    this.name = 'OutOfPageIndices'
  }
}

export interface PageState {
  readonly capacity: number
  readonly pte: Uint8Array
  readonly flags: Uint16Array
  /** Zone of the frame, as an index into the machine's zones. */
  readonly zone: Uint8Array
  /** Owning memcg while resident or swapped. */
  readonly memcg: Uint16Array
  /** Position in the ring of the LRU list it is on. */
  readonly pos: Int32Array
  /** nonresident_age at eviction, low 32 bits. */
  readonly shadow: Int32Array
  /** memcg whose vector the shadow's time stamp belongs to. */
  readonly shadowMemcg: Uint16Array
  /** Swap slot, −1 = none. */
  readonly slot: Int32Array
  /** By chunk: the vma (anonymous, shmem) or the file that its pages belong to, as an index. */
  readonly chunkOwner: Int32Array
  /** By chunk: number of its first page within that file or region. */
  readonly chunkStart: Uint32Array
  /** By chunk: dirty pages, of files. */
  readonly chunkDirty: Uint16Array
  /** One bit a page: dirty pages of files (PAGECACHE_TAG_DIRTY), so that the flusher finds them without a look at the rest. */
  readonly dirtyTag: Int32Array
  /** A chunk for pages from `start` on of a region or file. @throws OutOfPageIndices */
  allocChunk(owner: number, start: number): PageIndex
  /** Number of a page within its file or region. */
  numberOf(page: PageIndex): number
  freeChunk(base: PageIndex): void
  /** Indices handed out at present. */
  used(): number
  /** One past the highest index ever handed out. */
  reach(): number
}

/**
 * @param capacity most page indices alive at once, rounded up to whole chunks
 */
export function createPageState(capacity: number): PageState {
  const n = Math.ceil(capacity / CHUNK_PAGES) * CHUNK_PAGES
  const pte = new Uint8Array(n)
  const flags = new Uint16Array(n)
  const zone = new Uint8Array(n)
  const memcg = new Uint16Array(n)
  const pos = new Int32Array(n)
  const shadow = new Int32Array(n)
  const shadowMemcg = new Uint16Array(n)
  const slot = new Int32Array(n)
  const chunkOwner = new Int32Array(n >> CHUNK_SHIFT)
  const chunkStart = new Uint32Array(n >> CHUNK_SHIFT)
  const chunkDirty = new Uint16Array(n >> CHUNK_SHIFT)
  const dirtyTag = new Int32Array(n >> 5)
  const freeChunks: number[] = []
  let next = 0

  return {
    capacity: n,
    pte,
    flags,
    zone,
    memcg,
    pos,
    shadow,
    shadowMemcg,
    slot,
    chunkOwner,
    chunkStart,
    chunkDirty,
    dirtyTag,
    numberOf: (page) => chunkStart[page >> CHUNK_SHIFT] + (page & CHUNK_MASK),
    allocChunk(owner, start) {
      const base = freeChunks.pop() ?? next
      if (base === next) {
        if (next >= n) throw new OutOfPageIndices(n)
        next += CHUNK_PAGES
      } else {
        pte.fill(0, base, base + CHUNK_PAGES)
        flags.fill(0, base, base + CHUNK_PAGES)
      }
      slot.fill(-1, base, base + CHUNK_PAGES)
      chunkOwner[base >> CHUNK_SHIFT] = owner
      chunkStart[base >> CHUNK_SHIFT] = start
      return base
    },
    freeChunk(base) {
      freeChunks.push(base)
    },
    used: () => next - freeChunks.length * CHUNK_PAGES,
    reach: () => next,
  }
}
