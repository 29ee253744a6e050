/**
 * What the model is built from: nodes and zones with their sizes and marks, swap devices, sysctls, costs.
 * Everything is in pages and microseconds. `machine/` fills it from a recorded machine or from boot defaults;
 * the model itself never guesses.
 */
import type { Sysctl } from './sysctl.js'

export type ZoneName = 'DMA' | 'DMA32' | 'Normal' | 'Movable' | 'Device'
/** Kernel order: the position is the zone index used in `lowmem_reserve` and `reclaim_idx`. */
export const ZONE_NAMES: readonly ZoneName[] = ['DMA', 'DMA32', 'Normal', 'Movable', 'Device']
export const MAX_NR_ZONES = 5

/** A populated zone. */
export interface ZoneConfig {
  name: ZoneName
  /** Pages the buddy allocator manages (`managed` in /proc/zoneinfo). */
  managed: number
  present: number
  /** Free in the buddy lists at the start, without per-CPU lists. */
  free: number
  /** Pages in the per-CPU lists at the start, summed over CPUs. */
  pcpCount: number
  min: number
  low: number
  high: number
  /** `protection` of zoneinfo: lowmem_reserve by zone index, five entries. */
  protection: number[]
  /** Per CPU list: threshold and batch. */
  pcpHigh: number
  pcpBatch: number
}

export interface NodeConfig {
  node: number
  /** Ascending zone index; populated zones only. */
  zones: ZoneConfig[]
  /** CPUs of the node. */
  cpus: number[]
  /** Distance to each node, by node number; 10 = itself. */
  distance: number[]
  /** Reclaimable slab at the start, pages. */
  slabReclaimable: number
  slabUnreclaimable: number
  /** Pages on the LRU lists at the start (anonymous memory of what runs anyway, page cache, unevictable). */
  inactiveAnon: number
  activeAnon: number
  inactiveFile: number
  activeFile: number
  unevictable: number
  /** Levels at the start, for what samples show: `nr_anon_pages` and so on, pages. */
  anonPages?: number
  mapped?: number
  filePages?: number
  shmem?: number
  pageTablePages?: number
  kernelStackKb?: number
}

export interface SwapConfig {
  pages: number
  /** /proc/swaps priority. */
  priority: number
  /** Seeks cost: cluster allocation and readahead by slot instead of by address. */
  rotational: boolean
  /** zram and other devices that read and write in the caller's context. */
  synchronous: boolean
}

/** CPU costs, microseconds. `machine.json` names them `costs_us`. */
export interface Costs {
  /** A load or store that hits a present page. */
  touch: number
  /** First touch of an anonymous page, zeroing included. */
  minorFault: number
  /** A cached page read by read(). */
  readPage: number
  /** A page written by write(). */
  writePage: number
  /** A page looked at by reclaim. */
  scanPage: number
  /** From the wakeup of kswapd to its first scan. */
  kswapdWakeup: number
}

export interface DiskConfig {
  /** Requests a second; 0 = no limit. */
  iops: number
  /** Bytes a second; 0 = no limit. */
  bps: number
  /** Latency of one request on an idle disk, microseconds. */
  latencyUs: number
  /** How far the limits may be overdrawn in a burst, microseconds of their rate (a throttled virtual disk: 100 000). */
  burstUs?: number
}

/** What a process is before it touches pages of its own. `machine.json`: `process`. */
export interface ProcessFootprint {
  anonPages: number
  filePages: number
  shmemPages: number
  spawnMinorFaults: number
  kernelStackPages: number
}

export interface MmConfig {
  nodes: NodeConfig[]
  cpus: number
  sysctl: Sysctl
  swap: SwapConfig[]
  /** The file systems' disk and the swap disk. */
  disk: DiskConfig
  swapDisk: DiskConfig
  /** Writes to the file disk that nobody in the trace makes, KiB a second. */
  backgroundWriteKbps?: number
  /** Pages among the resident file pages that hold file-system metadata in use: superblock, group descriptors. */
  pinnedFilePages?: number
  /** Approximate the watermark boosts that fragmentation causes; see `fragmentation.ts`. Off unless asked for. */
  fragmentation?: boolean
  /** cgroup2 is mounted with memory_recursiveprot, as systemd does: unclaimed protection is handed down. */
  memoryRecursiveprot?: boolean
  /** Default readahead of a file, pages (read_ahead_kb / 4). */
  readaheadPages: number
  /** Pages that a read fault on a mapped file maps around it (fault_around_bytes / 4096). */
  faultAroundPages: number
  vmaReadahead: boolean
  costs: Costs
  process: ProcessFootprint
  /** MemTotal, pages. */
  totalRam: number
  /** Release whose rules are followed, see `profile.ts`. */
  profile: string
  /** HZ: length of a jiffy is 1/hz s. */
  hz: number
  /** Pages of the machine that one page of the model stands for, where a sample of the pages is replayed; else 1. */
  pageScale?: number
}
