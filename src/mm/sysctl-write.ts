/**
 * Writing a sysctl while the machine runs: what the kernel recomputes then.
 */

import type { Mm } from './context.js'
import { parseSysctl, type SysctlName } from './sysctl.js'
import { setupLowmemReserve, setupPerZoneWmarks, totalreservePages, zoneHighsize } from './watermark.js'

const MARKS: readonly SysctlName[] = ['vm.min_free_kbytes', 'vm.watermark_scale_factor']

/** @returns null, or what was expected */
export function writeSysctl(mm: Mm, name: SysctlName, value: string | number): string | null {
  const parsed = parseSysctl(name, value)
  if (typeof parsed === 'object' && 'expected' in parsed) return parsed.expected
  const target = mm.sysctl as unknown as Record<string, number | number[]>
  target[name] = parsed
  // Two pairs of knobs share one setting: the one written last counts.
  const pairs: Record<string, SysctlName> = {
    'vm.dirty_ratio': 'vm.dirty_bytes',
    'vm.dirty_bytes': 'vm.dirty_ratio',
    'vm.dirty_background_ratio': 'vm.dirty_background_bytes',
    'vm.dirty_background_bytes': 'vm.dirty_background_ratio',
    'vm.overcommit_ratio': 'vm.overcommit_kbytes',
    'vm.overcommit_kbytes': 'vm.overcommit_ratio',
  }
  const other = pairs[name]
  if (other) target[other] = 0
  if (MARKS.includes(name)) recomputeMarks(mm)
  if (name === 'vm.lowmem_reserve_ratio') recomputeReserve(mm)
  if (MARKS.includes(name) || name === 'vm.percpu_pagelist_high_fraction') recomputePcp(mm)
  mm.totalreservePages = totalreservePages(
    mm.zones.map((z) => ({ name: z.name, managed: z.managed, high: z.high, protection: z.reserve })),
  )
  return null
}

function zoneShapes(mm: Mm) {
  return mm.zones.map((z) => ({ node: z.node.id, name: z.name, managed: z.managed }))
}

/** setup_per_zone_wmarks: from managed pages as they are now, boosts forgotten. */
function recomputeMarks(mm: Mm): void {
  const marks = setupPerZoneWmarks(
    zoneShapes(mm),
    mm.sysctl['vm.min_free_kbytes'],
    mm.sysctl['vm.watermark_scale_factor'],
    mm.profile.watermark,
  )
  mm.zones.forEach((z, i) => {
    z.min = marks[i].min
    z.low = marks[i].low
    z.high = marks[i].high
    z.boost = 0
  })
}

function recomputeReserve(mm: Mm): void {
  const reserve = setupLowmemReserve(zoneShapes(mm), mm.sysctl['vm.lowmem_reserve_ratio'])
  mm.zones.forEach((z, i) => {
    z.reserve.splice(0, z.reserve.length, ...reserve[i])
  })
}

function recomputePcp(mm: Mm): void {
  for (const z of mm.zones) {
    const cpus = z.node.cpus.length || mm.config.cpus
    z.pcpHigh = zoneHighsize(
      z.low,
      cpus,
      z.pcpBatch,
      mm.sysctl['vm.percpu_pagelist_high_fraction'],
      z.managed,
      mm.profile.watermark,
    )
  }
}
