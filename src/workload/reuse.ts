/**
 * What a recording does not show: touches and reads of what is in memory already.
 *
 * Anonymous memory: page rates spread like 1 / rank (Zipf, exponent 1), set so that half of the pages are touched within
 * `half` seconds. Which page has which rank is scattered, so that age on the list says nothing of it.
 *
 * Files: a part of the reads again goes to the pages read last (age drawn like 1 / age), the rest to old favourites
 * (position since the first read drawn like 1 / position: what is popular is read early).
 *
 * Work is bounded: an interval of any size makes at most {@link MOST_DRAWS} events of each kind, of single pages while
 * that suffices and of longer extents on larger hosts.
 */

import { OP } from '../trace/events.js'
import type { EventWriter, Serial } from './event-writer.js'
import { type Random, Scatter } from './random.js'

/** Draws of each kind in one slot. */
export const MOST_DRAWS = 512

/** Touches of one region that grows and shrinks at its end. */
export class HotPages {
  private readonly extent: number
  private readonly scatter: Scatter
  private readonly extents: number
  private readonly harmonic: number
  private readonly list: number[] = []
  private owed = 0

  /**
   * @param peak most pages the region ever has
   * @param tick seconds between two rounds of touches, at most
   */
  constructor(
    peak: number,
    private readonly half: number,
    tick: number,
    private readonly random: Random,
    seed: number,
  ) {
    let extent = 1
    while (this.expected(Math.max(1, Math.ceil(peak / extent)), tick) > MOST_DRAWS) extent *= 2
    this.extent = extent
    const bits = Math.max(1, Math.ceil(Math.log2(Math.max(2, peak / extent))))
    this.scatter = new Scatter(bits, seed)
    this.extents = 2 ** bits
    this.harmonic = Math.log(this.extents) + 0.5772
  }

  /** Ranks touched at least once in `seconds`, each for sure. */
  private certain(extents: number, seconds: number): number {
    return Math.min(extents, Math.floor((extents * Math.LN2 * seconds) / (2 * this.half)))
  }

  /** Touches to make in `seconds` where ranks that are touched for sure are touched once. */
  private expected(extents: number, seconds: number): number {
    const sure = this.certain(extents, seconds)
    return sure + ((extents * Math.LN2 * seconds) / (2 * this.half)) * Math.log(extents / Math.max(1, sure))
  }

  /** Emits the touches of `seconds` on the first `live` pages of the region. */
  emit(out: EventWriter, task: Serial, region: Serial, live: number, seconds: number): void {
    if (live <= 0 || !(this.half > 0)) return
    const { extents, random, scatter, list } = this
    const sure = this.certain(extents, seconds)
    const rate = (extents * Math.LN2) / (2 * this.half)
    this.owed += rate * seconds * (sure > 0 ? Math.log(extents / sure) : this.harmonic)
    const draws = Math.min(MOST_DRAWS, Math.floor(this.owed))
    this.owed -= Math.floor(this.owed)
    list.length = 0
    for (let r = 0; r < sure && r < MOST_DRAWS; r++) this.add(out, task, region, live, scatter.at(r))
    for (let k = 0; k < draws; k++) {
      const rank = random.rank(sure + 1, extents) - 1
      this.add(out, task, region, live, scatter.at(rank))
    }
    out.list(OP.touch, task, region, list, true)
  }

  private add(out: EventWriter, task: Serial, region: Serial, live: number, extent: number): void {
    const start = extent * this.extent
    // The scatter covers a power of two: what lies beyond the live pages is nobody's.
    if (start >= live) return
    if (this.extent === 1) this.list.push(start)
    else out.touch(task, region, start, Math.min(this.extent, live - start), true)
  }
}

/** Reads again of a file that is read from its beginning on, and over again when its end is reached. */
export class RereadPages {
  private readonly list: number[] = []
  private owed = 0

  constructor(
    /** Pages of the file. */
    private readonly span: number,
    /** Share of the reads again that go to the pages read last. */
    private readonly recency: number,
    private readonly random: Random,
  ) {}

  /**
   * Emits `reads` page reads among the `head - from` pages read so far.
   * @param cache pages that the page cache is thought to hold
   * @returns how many of the pages read are thought to be in memory no more
   */
  emit(out: EventWriter, task: Serial, file: Serial, reads: number, from: number, head: number, cache: number): number {
    const known = Math.min(head - from, this.span)
    if (known < 2) return 0
    this.owed += reads
    const whole = Math.floor(this.owed)
    this.owed -= whole
    const extent = Math.max(1, Math.ceil(whole / MOST_DRAWS))
    const { list, random } = this
    let missed = 0
    list.length = 0
    for (let done = 0; done < whole; done += extent) {
      const recent = random.next() < this.recency
      const rank = random.rank(1, known)
      const age = recent ? rank : known - rank + 1
      // Favourites are kept by their use; what was read once goes in order of age.
      if (recent ? age > cache : rank > cache) missed += extent
      const at = (head - age) % this.span
      if (extent === 1) list.push(at)
      else out.read(task, file, at, Math.min(extent, this.span - at, age), false)
    }
    out.list(OP.read, task, file, list)
    return missed
  }
}
