/**
 * Which pages a sampled replay keeps: one in `every`, spread evenly over each region and file.
 *
 * The pages of an object are cut into blocks of `every` neighbours. Of each block one page is kept, chosen by a hash of
 * the seed, the object and the block, and the number of the block becomes its number. So the rate is exact and not a
 * matter of luck, a sequence of pages stays a sequence, and whether a page is kept does not depend on how it is used:
 * a hot page is kept, or left out, with all its accesses (SHARDS; Waldspurger et al., FAST '15).
 */
export class PageSample {
  private readonly shift: number
  private readonly mask: number

  /**
   * @param every one page in so many is kept, a power of two
   * @param seed another seed keeps other pages
   */
  constructor(
    readonly every: number,
    readonly seed: number,
  ) {
    this.shift = Math.log2(every)
    this.mask = every - 1
  }

  /** Key of an object, for the methods below. @param name of a file, or serial of a region */
  key(name: string | number): number {
    let h = this.seed | 0
    if (typeof name === 'number') return mix(h ^ mix(name + 1))
    for (let i = 0; i < name.length; i++) h = mix(h ^ name.charCodeAt(i))
    return mix(~h)
  }

  /** How many of the first `pages` pages of an object are kept; the new number of page `pages`, if that is kept. */
  before(key: number, pages: number): number {
    const block = Math.floor(pages / this.every)
    return block + (pages - block * this.every > (mix(key ^ block) & this.mask) ? 1 : 0)
  }

  /**
   * Copies those of `count` page numbers that are kept, as their new numbers.
   * @returns how many they are
   */
  list(key: number, from: Uint32Array, start: number, count: number, into: Uint32Array, at: number): number {
    const { shift, mask } = this
    let n = at
    for (let i = start; i < start + count; i++) {
      const page = from[i]
      const block = page >>> shift
      if ((page & mask) === (mix(key ^ block) & mask)) into[n++] = block
    }
    return n - at
  }
}

/** Mixes 32 bits so that each depends on all. */
function mix(x: number): number {
  let v = x ^ (x >>> 16)
  v = Math.imul(v, 0x21f0aaad)
  v ^= v >>> 15
  v = Math.imul(v, 0x735a2d97)
  return v ^ (v >>> 15)
}
