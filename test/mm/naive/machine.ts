/**
 * A plain model of one node with one zone: pages are objects, lists are arrays with the young end last. Written from the
 * rules, for reading; it has no notion of time. Disks finish their work when `finishWrites` is called.
 */

import { type ListName, NOTHING, type Page, type Slot, type Type } from './page.js'

const BATCH = 15

export class NaiveMachine {
  readonly lists: Record<ListName, Page[]> = { inactive_anon: [], active_anon: [], inactive_file: [], active_file: [] }
  /** New pages that are on no list yet. */
  batch: Page[] = []
  readonly counters: Record<string, number> = {}
  readonly cost = { anon: 0, file: 0 }
  nonresidentAge = 0
  readonly activations = { anon: 0, file: 0 }
  readonly snapshot = { anon: 0, file: 0 }
  readonly slots: Slot[]
  nextSlot = 0
  swappiness = 60
  private readonly pages = new Map<string, Page>()
  private writes: Page[] = []
  private lastRead: Page | null = null

  constructor(
    public free: number,
    public marks: { min: number; low: number; high: number },
    swap: number,
  ) {
    this.slots = Array.from({ length: swap }, () => ({ byCache: null, byEntry: null }))
  }

  page(name: string): Page {
    let page = this.pages.get(name)
    if (!page) {
      page = { name, type: name.startsWith('a') ? 'anon' : 'file', ...NOTHING, slot: null, shadow: null }
      this.pages.set(name, page)
    }
    return page
  }

  count(name: string, n = 1): void {
    this.counters[name] = (this.counters[name] ?? 0) + n
  }

  // Lists.

  listOf(page: Page): Page[] {
    return this.lists[`${page.active ? 'active' : 'inactive'}_${page.type}`]
  }

  drain(): void {
    for (const page of this.batch) this.listOf(page).push(page)
    this.batch = []
  }

  /** Off whatever list or batch it is on. */
  unlink(page: Page): void {
    for (const list of [...Object.values(this.lists), this.batch]) {
      const at = list.indexOf(page)
      if (at >= 0) list.splice(at, 1)
    }
  }

  /** A frame for a page that is not in memory. */
  private bringIn(page: Page, judge: boolean): void {
    this.free--
    const { shadow } = page
    page.resident = true
    page.active = page.referenced = page.workingset = page.dirty = page.reclaim = false
    page.shadow = null
    if (shadow && judge) this.refault(page, shadow)
    this.batch.push(page)
    if (this.batch.length === BATCH) this.drain()
  }

  release(page: Page): void {
    Object.assign(page, NOTHING, { swapEntry: page.swapEntry })
    this.free++
    this.count('pgfree')
  }

  // Shadows.

  private refault(page: Page, shadow: { age: number; workingset: boolean }): void {
    const { lists } = this
    const distance = this.nonresidentAge - shadow.age
    this.count(`workingset_refault_${page.type}`)
    let room = lists.active_file.length
    if (page.type === 'anon') room += lists.inactive_file.length
    if (this.freeSlots() > 0) {
      room += lists.active_anon.length
      if (page.type === 'file') room += lists.inactive_anon.length
    }
    if (distance > room) return
    page.active = true
    this.nonresidentAge++
    this.activations[page.type]++
    this.count(`workingset_activate_${page.type}`)
    if (!shadow.workingset) return
    page.workingset = true
    this.noteCost(page.type, 1)
    this.count(`workingset_restore_${page.type}`)
  }

  noteCost(type: Type, n: number): void {
    const { cost, lists } = this
    cost[type] += n
    const size = Object.values(lists).reduce((sum, l) => sum + l.length, 0)
    if (cost.anon + cost.file > Math.floor(size / 4)) {
      cost.anon = Math.floor(cost.anon / 2)
      cost.file = Math.floor(cost.file / 2)
    }
  }

  // Swap.

  freeSlots(): number {
    return this.slots.filter((s) => !s.byCache && !s.byEntry).length
  }

  swapFull(): boolean {
    return this.freeSlots() * 2 < this.slots.length
  }

  /** The next slot that is free, or held by nothing but a clean cached copy while swap is more than half full. */
  takeSlot(): Slot | null {
    if (this.freeSlots() === 0) return null
    for (let n = 0; n < this.slots.length; n++) {
      if (this.nextSlot >= this.slots.length) this.nextSlot = 0
      const slot = this.slots[this.nextSlot++]
      if (!slot.byCache && !slot.byEntry) return slot
      if (slot.byCache && !slot.byEntry && this.swapFull() && !slot.byCache.writeback) {
        this.leaveSwapCache(slot.byCache)
        return slot
      }
    }
    return null
  }

  /** The page gives up its slot and is plain memory again. */
  leaveSwapCache(page: Page): void {
    const { slot } = page
    if (!slot || slot.byCache !== page || page.writeback || slot.byEntry) return
    slot.byCache = null
    page.slot = null
    page.dirty = true
  }

  // What processes do.

  touch(page: Page, write: boolean): void {
    if (page.mapped && (!write || page.writable)) {
      page.young = true
      if (write) page.pteDirty = true
      return
    }
    this.count('pgfault')
    if (page.mapped) {
      this.count('pgreuse')
      page.young = page.pteDirty = page.writable = true
      return
    }
    const swapped = page.swapEntry
    if (!page.resident) {
      if (swapped) {
        this.count('pgmajfault')
        this.count('pswpin')
        this.count('pgpgin', 4)
        ;(page.slot as Slot).byCache = page
      }
      this.bringIn(page, swapped)
    }
    page.mapped = page.young = true
    page.writable = page.pteDirty = write
    if (!swapped) return
    page.swapEntry = false
    ;(page.slot as Slot).byEntry = null
    if (write || this.swapFull()) this.leaveSwapCache(page)
  }

  /** MADV_DONTNEED of one page of the heap. */
  drop(page: Page): void {
    this.drain()
    if (page.slot) {
      page.slot.byEntry = page.slot.byCache = null
      page.slot = null
    }
    page.swapEntry = false
    page.shadow = null
    if (!page.resident) return
    this.unlink(page)
    this.release(page)
  }

  read(page: Page): void {
    if (!page.resident) {
      this.count('pgpgin', 4)
      this.bringIn(page, true)
    }
    if (this.lastRead !== page) this.markAccessed(page)
    this.lastRead = page
  }

  /** Twice makes active; uncounted while in the batch. */
  private markAccessed(page: Page): void {
    if (!page.referenced) {
      page.referenced = true
      return
    }
    if (page.active) return
    const waiting = this.batch.includes(page)
    if (!waiting) this.unlink(page)
    page.active = true
    page.referenced = false
    this.nonresidentAge++
    if (waiting) return
    this.listOf(page).push(page)
    this.count('pgactivate')
  }

  write(page: Page): void {
    if (!page.resident) this.bringIn(page, false)
    if (page.dirty) return
    page.dirty = true
    this.count('nr_dirtied')
  }

  // Writeback.

  startWrite(page: Page): void {
    page.dirty = false
    page.writeback = true
    this.count('pgpgout', 4)
    this.writes.push(page)
  }

  /** @param waitedFor kswapd sleeps until they end */
  finishWrites(waitedFor = false): void {
    for (const page of this.writes.splice(0)) {
      page.writeback = false
      this.count('nr_written')
      if (waitedFor) this.count('nr_throttled_written')
      if (!page.reclaim) continue
      page.reclaim = false
      if (page.dirty) continue
      this.unlink(page)
      page.active = false
      this.listOf(page).unshift(page)
      this.count('pgrotated')
    }
  }

  /** Pages dirty or under writeback. */
  writePending(): number {
    return [...this.pages.values()].filter((p) => p.resident && (p.writeback || (p.type === 'file' && p.dirty))).length
  }
}
