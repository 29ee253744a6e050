/**
 * Watermark boosts (mm/page_alloc.c `boost_watermark`, `steal_suitable_fallback`), approximated.
 *
 * The kernel boosts a zone's watermark when an allocation has to take pages from a page block of another mobility type and
 * cannot take the whole block. The model knows neither blocks nor mobility types. Stated approximation: kernel memory (page
 * tables, stacks, slab) fills page blocks of its own, a fresh one for every 512 pages; as long as an eighth of the zone is
 * free a whole block is found, below that the block is stolen in part, and the zone is boosted. In the recordings a run of
 * a 256 MiB guest has one to three boosts, at moments that differ from run to run: this gets the kind right, not the moment.
 */

import type { Mm } from './context.js'
import { scaledBatch } from './scan-control.js'
import type { Zone } from './zone.js'

const PAGEBLOCK_PAGES = 512
/** Zones with fewer page blocks than this are never boosted. */
const MIN_PAGEBLOCKS = 4
/** Below this share of free pages no whole page block is expected to be free. */
const WHOLE_BLOCK_SHARE = 1 / 8

/**
 * boost_watermark: raises the boost by a page block, up to watermark_boost_factor of the high mark.
 * @param block pages of a page block
 */
export function boostWatermark(zone: Zone, factor: number, block = PAGEBLOCK_PAGES): boolean {
  if (factor === 0 || zone.managed < MIN_PAGEBLOCKS * block) return false
  const max = Math.max(block, Math.floor((zone.high * factor) / 10000))
  zone.boost = Math.min(zone.boost + block, max)
  return true
}

export interface Fragmentation {
  /** A kernel page was taken from the zone. */
  kernelPageTaken(zone: Zone): void
}

export function createFragmentation(mm: Mm): Fragmentation {
  const block = scaledBatch(PAGEBLOCK_PAGES, mm.config.pageScale)
  /**
   * Pages left in the page block that kernel memory of the zone is filling. It fills two (unmovable and reclaimable) that
   * are anywhere between empty and full at the start: on average the first is full after a third of a block.
   */
  const left = new Int32Array(mm.zones.length).fill(block / 3)
  return {
    kernelPageTaken(zone) {
      if (--left[zone.id] >= 0) return
      left[zone.id] = block
      if (zone.free > zone.managed * WHOLE_BLOCK_SHARE) return
      if (boostWatermark(zone, mm.sysctl['vm.watermark_boost_factor'], block)) mm.kswapd.wakeup(zone.node, zone.index)
    },
  }
}
