/**
 * Zones and nodes (include/linux/mmzone.h): free pages, watermarks, lowmem reserve, per-CPU lists.
 * A zone counts pages; it does not know which ones.
 */
import type { NodeConfig, ZoneConfig, ZoneName } from './config.js'

export class Zone {
  readonly name: ZoneName
  readonly managed: number
  readonly present: number
  /** Pages in the buddy lists: `nr_free_pages`. */
  free: number
  min: number
  low: number
  high: number
  /** watermark_boost: added to every mark when it is read. */
  boost = 0
  /** lowmem_reserve by the highest zone index of a request. */
  readonly reserve: number[]
  /** Pages in each CPU's list, invisible to watermark checks. */
  readonly pcp: Int32Array
  readonly pcpFreeFactor: Int32Array
  pcpHigh: number
  readonly pcpBatch: number
  /** ZONE_RECLAIM_ACTIVE: kswapd is at work here, per-CPU lists are kept short. */
  reclaimActive = false
  /** Managed pages that are neither free nor known to the model page by page: slab, page tables, stacks, the rest. */
  kernelHeld = 0

  constructor(
    /** Dense index over all nodes. */
    readonly id: number,
    readonly node: Pgdat,
    /** Kernel zone index: DMA 0 … Device 4. */
    readonly index: number,
    config: ZoneConfig,
    cpus: number,
  ) {
    this.name = config.name
    this.managed = config.managed
    this.present = config.present
    this.free = config.free
    this.min = config.min
    this.low = config.low
    this.high = config.high
    this.reserve = [...config.protection]
    while (this.reserve.length < 5) this.reserve.push(0)
    this.pcp = new Int32Array(cpus)
    this.pcpFreeFactor = new Int32Array(cpus)
    this.pcpHigh = config.pcpHigh
    this.pcpBatch = Math.max(1, config.pcpBatch)
    const own = node.cpus.length ? node.cpus : [0]
    for (let k = 0; k < config.pcpCount; k++) this.pcp[own[k % own.length]]++
  }

  pcpTotal(): number {
    let n = 0
    for (const c of this.pcp) n += c
    return n
  }

  /** high + boost, as every reader of a mark sees it. */
  highMark(): number {
    return this.high + this.boost
  }

  /** `__zone_watermark_ok` for order 0 and no reserve flags. */
  watermarkOk(mark: number, highestZone: number): boolean {
    return this.free > mark + this.reserve[highestZone]
  }
}

/** A NUMA node (pg_data_t). */
export class Pgdat {
  /** Ascending zone index. */
  readonly zones: Zone[] = []
  /** All zones of the machine in the order requests from this node try them. */
  zonelist: Zone[] = []
  /** zonelist without zones above Normal: for kernel allocations. */
  zonelistKernel: Zone[] = []
  readonly cpus: number[]
  readonly distance: number[]
  present = 0

  /** kswapd's request: highest zone index, −1 when none. */
  kswapdHighestZone = -1
  kswapdFailures = 0
  /** PGDAT_WRITEBACK and PGDAT_DIRTY. */
  flagWriteback = false
  flagDirty = false
  /** Another task runs node reclaim here (PGDAT_RECLAIM_LOCKED). */
  reclaimLocked = false
  /** Slab that shrinkers can free, in objects-per-page terms. */
  constructor(
    readonly id: number,
    config: NodeConfig,
  ) {
    this.cpus = config.cpus
    this.distance = config.distance
  }

  /** Σ high + boost over the zones up to `highestZone`. */
  sumHigh(highestZone = 4): number {
    let n = 0
    for (const z of this.zones) if (z.index <= highestZone) n += z.highMark()
    return n
  }

  free(): number {
    let n = 0
    for (const z of this.zones) n += z.free
    return n
  }

  managed(): number {
    let n = 0
    for (const z of this.zones) n += z.managed
    return n
  }
}

/** Builds the nodes and their zonelists: own node first, then by distance (`build_zonelists`). */
export function buildNodes(configs: NodeConfig[], cpus: number): { nodes: Pgdat[]; zones: Zone[] } {
  const nodes: Pgdat[] = []
  const zones: Zone[] = []
  const names: ZoneName[] = ['DMA', 'DMA32', 'Normal', 'Movable', 'Device']
  for (const c of configs) {
    const node = new Pgdat(c.node, c)
    for (const z of c.zones) {
      const zone = new Zone(zones.length, node, names.indexOf(z.name), z, cpus)
      node.zones.push(zone)
      node.present += z.present
      zones.push(zone)
    }
    nodes.push(node)
  }
  for (const node of nodes) {
    const near = [...nodes].sort(
      (a, b) => (node.distance[a.id] ?? 20) - (node.distance[b.id] ?? 20) || penalty(node, a) - penalty(node, b),
    )
    // The own node comes first whatever the distances say.
    const order = [node, ...near.filter((n) => n !== node)]
    for (const n of order) for (const z of [...n.zones].reverse()) if (z.managed > 0) node.zonelist.push(z)
    node.zonelistKernel = node.zonelist.filter((z) => z.index <= 2)
  }
  return { nodes, zones }
}

/** Nodes after the own one are preferred to nodes before it (`find_next_best_node`). */
function penalty(from: Pgdat, to: Pgdat): number {
  return to.id < from.id ? to.id + 4096 : to.id
}
