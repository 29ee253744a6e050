/**
 * Slab memory that follows the page cache: what the kernel needs to keep track of cached and dirtied pages.
 *
 * - An xarray node (576 bytes, seven a page) stands for 64 neighbouring pages of a file; it stays while the pages, or the
 *   shadow entries of evicted ones, are remembered.
 * - A buffer head (104 bytes, 39 a page) stands for each page that was written through a file system with buffers (ext4);
 *   it goes with the page.
 * - A process takes a task, an mm, files, signals and vmas.
 *
 * Other caches (dentries, inodes) are what the machine had at the start; they are not shrunk.
 */

import type { Mm } from './context.js'
import { CHUNK_SHIFT, type PageIndex, PG_PRIVATE } from './page.js'
import type { AddressSpace, Task } from './task.js'
import { NS } from './vmstat.js'

const XA_NODES_PER_PAGE = 7
/** Pages of a file in one node. */
const XA_CHUNK_SHIFT = 6
const BUFFER_HEADS_PER_PAGE = 39
/** Slab of one process: task_struct, mm, signals, files, vmas. Measured: 4 to 7 pages. */
export const TASK_SLAB_PAGES = 5

/** One cache: objects that share pages. */
class Cache {
  objects = 0
  readonly pages: number[] = []

  constructor(
    private readonly mm: Mm,
    private readonly perPage: number,
  ) {}

  add(task: Task): void {
    this.objects++
    if (this.objects <= this.pages.length * this.perPage) return
    const zone = this.mm.alloc.kernelPage(task)
    if (zone < 0) return
    this.pages.push(zone)
    this.mm.ns[this.mm.zoneNode[zone] * NS.NR + NS.slabReclaimable]++
  }

  remove(cpu: number): void {
    this.objects--
    if (this.objects > (this.pages.length - 1) * this.perPage) return
    const zone = this.pages.pop()
    if (zone === undefined) return
    this.mm.ns[this.mm.zoneNode[zone] * NS.NR + NS.slabReclaimable]--
    this.mm.alloc.freeKernelPage(zone, cpu)
  }
}

export interface Slab {
  /** A page of the file enters the cache. */
  cacheInsert(file: AddressSpace, index: number, task: Task): void
  /** The page gets buffers, if it has none. */
  attachBuffers(page: PageIndex, task: Task): void
  /** The page's buffers go (try_to_free_buffers). */
  dropBuffers(page: PageIndex, cpu: number): void
}

export function createSlab(mm: Mm): Slab {
  const { flags } = mm.pages
  const nodes = new Cache(mm, XA_NODES_PER_PAGE)
  const bufferHeads = new Cache(mm, BUFFER_HEADS_PER_PAGE)
  const perChunk = CHUNK_SHIFT - XA_CHUNK_SHIFT

  return {
    cacheInsert(file, index, task) {
      const chunk = index >> CHUNK_SHIFT
      const bit = 1 << ((index >> XA_CHUNK_SHIFT) & ((1 << perChunk) - 1))
      const had = file.chunkNodes[chunk] ?? 0
      if (had & bit) return
      file.chunkNodes[chunk] = had | bit
      nodes.add(task)
    },
    attachBuffers(page, task) {
      if (flags[page] & PG_PRIVATE) return
      flags[page] |= PG_PRIVATE
      bufferHeads.add(task)
    },
    dropBuffers(page, cpu) {
      if (!(flags[page] & PG_PRIVATE)) return
      flags[page] &= ~PG_PRIVATE
      bufferHeads.remove(cpu)
    },
  }
}
