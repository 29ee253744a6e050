/**
 * The model of one machine: builds its parts and offers what a replay needs.
 */

import { BlockDevice } from './block-device.js'
import { checkConservation } from './check.js'
import type { MmConfig } from './config.js'
import type { Mm, MmReports, MmScheduler } from './context.js'
import { EventQueue } from './event-queue.js'
import { createFilemap } from './filemap.js'
import { createKswapd } from './kswapd.js'
import { NR_LRU } from './lru.js'
import { createLruOps } from './lru-ops.js'
import { createMadvise } from './madvise.js'
import { Memcg } from './memcg.js'
import { createMemcgCharge } from './memcg-charge.js'
import { createMemory } from './memory.js'
import { createMlock } from './mlock.js'
import { createMmap } from './mmap.js'
import { createNodeReclaim } from './node-reclaim.js'
import { createOomKill } from './oom-kill.js'
import { createPageState, type PageIndex } from './page.js'
import { createPageAlloc } from './page-alloc.js'
import { kernelProfile } from './profile.js'
import { createReadahead } from './readahead.js'
import { createRmap } from './rmap.js'
import { seedResidents } from './seed.js'
import { createShmem } from './shmem.js'
import { createSlab } from './slab.js'
import { createSwapState } from './swap-state.js'
import { createSwapfile } from './swapfile.js'
import { createSwapin } from './swapin.js'
import type { Task } from './task.js'
import { createThrottle } from './throttle.js'
import { createVmscan } from './vmscan.js'
import { NS, V } from './vmstat.js'
import { totalreservePages } from './watermark.js'
import { createWorkingset } from './workingset.js'
import { createPageWriteback } from './writeback.js'
import { buildNodes } from './zone.js'

/** Page indices reserved by default: 256 GiB of distinct pages. Address space, not memory. */
export const DEFAULT_PAGE_CAPACITY = 2 ** 26

export interface MmOptions {
  /** Most distinct pages alive at once. */
  pageCapacity?: number
}

const NO_REPORTS: MmReports = { stall() {}, kswapdCycle() {}, oom() {} }
const NO_SCHEDULER: MmScheduler = {
  sleepUntil: () => false,
  wakeKswapd() {},
  wakeTask() {},
  wakeFlusher() {},
  killTask() {},
}

/** Reserves as much of `capacity` as the process may have, down to what the machine itself needs. */
function reservePages(config: MmConfig, capacity: number): ReturnType<typeof createPageState> {
  let floor = 2 ** 16
  for (const n of config.nodes) for (const z of n.zones) floor += z.managed
  for (let c = capacity; ; c /= 2) {
    try {
      return createPageState(Math.max(c, floor))
    } catch (e) {
      if (!(e instanceof RangeError) || c < floor) throw e
    }
  }
}

/** Builds a machine at rest: free pages, lists and swap as `config` says, nobody running. */
export function createMm(config: MmConfig, options: MmOptions = {}): Mm {
  const pages = reservePages(config, options.pageCapacity ?? DEFAULT_PAGE_CAPACITY)
  const { nodes, zones } = buildNodes(config.nodes, config.cpus)
  const horizon = new Float64Array(1).fill(Number.POSITIVE_INFINITY)
  const rootMemcg = new Memcg(0, '/', null, pages.pos, nodes.length)
  const zoneNode = Uint8Array.from(zones, (z) => nodes.indexOf(z.node))
  // With one node nothing has to be looked up.
  const oneNode = nodes.length === 1
  const nodeOf = (page: PageIndex): number => (oneNode ? 0 : zoneNode[pages.zone[page]])
  // The same with one memcg: all pages are those of the root, whose number is 0.
  const memcgs = [rootMemcg]
  const mm = {
    config,
    sysctl: { ...config.sysctl },
    profile: kernelProfile(config.profile),
    time: new Float64Array(1),
    horizon,
    events: new EventQueue(horizon),
    pages,
    vm: new Float64Array(V.NR),
    ns: new Int32Array(nodes.length * NS.NR),
    nodes,
    zones,
    zoneNode,
    nodeOf,
    statsOf: (page: PageIndex): number => nodeOf(page) * NS.NR,
    zoneIndex: Uint8Array.from(zones, (z) => z.index),
    memcgs,
    memcgOf: (page: PageIndex): Memcg => (memcgs.length === 1 ? rootMemcg : memcgs[pages.memcg[page]]),
    setMemcg: (page: PageIndex, m: Memcg): void => {
      if (memcgs.length > 1) pages.memcg[page] = m.id
    },
    rootMemcg,
    vmas: [],
    files: [],
    tasks: new Set<Task>(),
    disk: new BlockDevice(config.disk),
    swapDisk: new BlockDevice(config.swapDisk),
    totalreservePages: 0,
    sched: NO_SCHEDULER,
    reports: NO_REPORTS,
  } as unknown as Mm
  mm.totalreservePages = totalreservePages(
    zones.map((z) => ({ name: z.name, managed: z.managed, high: z.high, protection: z.reserve })),
  )
  mm.swapfile = createSwapfile(mm)
  mm.alloc = createPageAlloc(mm)
  mm.charge = createMemcgCharge(mm)
  mm.lru = createLruOps(mm)
  mm.rmap = createRmap(mm)
  mm.workingset = createWorkingset(mm)
  mm.swapState = createSwapState(mm)
  mm.swapin = createSwapin(mm)
  mm.vmscan = createVmscan(mm)
  mm.throttle = createThrottle(mm)
  mm.kswapd = createKswapd(mm)
  mm.nodeReclaim = createNodeReclaim(mm)
  mm.oom = createOomKill(mm)
  mm.writeback = createPageWriteback(mm)
  mm.slab = createSlab(mm)
  mm.readahead = createReadahead(mm)
  mm.filemap = createFilemap(mm)
  mm.mmap = createMmap(mm)
  mm.memory = createMemory(mm)
  mm.shmem = createShmem(mm)
  mm.madvise = createMadvise(mm)
  mm.mlock = createMlock(mm)

  seedResidents(mm)
  for (const zone of zones) {
    let listed = 0
    for (let lru = 0; lru < NR_LRU; lru++)
      listed += rootMemcg.lruvecs[mm.zoneNode[zone.id]].nrZone[zone.index * NR_LRU + lru]
    zone.kernelHeld = zone.managed - zone.free - zone.pcpTotal() - listed
  }
  for (const n of config.nodes) {
    const at = config.nodes.indexOf(n) * NS.NR
    mm.ns[at + NS.slabReclaimable] = n.slabReclaimable
    mm.ns[at + NS.slabUnreclaimable] = n.slabUnreclaimable
    mm.ns[at + NS.anonPages] = n.anonPages ?? 0
    mm.ns[at + NS.mapped] = n.mapped ?? 0
    mm.ns[at + NS.filePages] = n.filePages ?? 0
    mm.ns[at + NS.shmem] = n.shmem ?? 0
    mm.ns[at + NS.pageTablePages] = n.pageTablePages ?? 0
    mm.ns[at + NS.kernelStackPages] = Math.floor((n.kernelStackKb ?? 0) / 4)
  }
  return mm
}

export { checkConservation }
