/**
 * The machine a trace was recorded on, or is to be replayed on: tidemark's machine format.
 *
 * The JSON form is `machine.json` as the kernel lab writes it; everything but `zones` or a memory size is optional and
 * gets the kernel's boot defaults. A directory with copies of /proc files serves as well (`from-proc.ts`).
 */

export interface MachineZone {
  node: number
  /** `DMA`, `DMA32`, `Normal`, `Movable`, `Device`. */
  zone: string
  managed: number
  present?: number
  free?: number
  /** Marks as zoneinfo prints them, so with the boost added. */
  min?: number
  low?: number
  high?: number
  /** Watermark boost in force, since 5.11 in zoneinfo. */
  boost?: number
  protection?: number[]
  counters?: Record<string, number>
  pagesets?: { cpu: number; count: number; high: number; batch: number }[]
}

/** Limits of a disk: those of a throttled virtual disk, unless `burst_us` is 0. */
export interface MachineDisk {
  /** Requests a second. */
  iops?: number
  /** Bytes a second. */
  bps?: number
  /** How far the limits may be overdrawn at once, microseconds of their rate. */
  burst_us?: number
}

/** `costs_us` of the machine file, microseconds. */
export interface MachineCosts {
  touch?: number
  minor_fault?: number
  read_page?: number
  write_page?: number
  scan_page?: number
  kswapd_wakeup?: number
  io_latency?: number
}

export interface MachineProcess {
  anon_pages?: number
  file_pages?: number
  shmem_pages?: number
  spawn_minor_faults?: number
  kernel_stack_pages?: number
}

/** A swap device or file, as a line of /proc/swaps. */
export interface MachineSwap {
  pages: number
  priority: number
  /** Device or file, for example `/dev/zram0`. */
  name?: string
}

/** A machine as described, before defaults are filled in. */
export interface MachineDescription {
  /** Where the description came from, for messages and the `run` table. */
  source: string
  /** As /proc/version prints it. */
  kernel?: string
  memoryKb?: number
  swapKb?: number
  swaps?: MachineSwap[]
  cpus?: number
  nodes?: number
  zones?: MachineZone[]
  /** kB by the names of /proc/meminfo. */
  meminfo?: Record<string, number>
  /** Values as `sysctl -a` prints them. */
  sysctl?: Record<string, string>
  sysfs?: Record<string, string>
  /** Name → pages of files that exist before the trace starts. */
  files?: Record<string, number>
  lruGen?: boolean
  /** `always`, `madvise` or `never`. */
  thp?: string
  faultAroundBytes?: number
  disk?: MachineDisk
  swapDisk?: MachineDisk
  /** cgroup2 mount option. */
  memoryRecursiveprot?: boolean
  /** What writes to the file disk all the time, KiB a second: the recorder's own output, logging. Counts in `pgpgout`. */
  backgroundWriteKbps?: number
  costsUs?: MachineCosts
  process?: MachineProcess
  /** Sample interval that the trace asks for, seconds. */
  sample?: number
}
