/**
 * Processes and what they map: mm_struct, vm_area_struct and address_space, as far as reclaim looks at them.
 */
import type { Memcg } from './memcg.js'
import type { PageIndex } from './page.js'

/** State of sequential readahead of one open file (struct file_ra_state). */
export class RaState {
  start = 0
  size = 0
  asyncSize = 0
  mmapMiss = 0
  /** Page after the last read (prev_pos), −2 before the first. */
  prevIndex = -2
}

/** A file (struct address_space of its inode). */
export class AddressSpace {
  /** Page indices by chunk of 512 file pages; −1 = chunk without pages. */
  chunks: number[] = []
  nrCached = 0
  nrDirty = 0
  /** xarray nodes in each chunk, one bit a node of 64 pages. */
  chunkNodes: number[] = []
  /** Pages under writeback. */
  nrWriteback = 0
  /** When the oldest page now dirty was dirtied, µs; Infinity when clean. */
  dirtiedWhen = Number.POSITIVE_INFINITY
  /** File mappings, for rmap. */
  readonly mappings: Vma[] = []
  /** File-system metadata in use: its buffers cannot be released. */
  pinned = false
  /** Where the flusher goes on. */
  writebackIndex = 0

  constructor(
    /** Index in `Mm.files`. */
    readonly id: number,
    readonly name: string,
    /** Length in pages; grows with writes, and with reads when it was not stated. */
    size: number,
  ) {
    this.size = size
  }
  size: number
}

export type VmaKind = 'anon' | 'file' | 'shmem'

/** A mapping (struct vm_area_struct). */
export class Vma {
  /** Page(-table) indices by chunk of 512 pages; −1 = nothing touched there yet. */
  readonly chunks: Int32Array
  /** Pages mlocked: all of the region, or a range. */
  lockedStart = 0
  lockedEnd = 0
  /** VM_RAND_READ: MADV_RANDOM, no readahead on faults. */
  randRead = false
  readonly ra = new RaState()
  /** Swap readahead by address: previous fault, window and hits (`vma->swap_readahead_info`). */
  swapRaAddress = -2
  swapRaWindow = 0
  swapRaHits = 4
  /** Somebody outside of the trace keeps using it: found accessed at every look. */
  alwaysYoung = false
  /** Counted in Committed_AS. */
  committed = 0
  /** Page tables that it brought along. */
  tables = 0

  constructor(
    /** Index in `Mm.vmas`. */
    readonly id: number,
    readonly task: Task,
    readonly kind: VmaKind,
    readonly pages: number,
    readonly file: AddressSpace | null,
  ) {
    this.chunks = new Int32Array(Math.ceil(pages / 512)).fill(-1)
  }

  isLocked(page: number): boolean {
    return page >= this.lockedStart && page < this.lockedEnd
  }
}

export class Task {
  rssAnon = 0
  rssFile = 0
  rssShmem = 0
  swapents = 0
  /** Page-table pages. */
  pgtables = 0
  kernelStackPages = 0
  /** Pages of all mappings. */
  totalVm = 0
  readonly vmas = new Set<Vma>()
  readonly files = new Map<AddressSpace, RaState>()
  /** Exited or killed and torn down. */
  dead = false
  /** Killed by the OOM killer (TIF_MEMDIE): may use reserves, dies at the next chance. */
  oomVictim = false
  /** MMF_OOM_SKIP: its memory has been taken, selection passes it over. */
  oomSkip = false
  /** memory.high: pages charged over the limit, dealt with on return to user mode. */
  overHigh = 0
  /** PF_MEMALLOC: inside reclaim. */
  memalloc = false
  /** Sleeps for a disk, or because it dirtied too much (in_iowait). */
  iowait = false
  #memstall = 0
  /** Told when the task begins and ends to wait for memory. */
  onMemstall: ((task: Task, stalled: boolean) => void) | null = null
  /** Pages dirtied since the last call of balance_dirty_pages. */
  nrDirtied = 0
  nrDirtiedPause = 32

  constructor(
    /** Dense serial in order of spawning. */
    readonly id: number,
    readonly pid: number,
    readonly comm: string,
    public memcg: Memcg,
    readonly cpu: number,
    /** Node of the CPU. */
    readonly node: number,
    readonly oomScoreAdj: number,
    /** Kernel threads have no mm. */
    readonly kthread = false,
  ) {}

  /** Depth of memory-stall sections (psi_memstall_enter, psi_memstall_leave). */
  get memstall(): number {
    return this.#memstall
  }

  set memstall(depth: number) {
    const was = this.#memstall
    this.#memstall = depth
    if ((was === 0) !== (depth === 0)) this.onMemstall?.(this, depth > 0)
  }

  rss(): number {
    return this.rssAnon + this.rssFile + this.rssShmem
  }
}

export type { PageIndex }
