/**
 * What the modules of the model share: one `Mm` a replayed machine.
 *
 * Every module is a factory `createX(mm)` that captures the arrays it works on as constants and returns its functions;
 * `mm.ts` builds them in order and puts them here. A module reaches another one through this object, so there are no
 * import circles and a reader sees at each call whose rule it is.
 *
 * Time: `time[0]` is the clock of whoever is running, in µs; work adds its cost to it. A function that may have to
 * wait is a generator: it yields the time at which it wants to go on (Infinity: until woken), or its own current time
 * when the clock has passed `horizon[0]`, so that others get their turn.
 *
 * Most accesses and faults never wait, and a generator costs more than what they do. So their paths come in two parts:
 * a plain function, `…NoWait`, which goes as far as it can and remembers where it had to stop, and a generator, `…Rest`
 * or `finish…`, which goes on from there. What is remembered is one for all, so the second is called at once.
 */

import type { BlockDevice } from './block-device.js'
import type { MmConfig } from './config.js'
import type { EventQueue } from './event-queue.js'
import type { Filemap } from './filemap.js'
import type { Kswapd } from './kswapd.js'
import type { LruOps } from './lru-ops.js'
import type { Madvise } from './madvise.js'
import type { Memcg } from './memcg.js'
import type { MemcgCharge } from './memcg-charge.js'
import type { MemoryOps } from './memory.js'
import type { Mlock } from './mlock.js'
import type { Mmap } from './mmap.js'
import type { NodeReclaim } from './node-reclaim.js'
import type { OomKill } from './oom-kill.js'
import type { PageIndex, PageState } from './page.js'
import type { PageAlloc } from './page-alloc.js'
import type { KernelProfile } from './profile.js'
import type { Readahead } from './readahead.js'
import type { Rmap } from './rmap.js'
import type { Shmem } from './shmem.js'
import type { Slab } from './slab.js'
import type { SwapState } from './swap-state.js'
import type { Swapfile } from './swapfile.js'
import type { Swapin } from './swapin.js'
import type { Sysctl } from './sysctl.js'
import type { AddressSpace, Task, Vma } from './task.js'
import type { Throttle } from './throttle.js'
import type { Vmscan } from './vmscan.js'
import type { Workingset } from './workingset.js'
import type { PageWriteback } from './writeback.js'
import type { Pgdat, Zone } from './zone.js'

/** What a generator yields: the time to go on at, µs. */
export type Step<T = void> = Generator<number, T, void>

/** Facts the model reports as they happen; the replay turns them into records. */
export interface MmReports {
  stall(r: {
    start: number
    task: Task
    kind: 'direct' | 'memcg-max' | 'memcg-high' | 'node-reclaim' | 'throttle'
    memcg: Memcg | null
    scanned: number
    reclaimed: number
    priority: number
    outcome: 'reclaimed' | 'no-progress' | 'oom'
  }): void
  kswapdCycle(r: {
    start: number
    node: number
    scanned: number
    reclaimed: number
    priority: number
    highestZone: number
    balanced: boolean
  }): void
  oom(r: OomReport): void
}

export interface OomCandidate {
  task: Task
  rss: number
  swap: number
  pgtables: number
  points: number | null
  reason: string
}

export interface OomReport {
  constraint: string
  memcg: Memcg | null
  invoker: Task
  victim: Task
  points: number | null
  /** rss of the victim when it was chosen, pages. */
  rss: number
  totalpages: number
  groupKill: boolean
  candidates: OomCandidate[]
}

/** How the model asks its surroundings to run something. The scheduler of the replay implements it. */
export interface MmScheduler {
  /** Wakes kswapd of the node, if it sleeps. */
  wakeKswapd(node: Pgdat): void
  /**
   * Lets the running actor sleep until `time` without giving up its turn, where nobody else is due before that: the
   * events up to it happen meanwhile. @returns false when somebody else is due: then yield the time instead
   */
  sleepUntil(time: number): boolean
  /** Lets a sleeping task go on now. */
  wakeTask(task: Task): void
  /** Wakes the flusher. */
  wakeFlusher(): void
  /** The task was killed: it is to exit as soon as it runs. */
  killTask(task: Task): void
}

export interface Mm {
  readonly config: MmConfig
  readonly sysctl: Sysctl
  readonly profile: KernelProfile
  /** [0]: clock of the running actor, µs. */
  readonly time: Float64Array
  /** [0]: when the next actor or event is due, µs. */
  readonly horizon: Float64Array
  readonly events: EventQueue
  readonly pages: PageState
  readonly vm: Float64Array
  readonly ns: Int32Array
  readonly nodes: Pgdat[]
  readonly zones: Zone[]
  /** Node of each zone, by dense zone index. */
  readonly zoneNode: Uint8Array
  /** Node of a resident page. */
  nodeOf(page: PageIndex): number
  /** Where the statistics of a resident page's node begin in `ns`. */
  statsOf(page: PageIndex): number
  /** Who pays for a page that is resident or in swap. */
  memcgOf(page: PageIndex): Memcg
  /** Puts a page on somebody's bill. */
  setMemcg(page: PageIndex, m: Memcg): void
  /** Kernel zone index of each zone. */
  readonly zoneIndex: Uint8Array
  readonly memcgs: Memcg[]
  readonly rootMemcg: Memcg
  readonly vmas: (Vma | undefined)[]
  readonly files: (AddressSpace | undefined)[]
  /** Live tasks in order of creation. */
  readonly tasks: Set<Task>
  readonly disk: BlockDevice
  readonly swapDisk: BlockDevice
  totalreservePages: number

  sched: MmScheduler
  reports: MmReports

  lru: LruOps
  alloc: PageAlloc
  charge: MemcgCharge
  workingset: Workingset
  swapfile: Swapfile
  swapState: SwapState
  swapin: Swapin
  rmap: Rmap
  vmscan: Vmscan
  kswapd: Kswapd
  throttle: Throttle
  nodeReclaim: NodeReclaim
  oom: OomKill
  writeback: PageWriteback
  slab: Slab
  readahead: Readahead
  filemap: Filemap
  memory: MemoryOps
  mmap: Mmap
  shmem: Shmem
  madvise: Madvise
  mlock: Mlock
}
