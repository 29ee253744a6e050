/**
 * One LRU list as a ring of page indices.
 *
 * New pages are pushed at the *head* (the young end), reclaim takes them from the *tail* (the old end), as in the
 * kernel's lists. A page in the middle is removed by overwriting its place with a tombstone; `pos` says where it is.
 * The order is that of a linked list, but neighbours are never touched: at a million pages that is what linked lists
 * spend their time on (measured factor 2, see bench/).
 *
 * Positions grow without end in both directions and are masked into a power-of-two ring, which doubles (or is squeezed,
 * when half of it is tombstones) as it fills up.
 */
import type { PageIndex } from './page.js'

export const TOMBSTONE = -1

export class LruList {
  ring: Int32Array
  mask: number
  /** Position of the oldest entry. */
  tail = 0
  /** Position after the youngest entry. */
  head = 0
  /** Pages on the list. */
  nr = 0

  constructor(
    private readonly pos: Int32Array,
    capacity = 64,
  ) {
    this.ring = new Int32Array(capacity)
    this.mask = capacity - 1
  }

  /** Adds the page at the young end. */
  add(page: PageIndex): void {
    if (((this.head - this.tail) | 0) > this.mask) this.makeRoom()
    const at = this.head
    this.head = (at + 1) | 0
    this.ring[at & this.mask] = page
    this.pos[page] = at
    this.nr++
  }

  /** Adds the page at the old end: it is the next one reclaim looks at. */
  addTail(page: PageIndex): void {
    if (((this.head - this.tail) | 0) > this.mask) this.makeRoom()
    const at = (this.tail - 1) | 0
    this.tail = at
    this.ring[at & this.mask] = page
    this.pos[page] = at
    this.nr++
  }

  /** Takes a page out of wherever it stands. */
  remove(page: PageIndex): void {
    this.ring[this.pos[page] & this.mask] = TOMBSTONE
    this.nr--
  }

  /** Takes the oldest page; the list must not be empty. */
  popTail(): PageIndex {
    const { ring, mask } = this
    let at = this.tail
    let page = ring[at & mask]
    while (page < 0) {
      at = (at + 1) | 0
      page = ring[at & mask]
    }
    this.tail = (at + 1) | 0
    this.nr--
    return page
  }

  /** Pages from the oldest to the youngest, for checks and tests. */
  *[Symbol.iterator](): Iterator<PageIndex> {
    for (let at = this.tail; at !== this.head; at = (at + 1) | 0) {
      const page = this.ring[at & this.mask]
      if (page >= 0) yield page
    }
  }

  private makeRoom(): void {
    const old = this.ring
    const oldMask = this.mask
    const size = this.nr * 2 > old.length ? old.length * 2 : old.length
    const ring = new Int32Array(size)
    let w = 0
    for (let at = this.tail; at !== this.head; at = (at + 1) | 0) {
      const page = old[at & oldMask]
      if (page >= 0) {
        ring[w] = page
        this.pos[page] = w
        w++
      }
    }
    this.ring = ring
    this.mask = size - 1
    this.tail = 0
    this.head = w
  }
}
