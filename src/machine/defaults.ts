/**
 * What a machine is taken to be where its description says nothing: a current server with an NVMe disk.
 * A machine file overrides each figure (`costs_us`, `process`, `disk`, `swap_disk`).
 */
import type { Costs, DiskConfig, ProcessFootprint } from '../mm/config.js'

/**
 * CPU costs, microseconds: middle of what 2020s server cores take. `minorFault` includes zeroing the page, `scanPage` is
 * a clean unmapped file page, `kswapdWakeup` an idle CPU.
 */
export const DEFAULT_COSTS: Costs = {
  touch: 0.01,
  minorFault: 0.5,
  readPage: 0.3,
  writePage: 0.5,
  scanPage: 0.25,
  kswapdWakeup: 20,
}

/** One NVMe drive: requests a second, bytes a second, latency of a single read. */
export const DEFAULT_DISK: DiskConfig = { iops: 200_000, bps: 2_000_000_000, latencyUs: 100 }

/** What a throttled virtual disk lets pass at once where the file does not say: a tenth of a second of its limits. */
export const THROTTLE_BURST_US = 100_000

/** A small dynamically linked program after exec, pages. */
export const DEFAULT_PROCESS: ProcessFootprint = {
  anonPages: 84,
  filePages: 28,
  shmemPages: 6,
  spawnMinorFaults: 50,
  kernelStackPages: 4,
}

/** THP mode of Debian's kernel. */
export const DEFAULT_THP = 'always'
export const DEFAULT_READ_AHEAD_KB = 128
export const DEFAULT_FAULT_AROUND_BYTES = 65536
/** Tick of Debian's kernel. */
export const DEFAULT_HZ = 250
/** Priority of the first swap area when none was asked for; each further one gets one less. */
export const FIRST_SWAP_PRIORITY = -2

/**
 * What the kernel and its caches hold once a machine is up and idle, pages: 29 MiB, 0.4 % of memory, 7 MiB for each
 * further node. Recorded: 7738 at 160 MiB, 7660 at 256 MiB, 7970 at 512 MiB, 9550 at 384 MiB with two nodes; the rule is
 * within 3 %. A third of it is reclaimable slab, a quarter other slab.
 */
export function bootUse(
  managed: number,
  nodes: number,
): { total: number; slabReclaimable: number; slabUnreclaimable: number } {
  const rule = 7450 + Math.floor(managed / 250) + 1750 * (nodes - 1)
  const total = Math.min(rule, Math.floor(managed / 4))
  return { total, slabReclaimable: Math.floor(total / 3), slabUnreclaimable: Math.floor(total / 4) }
}

/**
 * Memory that is free when the kernel computes admin_reserve_kbytes and user_reserve_kbytes, kB: all but about 16 MiB of
 * MemTotal. Gives 6074 kB on the recorded 256 MiB machines (6075 to 6084) and 3001 kB on those of 160 MiB (3011 to 3017).
 */
export function freeAtBootKb(totalRamPages: number): number {
  return Math.max(0, totalRamPages * 4 - 16 * 1024)
}
