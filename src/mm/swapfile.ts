/**
 * Swap areas: slots and who holds them (mm/swapfile.c, mm/swap_slots.c).
 *
 * All areas form one space of slots; area i begins at `areas[i].base`. A slot is held by the swap cache and by the page
 * table entry (or shared-memory object) that refers to it, and is free when both are gone. Slots are handed out through
 * a cache of 64 a CPU, so the number of free slots moves in steps of 64 while there is plenty.
 */

import type { Mm } from './context.js'
import type { Memcg } from './memcg.js'
import { type PageIndex, PG_LOCKED, PG_WRITEBACK } from './page.js'

/** SWAPFILE_CLUSTER with THP swap. */
export const SWAPFILE_CLUSTER = 512
/** SWAP_SLOTS_CACHE_SIZE */
const SLOT_CACHE = 64
/** Free slots a CPU above which the slot caches are switched on, and below which off. */
const CACHE_ON = 320
const CACHE_OFF = 128

/** Who holds a slot: bits. */
enum Held {
  byCache = 1,
  byEntry = 2,
}

export interface SwapArea {
  base: number
  pages: number
  priority: number
  rotational: boolean
  synchronous: boolean
  free: number
  /** Where the search goes on. */
  next: number
  /** Slots taken in each cluster. */
  clusterUsed: Int32Array
}

export interface Swapfile {
  readonly areas: SwapArea[]
  /** Slots in all areas (total_swap_pages). */
  readonly total: number
  /** Free slots, not counting those in slot caches (nr_swap_pages). */
  nrFree(): number
  /** Page whose data a slot holds, −1 when free. */
  readonly owner: Int32Array
  /** Takes a slot for a page that enters the swap cache; −1 when there is none (folio_alloc_swap). */
  allocate(page: PageIndex, memcg: Memcg, cpu: number): number
  /** A page table entry or shared-memory object now refers to the slot. */
  holdByEntry(slot: number): void
  /** Drops that reference; frees the slot if the swap cache does not hold it either. */
  dropEntry(slot: number): void
  /** The swap cache lets go of the slot. */
  dropCache(slot: number): void
  /** A slot read back into the swap cache. */
  holdByCache(slot: number): void
  heldByEntry(slot: number): boolean
  areaOf(slot: number): SwapArea
  /** More than half of all swap is used (vm_swap_full). */
  full(): boolean
  /** Slots that hold data or lie in caches, for the conservation check: [used, cached]. */
  census(): { used: number; cached: number }
}

export function createSwapfile(mm: Mm): Swapfile {
  const cpus = mm.config.cpus
  const areas: SwapArea[] = []
  let total = 0
  for (const c of [...mm.config.swap].sort((a, b) => b.priority - a.priority)) {
    areas.push({
      base: total,
      pages: c.pages,
      priority: c.priority,
      rotational: c.rotational,
      synchronous: c.synchronous,
      free: c.pages,
      next: 0,
      clusterUsed: new Int32Array(Math.ceil(c.pages / SWAPFILE_CLUSTER)),
    })
    total += c.pages
  }
  const owner = new Int32Array(total).fill(-1)
  const held = new Uint8Array(total)
  /** In use by nobody but not free either: in a slot cache. */
  const inCache = new Uint8Array(total)
  let nrFree = total
  const cache: Int32Array[] = Array.from({ length: cpus }, () => new Int32Array(SLOT_CACHE))
  const cacheLength = new Int32Array(cpus)
  const returned: Int32Array[] = Array.from({ length: cpus }, () => new Int32Array(SLOT_CACHE))
  const returnedLength = new Int32Array(cpus)
  let cacheOn = false

  function areaOf(slot: number): SwapArea {
    let i = 0
    while (slot >= areas[i].base + areas[i].pages) i++
    return areas[i]
  }

  /** First free slot of an area from its cursor on, a whole free cluster preferred when a cluster ends. */
  function scan(area: SwapArea): number {
    if (area.free === 0) return -1
    let at = area.next
    if (at % SWAPFILE_CLUSTER === 0 || at >= area.pages) {
      const k = area.clusterUsed.indexOf(0)
      const wholeCluster = k >= 0 && (k + 1) * SWAPFILE_CLUSTER <= area.pages
      if (wholeCluster) at = k * SWAPFILE_CLUSTER
      else if (at >= area.pages) at = 0
    }
    for (let n = 0; n < area.pages; n++) {
      if (at >= area.pages) at = 0
      const slot = area.base + at
      if (held[slot] === 0 && inCache[slot] === 0) {
        area.next = at + 1
        return slot
      }
      // With more than half of swap used, a slot held by nothing but a clean cached copy may be taken over.
      if (held[slot] === Held.byCache && full() && reclaimCached(slot)) {
        area.next = at + 1
        return slot
      }
      at++
    }
    return -1
  }

  /** __try_to_reclaim_swap: drops the swap-cache copy's claim on the slot. */
  function reclaimCached(slot: number): boolean {
    const page = owner[slot]
    const { flags } = mm.pages
    if (page < 0 || flags[page] & (PG_WRITEBACK | PG_LOCKED)) return false
    mm.swapState.freeSwap(page)
    return held[slot] === 0 && inCache[slot] === 0
  }

  function reserve(slot: number): void {
    const area = areaOf(slot)
    area.free--
    area.clusterUsed[Math.floor((slot - area.base) / SWAPFILE_CLUSTER)]++
    inCache[slot] = 1
    nrFree--
  }

  function release(slot: number): void {
    const area = areaOf(slot)
    area.free++
    area.clusterUsed[Math.floor((slot - area.base) / SWAPFILE_CLUSTER)]--
    inCache[slot] = 0
    nrFree++
  }

  function takeSlots(out: Int32Array, want: number): number {
    let n = 0
    for (const area of areas) {
      while (n < want) {
        const slot = scan(area)
        if (slot < 0) break
        reserve(slot)
        out[n++] = slot
      }
      if (n === want) break
    }
    return n
  }

  function updateCaches(): void {
    if (!cacheOn && nrFree > CACHE_ON * cpus) cacheOn = true
    else if (cacheOn && nrFree < CACHE_OFF * cpus) {
      cacheOn = false
      for (let c = 0; c < cpus; c++) {
        for (let i = 0; i < cacheLength[c]; i++) release(cache[c][i])
        for (let i = 0; i < returnedLength[c]; i++) release(returned[c][i])
        cacheLength[c] = 0
        returnedLength[c] = 0
      }
    }
  }

  const one = new Int32Array(1)

  function getSlot(cpu: number): number {
    updateCaches()
    if (cacheOn) {
      if (cacheLength[cpu] === 0) {
        const n = takeSlots(cache[cpu], SLOT_CACHE)
        // Handed out in ascending order: the cache is read from its end.
        cache[cpu].subarray(0, n).reverse()
        cacheLength[cpu] = n
      }
      if (cacheLength[cpu] > 0) return cache[cpu][--cacheLength[cpu]]
    }
    if (takeSlots(one, 1) === 1) return one[0]
    return -1
  }

  function freeSlot(slot: number): void {
    owner[slot] = -1
    const cpu = 0
    if (cacheOn) {
      inCache[slot] = 1
      returned[cpu][returnedLength[cpu]++] = slot
      if (returnedLength[cpu] === SLOT_CACHE) {
        for (let i = 0; i < SLOT_CACHE; i++) release(returned[cpu][i])
        returnedLength[cpu] = 0
      }
    } else {
      release(slot)
    }
  }

  function drop(slot: number, holder: number): void {
    held[slot] &= ~holder
    if (held[slot] === 0) {
      const page = owner[slot]
      if (page >= 0) mm.memcgOf(page).chargeSwap(-1)
      freeSlot(slot)
    }
  }

  function full(): boolean {
    return nrFree * 2 < total
  }

  return {
    areas,
    total,
    owner,
    nrFree: () => nrFree,
    allocate(page, memcg, cpu) {
      const room = memcg.swapRoom(Number.MAX_SAFE_INTEGER)
      if (room <= 0) return -1
      const slot = getSlot(cpu)
      if (slot < 0) return -1
      inCache[slot] = 0
      held[slot] = Held.byCache
      owner[slot] = page
      memcg.chargeSwap(1)
      return slot
    },
    holdByEntry(slot) {
      held[slot] |= Held.byEntry
    },
    holdByCache(slot) {
      held[slot] |= Held.byCache
    },
    dropEntry: (slot) => drop(slot, Held.byEntry),
    dropCache: (slot) => drop(slot, Held.byCache),
    heldByEntry: (slot) => (held[slot] & Held.byEntry) !== 0,
    areaOf,
    full,
    census() {
      let used = 0
      let cached = 0
      for (let s = 0; s < total; s++) {
        if (held[s]) used++
        else if (inCache[s]) cached++
      }
      return { used, cached }
    },
  }
}
