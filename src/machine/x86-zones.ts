/**
 * The zones that a machine of a given size would have, where nobody recorded them: x86-64, Debian's kernel.
 */
import { UsageError } from '../base/errors.js'
import type { MachineZone } from './machine.js'

/** Pages below 16 MiB: what the firmware leaves of them, and what Linux 6.1 leaves after it keeps the first MiB. */
const DMA_PRESENT = 3998
const DMA_MANAGED = 3840
const DMA_END = 4096
/** Pages below the hole for devices, 3 GiB. */
const LOW_END = 786432
/** Pages at the end of memory that firmware keeps for its tables. */
const FIRMWARE = 44
/** Kernel image, early page tables, and what else boot takes, pages. */
const KERNEL = 11378
const PER_CPU = 62
const PER_FURTHER_NODE = 57
/** Pages of memory map for 128 MiB (64 bytes a page), the granularity it is allocated in. */
const MEMMAP_PER_SECTION = 512
const SECTION = 32768
/** Bounce buffer for devices that reach 4 GiB only, 64 MiB; machines with memory above 4 GiB have it. */
const SWIOTLB = 16384
const SMALLEST = 8192

/** Pages of the dentry and inode hash tables, which single-node machines take from boot memory. */
function hashTables(pages: number): number {
  let log2 = Math.ceil(Math.log2(pages))
  // Above 64 GiB they grow by half as fast: one doubling for each factor of four.
  if (log2 > 24) log2 = 24 + Math.floor((log2 - 24) / 2)
  const dentry = 2 ** (log2 - 10)
  return dentry + dentry / 2
}

/**
 * Zones of a machine with `memoryKb` of RAM: DMA (16 MiB), DMA32 up to the device hole at 3 GiB, the rest Normal; node 0
 * holds DMA and DMA32, the nodes have equal shares.
 *
 * How much of it is managed is an estimate: present, less 45 MiB for the kernel, 62 pages a CPU, 64 bytes a page of
 * memory map in units of 128 MiB, the dentry and inode hash tables (single node) and, from 3 GiB, the 64 MiB bounce
 * buffer. Compared with recorded machines under Debian's 6.1 (MemTotal): 160, 224, 256 and 512 MiB with one node exact,
 * 384 MiB with two nodes 13 pages (0.02 %) low. Debian's 5.10 and 6.12 manage 4 to 5 MiB more. Compared with hosts in
 * published OOM reports under other kernels: 2 to 128 GiB mostly within 1 %, 1 GiB 2.4 % low. What firmware, graphics or a
 * crash kernel reserve is not in it and made the estimate 4 to 14 % high on three of them: give the host's own zoneinfo
 * where it matters.
 *
 * @throws UsageError below 32 MiB, or where a node would be left without memory
 */
export function x86Zones(memoryKb: number, nodes: number, cpus: number): MachineZone[] {
  const pages = Math.floor(memoryKb / 4)
  if (pages < SMALLEST) throw new UsageError(`${memoryKb} KiB of memory is too small for a machine`, 'at least 32M')
  const share = Math.floor(pages / nodes)
  if (nodes > 1 && share < SMALLEST) {
    throw new UsageError(`${nodes} nodes do not fit in ${memoryKb} KiB`, 'each node needs at least 32M')
  }
  const zones: MachineZone[] = [{ node: 0, zone: 'DMA', present: DMA_PRESENT, managed: DMA_MANAGED }]
  let start = DMA_END
  for (let node = 0; node < nodes; node++) {
    const end = node === nodes - 1 ? pages : share * (node + 1)
    const low = Math.max(0, Math.min(end, LOW_END) - start)
    const normal = Math.max(0, end - Math.max(start, LOW_END))
    // Boot memory is taken from the top of the node, so from Normal where there is one.
    let reserved = nodeReserved(node, nodes, cpus, start, end, pages)
    const firmware = node === nodes - 1 ? FIRMWARE : 0
    const fromNormal = Math.min(reserved, Math.floor(normal / 2))
    reserved -= fromNormal
    if (low > 0) {
      const present = low - (normal > 0 ? 0 : firmware)
      const bounce = node === 0 && pages > LOW_END ? SWIOTLB : 0
      zones.push({ node, zone: 'DMA32', present, managed: present - Math.min(reserved + bounce, present >> 1) })
    }
    if (normal > 0) {
      const present = normal - firmware
      zones.push({ node, zone: 'Normal', present, managed: present - fromNormal })
    }
    start = end
  }
  return zones
}

function nodeReserved(node: number, nodes: number, cpus: number, start: number, end: number, all: number): number {
  const cpusOfNode = Math.floor(cpus / nodes) + (node < cpus % nodes ? 1 : 0)
  // A section that two nodes share belongs to the first.
  const firstSection = node === 0 ? 0 : Math.ceil(start / SECTION)
  const memmap = MEMMAP_PER_SECTION * Math.max(0, Math.ceil(end / SECTION) - firstSection)
  const own = node === 0 ? KERNEL : PER_FURTHER_NODE
  return own + PER_CPU * cpusOfNode + memmap + (nodes === 1 ? hashTables(all) : 0)
}
