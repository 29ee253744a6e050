/** `tidemark watermarks`: the marks, reserves and per-CPU lists that a host has, or would have under other settings. */
import { loadMachine } from '../machine/load.js'
import { resolveMachine } from '../machine/resolve.js'
import type { MinFreeOrigin } from '../machine/zones.js'
import { totalreservePages } from '../mm/watermark.js'

export interface WatermarksOptions {
  /** Machine file or directory of /proc copies. */
  machine?: string
  memory?: string
  swap?: string
  nodes?: string | number
  cpus?: string | number
  /** `--set` values by name. */
  set?: Record<string, string>
}

export interface WatermarksZone {
  node: number
  zone: string
  managed: number
  min: number
  low: number
  high: number
  /** By zone index: DMA, DMA32, Normal, Movable, Device. */
  protection: number[]
  pcp_batch: number
  pcp_high: number
}

/** All sizes in pages of 4 KiB, except those named kbytes. */
export interface WatermarksResult {
  source: string
  profile: string
  cpus: number
  managed: number
  min_free_kbytes: number
  /** Where the value comes from, and what the kernel would choose at boot. */
  min_free_from: MinFreeOrigin['from']
  boot: { sqrt_kbytes: number; thp_kbytes: number | null; used_kbytes: number }
  watermark_scale_factor: number
  totalreserve: number
  zones: WatermarksZone[]
  warnings: string[]
}

/**
 * Works out what the host has.
 *
 * @throws UsageError, InputError as {@link resolveMachine} and {@link loadMachine}
 */
export function watermarks(o: WatermarksOptions): WatermarksResult {
  const { config, minFree, profile, source, warnings } = resolveMachine({
    machine: o.machine === undefined ? undefined : loadMachine(o.machine),
    options: { memory: o.memory, swap: o.swap, nodes: o.nodes, cpus: o.cpus },
    set: o.set,
  })
  const zones = config.nodes.flatMap((n) => n.zones.map((z) => ({ ...z, node: n.node })))
  return {
    source,
    profile,
    cpus: config.cpus,
    managed: zones.reduce((sum, z) => sum + z.managed, 0),
    min_free_kbytes: config.sysctl['vm.min_free_kbytes'],
    min_free_from: minFree.from,
    boot: { sqrt_kbytes: minFree.boot.sqrt, thp_kbytes: minFree.boot.thp, used_kbytes: minFree.boot.used },
    watermark_scale_factor: config.sysctl['vm.watermark_scale_factor'],
    totalreserve: totalreservePages(zones),
    zones: zones.map((z) => ({
      node: z.node,
      zone: z.name,
      managed: z.managed,
      min: z.min,
      low: z.low,
      high: z.high,
      protection: z.protection,
      pcp_batch: z.pcpBatch,
      pcp_high: z.pcpHigh,
    })),
    warnings,
  }
}

const ORIGIN: Record<MinFreeOrigin['from'], string> = {
  recorded: 'as recorded',
  set: 'as set',
  marks: 'added up from the recorded marks',
  boot: "the kernel's choice at boot",
}

function mib(pages: number): string {
  return `${(pages / 256).toFixed(1)} MiB`
}

function table(head: readonly string[], rows: readonly (readonly (string | number)[])[]): string[] {
  const cells = [head, ...rows].map((row) => row.map(String))
  const width = head.map((_, i) => Math.max(...cells.map((row) => row[i].length)))
  // Names to the left, numbers to the right.
  return cells.map((row) =>
    row
      .map((c, i) => (i === 1 || i === head.length - 1 ? c.padEnd(width[i]) : c.padStart(width[i])))
      .join('  ')
      .trimEnd(),
  )
}

/** The result as text for a terminal, ending in a newline. */
export function formatWatermarks(r: WatermarksResult): string {
  const { sqrt_kbytes, thp_kbytes, used_kbytes } = r.boot
  const thp =
    thp_kbytes === null
      ? 'huge pages off'
      : `huge pages ask for ${thp_kbytes} kB${thp_kbytes > sqrt_kbytes ? ' and win' : ''}`
  const lines = [
    `machine            ${r.source}, ${r.cpus} CPUs, rules of Linux ${r.profile}`,
    `managed            ${r.managed} pages (${mib(r.managed)})`,
    `vm.min_free_kbytes ${r.min_free_kbytes} (${ORIGIN[r.min_free_from]})`,
    `  at boot          ${used_kbytes}: square root rule ${sqrt_kbytes} kB, ${thp}`,
    `vm.watermark_scale_factor ${r.watermark_scale_factor}`,
    `totalreserve       ${r.totalreserve} pages (${mib(r.totalreserve)})`,
    '',
    ...table(
      ['node', 'zone', 'managed', 'min', 'low', 'high', 'pcp batch', 'pcp high', 'protection'],
      r.zones.map((z) => [
        z.node,
        z.zone,
        z.managed,
        z.min,
        z.low,
        z.high,
        z.pcp_batch,
        z.pcp_high,
        z.protection.join(' '),
      ]),
    ),
    '',
    'Sizes in pages of 4 KiB. Free memory below low wakes kswapd, which stops at high; below min processes reclaim',
    'themselves. pcp high is what one CPU may keep aside; protection is what a zone keeps from requests that could',
    'have been served by the zones DMA, DMA32, Normal, Movable, Device of its node.',
  ]
  return `${lines.join('\n')}\n`
}
