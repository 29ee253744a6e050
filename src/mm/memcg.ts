/**
 * Memory cgroups, version 2: the tree, its limits and usage (mm/memcontrol.c). Charging is in `memcg-charge.ts`,
 * protection in `memcg-protection.ts`.
 */
import { Lruvec } from './lruvec.js'

export const PAGE_COUNTER_MAX = Number.MAX_SAFE_INTEGER

/** memory.events. */
export interface MemcgEvents {
  low: number
  high: number
  max: number
  oom: number
  oom_kill: number
  oom_group_kill: number
}

export class Memcg {
  readonly children: Memcg[] = []
  readonly lruvecs: Lruvec[]
  /** Pages charged, stocks included. */
  usage = 0
  max = PAGE_COUNTER_MAX
  high = PAGE_COUNTER_MAX
  low = 0
  min = 0
  swapUsage = 0
  swapMax = PAGE_COUNTER_MAX
  swapHigh = PAGE_COUNTER_MAX
  oomGroup = false
  /** Effective protection as last computed (`mem_cgroup_calculate_protection`). */
  elow = 0
  emin = 0
  readonly events: MemcgEvents = { low: 0, high: 0, max: 0, oom: 0, oom_kill: 0, oom_group_kill: 0 }

  constructor(
    readonly id: number,
    readonly path: string,
    readonly parent: Memcg | null,
    pos: Int32Array,
    nrNodes: number,
  ) {
    this.lruvecs = Array.from(
      { length: nrNodes },
      (_, node) => new Lruvec(pos, id, node, parent ? parent.lruvecs[node] : null),
    )
    parent?.children.push(this)
  }

  isRoot(): boolean {
    return this.parent === null
  }

  /** Whether `this` is `ancestor` or stands below it. */
  isDescendantOf(ancestor: Memcg): boolean {
    for (let m: Memcg | null = this; m; m = m.parent) if (m === ancestor) return true
    return false
  }

  /** Subtree in pre-order, itself first (`mem_cgroup_iter`). */
  walk(): Memcg[] {
    const out: Memcg[] = []
    const visit = (m: Memcg): void => {
      out.push(m)
      for (const c of m.children) visit(c)
    }
    visit(this)
    return out
  }

  /** Swap slots the group may still take: least room on the way to the root (`mem_cgroup_get_nr_swap_pages`). */
  swapRoom(globalFree: number): number {
    let room = globalFree
    for (let m: Memcg | null = this; m?.parent; m = m.parent) room = Math.min(room, m.swapMax - m.swapUsage)
    return room
  }

  /** `mem_cgroup_swap_full`: more than half of the swap of some level is used. */
  swapFull(globalFree: number, globalTotal: number): boolean {
    if (globalFree * 2 < globalTotal) return true
    for (let m: Memcg | null = this; m?.parent; m = m.parent) {
      if (m.swapUsage * 2 >= m.swapHigh || m.swapUsage * 2 >= m.swapMax) return true
    }
    return false
  }

  charge(pages: number): void {
    for (let m: Memcg | null = this; m?.parent; m = m.parent) m.usage += pages
  }

  uncharge(pages: number): void {
    for (let m: Memcg | null = this; m?.parent; m = m.parent) m.usage -= pages
  }

  chargeSwap(pages: number): void {
    for (let m: Memcg | null = this; m?.parent; m = m.parent) m.swapUsage += pages
  }
}

/** Applies one cgroup file; values as written to it (`max`, bytes, 0/1). @returns false for an unknown file */
export function setMemcgFile(m: Memcg, file: string, value: string | number): boolean {
  const text = String(value).trim()
  const pages = text === 'max' ? PAGE_COUNTER_MAX : Math.floor(parseBytes(text) / 4096)
  switch (file) {
    case 'memory.max':
      m.max = pages
      return true
    case 'memory.high':
      m.high = pages
      return true
    case 'memory.low':
      m.low = pages
      return true
    case 'memory.min':
      m.min = pages
      return true
    case 'memory.swap.max':
      m.swapMax = pages
      return true
    case 'memory.swap.high':
      m.swapHigh = pages
      return true
    case 'memory.oom.group':
      m.oomGroup = text === '1'
      return true
    default:
      return false
  }
}

/** Bytes with an optional K, M, G or T suffix (`memparse`). */
export function parseBytes(text: string): number {
  const m = /^(\d+)([kKmMgGtT]?)$/.exec(text)
  if (!m) return 0
  const shift = { '': 0, k: 10, m: 20, g: 30, t: 40 }[m[2].toLowerCase()] ?? 0
  return Number(m[1]) * 2 ** shift
}
