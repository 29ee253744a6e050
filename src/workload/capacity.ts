/** What the balance of pages needs to know of a machine. */

import type { MmConfig } from '../mm/config.js'

/** Sizes in pages, over all nodes. */
export interface Capacity {
  managed: number
  /** Free at the start, per-CPU lists included. */
  free: number
  /** Below it nobody gets memory without reclaim having run: Σ min. */
  min: number
  /** Where kswapd is woken, the lowmem reserves included. */
  low: number
  /** Where kswapd stops. */
  high: number
  /** Most that watermark boost adds to the high marks. */
  boost: number
  /** File pages on the lists at the start. */
  file: number
  /** Swap slots. */
  swap: number
}

/** Pages of the block that a boost is rounded up to. */
const PAGEBLOCK = 512

export function capacityOf(config: MmConfig): Capacity {
  const c: Capacity = { managed: 0, free: 0, min: 0, low: 0, high: 0, boost: 0, file: 0, swap: 0 }
  const factor = config.sysctl['vm.watermark_boost_factor'] / 10000
  const block = PAGEBLOCK / (config.pageScale ?? 1)
  for (const node of config.nodes) {
    c.file += node.inactiveFile + node.activeFile
    for (const z of node.zones) {
      // User pages come from the highest zone, and meet the largest reserve of the others.
      const reserve = Math.max(0, ...z.protection)
      c.managed += z.managed
      c.free += z.free + z.pcpCount
      c.min += z.min + reserve
      c.low += z.low + reserve
      c.high += z.high + reserve
      if (factor > 0) c.boost += Math.max(block, z.high * factor)
    }
  }
  for (const s of config.swap) c.swap += s.pages
  return c
}
