/**
 * The machine that a sample of the pages is replayed on: everything that is counted in pages, or done page by page, by the
 * same factor smaller or slower, so that each page stands for `every` pages.
 *
 * What does not scale: processes and CPUs, time, the latency of kswapd's wakeup, readahead windows (a sequence of pages
 * is a sequence in the sample too, and a request of it stands for `every` requests).
 */

import type { DiskConfig, MmConfig, NodeConfig, ZoneConfig } from '../../mm/config.js'
import { scaledSysctls } from './scale-settings.js'

/**
 * A machine for one page in `every`. The marks are parts of the full machine's: computed from the smaller size they would
 * be too high, as `min_free_kbytes` grows with the square root of memory.
 */
export function scaleMachine(config: MmConfig, every: number): MmConfig {
  if (every === 1) return config
  const { costs } = config
  return {
    ...config,
    nodes: config.nodes.map((node) => scaleNode(node, every)),
    sysctl: scaledSysctls(config.sysctl, every),
    swap: config.swap.map((s) => ({ ...s, pages: Math.round(s.pages / every) })),
    disk: scaleDisk(config.disk, every),
    swapDisk: scaleDisk(config.swapDisk, every),
    backgroundWriteKbps: (config.backgroundWriteKbps ?? 0) / every,
    pinnedFilePages: Math.round((config.pinnedFilePages ?? 0) / every),
    costs: {
      touch: costs.touch * every,
      minorFault: costs.minorFault * every,
      readPage: costs.readPage * every,
      writePage: costs.writePage * every,
      scanPage: costs.scanPage * every,
      kswapdWakeup: costs.kswapdWakeup,
    },
    totalRam: Math.round(config.totalRam / every),
    pageScale: every,
  }
}

function scaleNode(node: NodeConfig, every: number): NodeConfig {
  const part = (pages: number): number => Math.floor(pages / every)
  return {
    ...node,
    zones: node.zones.map((zone) => scaleZone(zone, every)),
    slabReclaimable: part(node.slabReclaimable),
    slabUnreclaimable: part(node.slabUnreclaimable),
    inactiveAnon: part(node.inactiveAnon),
    activeAnon: part(node.activeAnon),
    inactiveFile: part(node.inactiveFile),
    activeFile: part(node.activeFile),
    unevictable: part(node.unevictable),
    anonPages: part(node.anonPages ?? 0),
    mapped: part(node.mapped ?? 0),
    filePages: part(node.filePages ?? 0),
    shmem: part(node.shmem ?? 0),
    pageTablePages: part(node.pageTablePages ?? 0),
    kernelStackKb: part(node.kernelStackKb ?? 0),
  }
}

/** Sizes are rounded down against `managed`, so that what is free and listed never exceeds it. */
function scaleZone(zone: ZoneConfig, every: number): ZoneConfig {
  const part = (pages: number): number => Math.round(pages / every)
  return {
    ...zone,
    managed: Math.ceil(zone.managed / every),
    present: Math.ceil(zone.present / every),
    free: Math.floor(zone.free / every),
    pcpCount: Math.floor(zone.pcpCount / every),
    min: part(zone.min),
    low: part(zone.low),
    high: part(zone.high),
    protection: zone.protection.map(part),
    pcpHigh: Math.max(1, part(zone.pcpHigh)),
    pcpBatch: Math.max(1, part(zone.pcpBatch)),
  }
}

/** A request stands for as many, and moves as many times its bytes. */
function scaleDisk(disk: DiskConfig, every: number): DiskConfig {
  return { ...disk, iops: disk.iops / every, bps: disk.bps / every, latencyUs: disk.latencyUs * every }
}
