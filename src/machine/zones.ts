/** Zones with their marks, protection and per-CPU lists: as recorded where they were, by the kernel's formulas elsewhere. */
import { MAX_NR_ZONES, type ZoneConfig, type ZoneName } from '../mm/config.js'
import type { Sysctl, SysctlName } from '../mm/sysctl.js'
import {
  type BootMinFree,
  bootMinFreeKbytes,
  setupLowmemReserve,
  setupPerZoneWmarks,
  watermarkRules,
  zoneBatchsize,
  zoneHighsize,
  zoneIndex,
} from '../mm/watermark.js'
import { bootUse } from './defaults.js'
import type { MachineZone } from './machine.js'

export type NodeZone = ZoneConfig & { node: number }

/** How `vm.min_free_kbytes` came about. */
export interface MinFreeOrigin {
  /** `recorded` or `set` by somebody, `marks`: added up from recorded marks, `boot`: the kernel's own rule. */
  from: 'recorded' | 'set' | 'marks' | 'boot'
  /** What the kernel would have chosen at boot. */
  boot: BootMinFree
}

export interface ZoneContext {
  profile: string
  thp: string
  /** CPUs whose lists share a node's low mark, by node. */
  cpusOfNode: (node: number) => number
}

const marked = (z: MachineZone) => z.min !== undefined && z.low !== undefined && z.high !== undefined

/** Recorded marks without the boost of the moment. */
function recordedMarks(z: MachineZone) {
  const boost = z.boost ?? 0
  return { min: (z.min ?? 0) - boost, low: (z.low ?? 0) - boost, high: (z.high ?? 0) - boost }
}

/** Populated zones in kernel order: by node, then by zone index. */
export function populated(zones: readonly MachineZone[]): MachineZone[] {
  return zones
    .filter((z) => z.managed > 0)
    .sort((a, b) => a.node - b.node || zoneIndex(a.zone as ZoneName) - zoneIndex(b.zone as ZoneName))
}

/** Managed pages as the formulas take them. */
export function sizes(zones: readonly MachineZone[]) {
  return zones.map((z) => ({ node: z.node, name: z.zone as ZoneName, managed: z.managed }))
}

/** Fills in `vm.min_free_kbytes` where nobody stated it; returns how it came about. */
export function settleMinFree(zones: readonly MachineZone[], sysctl: Sysctl, context: ZoneContext): MinFreeOrigin {
  const boot = bootMinFreeKbytes(sizes(zones), context.thp, watermarkRules(context.profile))
  if (sysctl['vm.min_free_kbytes'] >= 0) return { from: 'recorded', boot }
  if (zones.every(marked)) {
    sysctl['vm.min_free_kbytes'] = 4 * zones.reduce((sum, z) => sum + recordedMarks(z).min, 0)
    return { from: 'marks', boot }
  }
  sysctl['vm.min_free_kbytes'] = boot.used
  return { from: 'boot', boot }
}

function average(values: readonly number[]): number {
  return Math.round(values.reduce((a, b) => a + b, 0) / values.length)
}

/**
 * The zones as the sysctls leave them. Recorded marks stay as they are unless a watermark sysctl was `changed`: at boot the
 * kernel computes them from a managed count that still grows a little, so they differ from the formulas by a few percent.
 * Protection is recomputed only when vm.lowmem_reserve_ratio itself changed, as in the kernel.
 */
export function settleZones(
  zones: readonly MachineZone[],
  sysctl: Sysctl,
  changed: ReadonlySet<SysctlName>,
  context: ZoneContext,
): NodeZone[] {
  const rules = watermarkRules(context.profile)
  const marksChanged = changed.has('vm.min_free_kbytes') || changed.has('vm.watermark_scale_factor')
  const recompute = marksChanged || !zones.every(marked)
  const computed = setupPerZoneWmarks(
    sizes(zones),
    sysctl['vm.min_free_kbytes'],
    sysctl['vm.watermark_scale_factor'],
    rules,
  )
  const reserves = setupLowmemReserve(sizes(zones), sysctl['vm.lowmem_reserve_ratio'])
  const reserveStated = zones.every((z) => z.protection !== undefined) && !changed.has('vm.lowmem_reserve_ratio')
  const fraction = sysctl['vm.percpu_pagelist_high_fraction']
  // Before 5.14 the lists do not follow the marks.
  const listsFollow = rules.pcpHigh === 'low' && (recompute || changed.has('vm.percpu_pagelist_high_fraction'))
  const freeAtStart = estimateFree(zones)
  return zones.map((z, i) => {
    const marks = recompute ? computed[i] : recordedMarks(z)
    const lists = z.pagesets?.length ? z.pagesets : undefined
    const kept = listsFollow ? undefined : lists
    const batch = kept ? kept[0].batch : zoneBatchsize(z.managed, rules)
    const cpus = context.cpusOfNode(z.node)
    return {
      node: z.node,
      name: z.zone as ZoneName,
      managed: z.managed,
      present: z.present ?? z.managed,
      free: Math.min(z.managed, z.free ?? freeAtStart(z)),
      pcpCount: lists?.reduce((sum, p) => sum + p.count, 0) ?? 0,
      min: marks.min,
      low: marks.low,
      high: marks.high,
      protection: reserveStated ? padded(z.protection ?? []) : reserves[i],
      // 6.12 tunes each CPU's threshold by itself; the model has one for all.
      pcpHigh: kept
        ? average(kept.map((p) => p.high))
        : zoneHighsize(marks.low, cpus, batch, fraction, z.managed, rules),
      pcpBatch: batch,
    }
  })
}

/** Free pages of an idle machine: what is in use comes from all zones but DMA, which boot leaves alone but for 32 pages. */
function estimateFree(zones: readonly MachineZone[]): (z: MachineZone) => number {
  const managed = zones.reduce((sum, z) => sum + z.managed, 0)
  const used = bootUse(managed, new Set(zones.map((z) => z.node)).size).total
  const inUse = zones.filter((z) => z.zone !== 'DMA').reduce((sum, z) => sum + z.managed, 0)
  return (z) => (z.zone === 'DMA' ? z.managed - 32 : z.managed - Math.ceil((used * z.managed) / inUse))
}

/** Kernels without a Device or Movable zone print fewer entries. */
function padded(protection: readonly number[]): number[] {
  return Array.from({ length: MAX_NR_ZONES }, (_, j) => protection[j] ?? 0)
}
