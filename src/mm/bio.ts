/**
 * Block I/O in flight (block/bio.c): the pages of one request and when it is done. Requests are used again and again.
 */
import type { PageIndex } from './page.js'

export class Bio {
  /** Pages of the request: `pages[0 … length)`. */
  pages = new Int32Array(32)
  length = 0
  /** When it completes, µs. */
  done = 0

  constructor(
    /** Its number in the pool. */
    readonly id: number,
  ) {}

  add(page: PageIndex): void {
    if (this.length === this.pages.length) {
      const grown = new Int32Array(this.length * 2)
      grown.set(this.pages)
      this.pages = grown
    }
    this.pages[this.length++] = page
  }

  /** The page added last. */
  last(): PageIndex {
    return this.pages[this.length - 1]
  }
}

export class BioPool {
  private readonly bios: Bio[] = []
  private readonly free: Bio[] = []

  /** An empty request. */
  take(): Bio {
    const bio = this.free.pop()
    if (bio) return bio
    const fresh = new Bio(this.bios.length)
    this.bios.push(fresh)
    return fresh
  }

  /** The request is over; its number will be given to another one. */
  release(bio: Bio): void {
    bio.length = 0
    this.free.push(bio)
  }

  get(id: number): Bio {
    return this.bios[id]
  }
}
