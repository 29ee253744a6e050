/** Memory in use before a recording that the machine description does not know of. */

import type { MmConfig } from '../mm/config.js'

/** Of memory whose use is not known: a half is anonymous and active, a half page cache that nobody reads again. */
const ANON_SHARE = 0.5

/** A copy of the configuration with `pages` less free, taken from the zones in proportion and put on the LRU lists. */
export function occupy(config: MmConfig, pages: number): MmConfig {
  if (pages < 1) return config
  let spare = 0
  for (const n of config.nodes) for (const z of n.zones) spare += Math.max(0, z.free - z.high)
  const share = Math.min(1, pages / Math.max(1, spare))
  return {
    ...config,
    nodes: config.nodes.map((node) => {
      let taken = 0
      const zones = node.zones.map((z) => {
        const part = Math.floor(share * Math.max(0, z.free - z.high))
        taken += part
        return { ...z, free: z.free - part }
      })
      const anon = Math.floor(taken * ANON_SHARE)
      return { ...node, zones, activeAnon: node.activeAnon + anon, inactiveFile: node.inactiveFile + taken - anon }
    }),
  }
}
