/** Swap areas, disks and their queues. */
import type { DiskConfig, SwapConfig } from '../mm/config.js'
import { DEFAULT_DISK, DEFAULT_READ_AHEAD_KB, FIRST_SWAP_PRIORITY, THROTTLE_BURST_US } from './defaults.js'
import type { MachineDescription, MachineDisk, MachineSwap } from './machine.js'

/** Swap areas as stated, in the order they were added. An area of a given size loses its header page. */
export function buildSwap(m: MachineDescription): SwapConfig[] {
  const sizeKb = m.swapKb ?? (m.meminfo?.SwapTotal === undefined ? 0 : m.meminfo.SwapTotal + 4)
  const bySize: MachineSwap[] = sizeKb > 4 ? [{ pages: Math.floor(sizeKb / 4) - 1, priority: FIRST_SWAP_PRIORITY }] : []
  return (m.swaps ?? bySize)
    .filter((s) => s.pages > 0)
    .map((s) => ({
      pages: s.pages,
      priority: s.priority,
      rotational: isRotational(m, s.name),
      synchronous: /^(?:\/dev\/)?zram\d+$/.test(s.name ?? ''),
    }))
}

/** The queue's flag; hardware nobody described is taken to be solid-state. */
function isRotational(m: MachineDescription, device: string | undefined): boolean {
  const disk = device?.replace(/^\/dev\//, '')
  const flag =
    m.sysfs?.['disk/labswap/rotational'] ??
    m.sysfs?.[`/sys/block/${disk}/queue/rotational`] ??
    m.sysfs?.['disk/swap/rotational']
  return flag?.trim() === '1'
}

/** Default readahead of files, pages. */
export function readaheadPages(m: MachineDescription): number {
  const kb = Number(
    m.sysfs?.['disk/labdata/read_ahead_kb'] ?? m.sysfs?.['disk/data/read_ahead_kb'] ?? DEFAULT_READ_AHEAD_KB,
  )
  return Math.floor((Number.isFinite(kb) && kb >= 0 ? kb : DEFAULT_READ_AHEAD_KB) / 4)
}

/** Limits as stated; a disk with one stated limit has no other, one without any is {@link DEFAULT_DISK}. */
export function buildDisk(disk: MachineDisk | undefined, latencyUs: number | undefined): DiskConfig {
  const latency = latencyUs ?? DEFAULT_DISK.latencyUs
  if (disk?.iops === undefined && disk?.bps === undefined) return { ...DEFAULT_DISK, latencyUs: latency }
  return { iops: disk.iops ?? 0, bps: disk.bps ?? 0, latencyUs: latency, burstUs: disk.burst_us ?? THROTTLE_BURST_US }
}
