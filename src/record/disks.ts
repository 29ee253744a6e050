/** Queues of disks and swap devices (Documentation/block/queue-sysfs.rst). */

import type { HostFiles } from './host-files.js'
import { type Mount, mountOf, mounts } from './mounts.js'

const ATTRIBUTES = ['rotational', 'read_ahead_kb', 'max_sectors_kb', 'nr_requests', 'scheduler', 'wbt_lat_usec']

/**
 * Facts by their paths in /sys for every disk that has a size, and as `disk/data/…` for the one that holds the root
 * file system, `disk/swap/…` for the one of the first swap area.
 *
 * @param swaps names of the swap areas: devices or files
 */
export function diskFacts(host: HostFiles, swaps: readonly string[]): Record<string, string> {
  const facts: Record<string, string> = {}
  const disks = host.list('/sys/block').filter((name) => isDisk(host, name))
  for (const name of disks) addQueue(host, `/sys/block/${name}`, `/sys/block/${name}/queue`, facts)
  const all = mounts(host)
  const data = folderOf(host, '/', all) ?? (disks.length === 1 ? `/sys/block/${disks[0]}` : undefined)
  if (data !== undefined) addQueue(host, data, 'disk/data', facts)
  const swap = swaps.length === 0 ? undefined : folderOf(host, swaps[0], all)
  if (swap !== undefined) addQueue(host, swap, 'disk/swap', facts)
  return facts
}

function isDisk(host: HostFiles, name: string): boolean {
  return !/^(loop|ram)\d/.test(name) && Number(host.value(`/sys/block/${name}/size`) ?? 0) > 0
}

/** The folder in /sys of the block device that is `path`, or that holds it; a partition has its own. */
function folderOf(host: HostFiles, path: string, all: readonly Mount[]): string | undefined {
  if (path.startsWith('/dev/')) return existing(host, `/sys/class/block/${path.slice(5).replaceAll('/', '!')}`)
  const mount = mountOf(path, all)
  if (mount === undefined) return undefined
  const known = existing(host, `/sys/dev/block/${mount.device}`)
  // File systems over several devices (btrfs) have a number of their own; the source names one of them.
  return known ?? (mount.source.startsWith('/dev/') ? folderOf(host, mount.source, all) : undefined)
}

function existing(host: HostFiles, folder: string): string | undefined {
  return host.has(folder) ? folder : undefined
}

/** Copies the queue of a device, which for a partition is that of the disk above it. */
function addQueue(host: HostFiles, device: string, as: string, facts: Record<string, string>): void {
  const queue = host.has(`${device}/queue`) ? `${device}/queue` : `${device}/../queue`
  for (const attribute of ATTRIBUTES) {
    const value = host.value(`${queue}/${attribute}`)
    if (value !== undefined) facts[`${as}/${attribute}`] = value
  }
}
