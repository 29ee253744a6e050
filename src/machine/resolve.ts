/** From what is known of a machine to what the model is built from. */
import { InputError, UsageError } from '../base/errors.js'
import type { Costs, MmConfig, ProcessFootprint } from '../mm/config.js'
import { kernelProfile } from '../mm/profile.js'
import type { Sysctl } from '../mm/sysctl.js'
import {
  DEFAULT_COSTS,
  DEFAULT_FAULT_AROUND_BYTES,
  DEFAULT_HZ,
  DEFAULT_PROCESS,
  DEFAULT_THP,
  freeAtBootKb,
} from './defaults.js'
import { buildDisk, buildSwap, readaheadPages } from './devices.js'
import { type MachineOptions, machineFromOptions } from './from-options.js'
import { profileOf } from './kernel-release.js'
import type { MachineDescription, MachineZone } from './machine.js'
import { buildNodes, countCpus, cpusByNode } from './nodes.js'
import { overlay, statesMemory } from './overlay.js'
import { applySettings, machineSysctl, printSettings } from './settings.js'
import { x86Zones } from './x86-zones.js'
import { type MinFreeOrigin, populated, settleMinFree, settleZones, type ZoneContext } from './zones.js'

/**
 * `Buffers` is the page cache of block devices. A mounted file system keeps a handful of its pages in use (superblock,
 * group descriptors, journal); the rest is reclaimed like any cache.
 */
const MAX_PINNED_FILE_PAGES = 8

export interface ResolveOptions {
  /** `--machine`, read. */
  machine?: MachineDescription
  /** The `machine` of the trace's header, read. */
  trace?: MachineDescription
  /** `--memory`, `--swap`, `--nodes`, `--cpus`. */
  options?: MachineOptions
  /** `--set NAME=VALUE`, in order. */
  set?: Record<string, string>
}

export interface ResolvedMachine {
  config: MmConfig
  /** Name → pages of files that exist before the trace starts. */
  files: Record<string, number>
  /** Every sysctl in force, as text. */
  settings: Record<string, string>
  /** Kernel profile, see `kernel-release.ts`. */
  profile: string
  /** Where the description came from. */
  source: string
  /** Sample interval that the trace asks for. */
  sampleSeconds?: number
  /** The machine ran with the multi-generational LRU. */
  lruGen: boolean
  minFree: MinFreeOrigin
  warnings: string[]
}

/**
 * Settles the machine: `set` over `machine` over `trace` over `options` over defaults.
 *
 * @throws UsageError when nothing states a memory size, or for a setting that is unknown or out of range
 * @throws InputError for a recorded value that is none
 */
export function resolveMachine(o: ResolveOptions): ResolvedMachine {
  const described = layered(o)
  const warnings = overridden(o)
  const { profile, release, exact } = profileOf(described.kernel)
  if (!exact) warnings.push(`Linux ${release} is replayed by the rules of ${profile}, the nearest older release known`)

  const recorded = populated(zonesOf(described))
  const numbers = [...new Set(recorded.map((z) => z.node))]
  const cpus = countCpus(described, numbers.length)
  const byNode = cpusByNode(described, numbers, cpus)
  const context: ZoneContext = {
    profile,
    thp: thpMode(described),
    // A node without CPUs shares its lists among all of them.
    cpusOfNode: (node) => byNode.get(node)?.length || cpus,
  }

  const totalRam = ramPages(described, recorded)
  const sysctl = machineSysctl(described.sysctl, described.source)
  const minFree = settleMinFree(recorded, sysctl, context)
  settleReserves(sysctl, totalRam)
  const changed = applySettings(sysctl, o.set ?? {}, release)
  if (changed.has('vm.min_free_kbytes')) minFree.from = 'set'
  const zones = settleZones(recorded, sysctl, changed, context)

  const { reclaimRules } = kernelProfile(profile)
  if (reclaimRules !== profile)
    warnings.push(
      `reclaim follows the rules of ${reclaimRules}; watermarks, overcommit and badness those of ${profile}`,
    )
  const lruGen = usesLruGen(described)
  if (lruGen) warnings.push('recorded under the multi-generational LRU; replayed with the classic LRU')
  const config: MmConfig = {
    nodes: buildNodes(described, recorded, zones, byNode),
    cpus,
    sysctl,
    swap: buildSwap(described),
    disk: buildDisk(described.disk, described.costsUs?.io_latency),
    swapDisk: buildDisk(described.swapDisk, described.costsUs?.io_latency),
    memoryRecursiveprot: described.memoryRecursiveprot ?? false,
    backgroundWriteKbps: described.backgroundWriteKbps ?? 0,
    pinnedFilePages: Math.min(MAX_PINNED_FILE_PAGES, Math.floor((described.meminfo?.Buffers ?? 0) / 4)),
    readaheadPages: readaheadPages(described),
    faultAroundPages: Math.max(1, Math.floor(faultAroundBytes(described) / 4096)),
    vmaReadahead: described.sysfs?.['/sys/kernel/mm/swap/vma_ra_enabled']?.trim() !== 'false',
    costs: costs(described),
    process: footprint(described),
    totalRam,
    profile,
    hz: DEFAULT_HZ,
  }
  return {
    config,
    files: { ...described.files },
    settings: printSettings(sysctl),
    profile,
    source: described.source,
    sampleSeconds: described.sample,
    lruGen,
    minFree,
    warnings,
  }
}

function layered(o: ResolveOptions): MachineDescription {
  let m = machineFromOptions(o.options ?? {})
  if (o.trace) m = overlay(o.trace, m)
  if (o.machine) m = overlay(o.machine, m)
  if (statesMemory(m)) return m
  throw new UsageError(
    'nothing says how much memory the machine has',
    'give --machine FILE (machine.json, or a directory with copies of /proc files), or --memory 16G',
  )
}

function overridden(o: ResolveOptions): string[] {
  const stronger = [o.machine, o.trace].find((m) => m && statesMemory(m))
  if (!stronger || o.options?.memory === undefined) return []
  return [`--memory ${o.options.memory} has no effect: the machine is that of ${stronger.source}`]
}

function zonesOf(m: MachineDescription): MachineZone[] {
  if (m.zones?.some((z) => z.managed > 0)) return m.zones
  const nodes = m.nodes ?? 1
  const total = m.meminfo?.MemTotal
  const memoryKb = m.memoryKb ?? (total === undefined ? 0 : total)
  const zones = estimatedZones(m, memoryKb, nodes)
  if (total === undefined) return zones
  // MemTotal is what is managed: the estimate gives the proportions only.
  const estimate = zones.reduce((sum, z) => sum + z.managed, 0)
  const largest = zones.reduce((a, b) => (b.managed > a.managed ? b : a))
  largest.managed += Math.floor(total / 4) - estimate
  largest.present = Math.max(largest.present ?? 0, largest.managed)
  return zones
}

/** A size that fits no machine is a wrong option, or a wrong file where a file stated it. */
function estimatedZones(m: MachineDescription, memoryKb: number, nodes: number): MachineZone[] {
  try {
    return x86Zones(memoryKb, nodes, m.cpus ?? Math.max(2, nodes))
  } catch (e) {
    if (!(e instanceof UsageError) || m.source.startsWith('--')) throw e
    throw new InputError(e.message, { file: m.source, hint: e.hint, code: 'TM_MACHINE' })
  }
}

function ramPages(m: MachineDescription, zones: readonly MachineZone[]): number {
  const total = m.meminfo?.MemTotal
  return total === undefined ? zones.reduce((sum, z) => sum + z.managed, 0) : Math.floor(total / 4)
}

/** The two reserves that the kernel computes from free memory at boot (`init_admin_reserve`, `init_user_reserve`). */
function settleReserves(sysctl: Sysctl, totalRam: number): void {
  const share = Math.floor(freeAtBootKb(totalRam) / 32)
  if (sysctl['vm.admin_reserve_kbytes'] < 0) sysctl['vm.admin_reserve_kbytes'] = Math.min(share, 8192)
  if (sysctl['vm.user_reserve_kbytes'] < 0) sysctl['vm.user_reserve_kbytes'] = Math.min(share, 131072)
}

function thpMode(m: MachineDescription): string {
  const chosen = /\[(\w+)\]/.exec(m.sysfs?.['/sys/kernel/mm/transparent_hugepage/enabled'] ?? '')
  return chosen?.[1] ?? m.thp ?? DEFAULT_THP
}

function usesLruGen(m: MachineDescription): boolean {
  const enabled = m.sysfs?.['/sys/kernel/mm/lru_gen/enabled']
  // Bit 0 is the switch; the others are about clearing accessed bits.
  return enabled === undefined ? m.lruGen === true : (Number(enabled) & 1) === 1
}

function faultAroundBytes(m: MachineDescription): number {
  const sysfs = m.sysfs?.['/sys/kernel/debug/fault_around_bytes']
  return m.faultAroundBytes ?? (sysfs === undefined ? DEFAULT_FAULT_AROUND_BYTES : Number(sysfs))
}

function costs(m: MachineDescription): Costs {
  const c = m.costsUs ?? {}
  return {
    touch: c.touch ?? DEFAULT_COSTS.touch,
    minorFault: c.minor_fault ?? DEFAULT_COSTS.minorFault,
    readPage: c.read_page ?? DEFAULT_COSTS.readPage,
    writePage: c.write_page ?? DEFAULT_COSTS.writePage,
    scanPage: c.scan_page ?? DEFAULT_COSTS.scanPage,
    kswapdWakeup: c.kswapd_wakeup ?? DEFAULT_COSTS.kswapdWakeup,
  }
}

function footprint(m: MachineDescription): ProcessFootprint {
  const p = m.process ?? {}
  return {
    anonPages: p.anon_pages ?? DEFAULT_PROCESS.anonPages,
    filePages: p.file_pages ?? DEFAULT_PROCESS.filePages,
    shmemPages: p.shmem_pages ?? DEFAULT_PROCESS.shmemPages,
    spawnMinorFaults: p.spawn_minor_faults ?? DEFAULT_PROCESS.spawnMinorFaults,
    kernelStackPages: p.kernel_stack_pages ?? DEFAULT_PROCESS.kernelStackPages,
  }
}
