/**
 * memory.min and memory.low (mm/memcontrol.c `mem_cgroup_calculate_protection`).
 */
import type { Memcg } from './memcg.js'

/** Without the `memory_recursiveprot` mount option unclaimed protection is not handed down. */
function effective(
  usage: number,
  parentUsage: number,
  setting: number,
  parentEffective: number,
  siblings: number,
  recursive: boolean,
): number {
  const prot = Math.min(usage, setting)
  if (siblings > parentEffective) return Math.floor((prot * parentEffective) / siblings)
  if (recursive && parentEffective > siblings && parentUsage > siblings && usage > prot) {
    return prot + Math.floor(((parentEffective - siblings) * (usage - prot)) / (parentUsage - siblings))
  }
  return prot
}

/**
 * Sets `elow` and `emin` of a memcg for reclaim aimed at `root` (the root memcg for global reclaim).
 * Parents must have been visited before their children.
 */
export function calculateProtection(root: Memcg, m: Memcg, recursive = false): void {
  if (m === root || m.usage === 0) {
    if (m === root) return
    m.elow = 0
    m.emin = 0
    return
  }
  const parent = m.parent
  if (!parent || parent === root) {
    m.emin = m.min
    m.elow = m.low
    return
  }
  let mins = 0
  let lows = 0
  for (const c of parent.children) {
    mins += Math.min(c.usage, c.min)
    lows += Math.min(c.usage, c.low)
  }
  m.emin = effective(m.usage, parent.usage, m.min, parent.emin, mins, recursive)
  m.elow = effective(m.usage, parent.usage, m.low, parent.elow, lows, recursive)
}
