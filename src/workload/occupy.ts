/** Memory in use before a recording that the machine description does not know of. */

import type { MmConfig } from '../mm/config.js'

/**
 * A copy of the configuration with `pages` less free, taken from the zones in proportion and put on the LRU lists.
 * @param anon how many of them are anonymous; the rest is page cache
 */
export function occupy(config: MmConfig, pages: number, anon: number): MmConfig {
  if (pages < 1) return config
  let spare = 0
  for (const n of config.nodes) for (const z of n.zones) spare += Math.max(0, z.free - z.high)
  const share = Math.min(1, pages / Math.max(1, spare))
  const anonShare = Math.min(1, anon / pages)
  return {
    ...config,
    nodes: config.nodes.map((node) => {
      let taken = 0
      const zones = node.zones.map((z) => {
        const part = Math.floor(share * Math.max(0, z.free - z.high))
        taken += part
        return { ...z, free: z.free - part }
      })
      const active = Math.floor(taken * anonShare)
      return { ...node, zones, activeAnon: node.activeAnon + active, inactiveFile: node.inactiveFile + taken - active }
    }),
  }
}
