/** A strict LRU cache in plain JavaScript: what the simplest replay of page numbers costs. */

/** Links of page p at 2p (older) and 2p + 1 (younger); the list's ends at page `pages`. */
export class StrictLru {
  private readonly links: Int32Array
  private readonly resident: Uint8Array
  private free: number
  misses = 0

  constructor(
    private readonly pages: number,
    frames: number,
  ) {
    this.links = new Int32Array(2 * (pages + 1))
    this.links[2 * pages] = this.links[2 * pages + 1] = pages
    this.resident = new Uint8Array(pages)
    this.free = frames
  }

  /** Accesses `ids[from, to)`; operation 2 in `ops` frees a page instead. */
  run(ids: Uint32Array, ops: Uint8Array, from: number, to: number): void {
    const { links, resident, pages: end } = this
    for (let i = from; i < to; i++) {
      const page = ids[i]
      if (resident[page] === 1) {
        const older = links[2 * page]
        const younger = links[2 * page + 1]
        links[2 * older + 1] = younger
        links[2 * younger] = older
        if ((ops[i] & 3) === 2) {
          resident[page] = 0
          this.free++
          continue
        }
      } else {
        if ((ops[i] & 3) === 2) continue
        this.misses++
        resident[page] = 1
        if (this.free > 0) this.free--
        else {
          const oldest = links[2 * end + 1]
          const next = links[2 * oldest + 1]
          links[2 * end + 1] = next
          links[2 * next] = end
          resident[oldest] = 0
        }
      }
      const youngest = links[2 * end]
      links[2 * youngest + 1] = page
      links[2 * page] = youngest
      links[2 * page + 1] = end
      links[2 * end] = page
    }
  }
}
