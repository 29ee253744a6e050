/** What made the OOM so: the limit or the zones, swap, the request, and who holds the memory. */

import type { OomReport, OomZone } from '../report.js'
import type { RankedTask } from './ranking.js'
import { nodeList } from './totalpages.js'

export interface Cause {
  /** Stable: `memcg-limit`, `zones-below-min`, `fragmentation`, `swap-full`, … */
  code: string
  text: string
}

export interface ZoneState extends OomZone {
  /** The request may be served from it. */
  usable: boolean
  /** Free pages that this request may take: without the CMA area unless they may be moved, kB. */
  usable_free_kb: number
  /** What the zone keeps from this request (`lowmem_reserve`), kB; added to each mark. */
  reserve_kb: number
  /** The lowest watermark that the free pages do not exceed, null when they exceed high or no marks are printed. */
  below: 'min' | 'low' | 'high' | null
}

export interface Consumer {
  name: string
  tasks: number
  /** Resident + swap + page tables, pages. */
  pages: number
  oom_score_adj: number
}

const ZONES = ['DMA', 'DMA32', 'Normal', 'HighMem', 'Movable', 'Device']
/** Order of `lowmem_reserve[]` on 32 and on 64 bit. */
const ZONES_32 = ['DMA', 'Normal', 'HighMem', 'Movable']
const ZONES_64 = ['DMA', 'DMA32', 'Normal', 'Movable', 'Device']
const GFP_DMA = 0x1
const GFP_HIGHMEM = 0x2
const GFP_DMA32 = 0x4
const GFP_MOVABLE = 0x8

/** Zones with their state; usable ones are those that the zone bits of gfp_mask and the node mask allow. @param page kB */
export function zoneStates(report: OomReport, page: number): ZoneState[] {
  const zones = report.memory?.zones ?? []
  const mask = report.gfp === null ? GFP_HIGHMEM | GFP_MOVABLE : Number.parseInt(report.gfp, 16)
  const highest = highestZone(mask)
  const nodes = nodeList(report.constraint === 'CPUSET' ? report.mems_allowed : report.nodemask)
  const order = zones.some((z) => z.zone === 'HighMem') ? ZONES_32 : ZONES_64
  return zones.map((z) => {
    const usable = ZONES.indexOf(z.zone) <= ZONES.indexOf(highest) && (nodes === null || nodes.has(z.node))
    const reserve_kb = Math.max(0, ...z.reserve.slice(0, order.indexOf(highest) + 1)) * page
    const free = z.free_kb - (mask & GFP_MOVABLE ? 0 : z.free_cma_kb)
    // `__zone_watermark_ok`: free pages must exceed the mark and what the zone keeps from this request.
    const under = (mark: number | null): boolean => mark !== null && free <= mark + reserve_kb
    const below = under(z.min_kb) ? 'min' : under(z.low_kb) ? 'low' : under(z.high_kb) ? 'high' : null
    return { ...z, usable, usable_free_kb: free, reserve_kb, below }
  })
}

/** `gfp_zone`: the low four bits name the highest zone in every release. */
function highestZone(mask: number): string {
  if (mask & GFP_DMA) return 'DMA'
  if (mask & GFP_DMA32) return 'DMA32'
  if ((mask & GFP_MOVABLE) !== 0 && (mask & GFP_HIGHMEM) !== 0) return 'Movable'
  return mask & GFP_HIGHMEM ? 'HighMem' : 'Normal'
}

/** The causes, the decisive ones first. @param page page size, kB */
export function causesOf(report: OomReport, zones: readonly ZoneState[], page: number): Cause[] {
  const out: Cause[] = []
  const add = (code: string, text: string): number => out.push({ code, text })
  if (report.manual) add('sysrq', 'asked for with SysRq-f; memory need not have been short')
  if (report.pagefault) add('pagefault', 'raised from a page fault, without a request of its own')
  if (report.constraint === 'MEMCG') memcgCauses(report, add)
  if (report.constraint === 'CPUSET') add('cpuset', `only ${nodesText(report.mems_allowed)} may be used (cpuset)`)
  if (report.constraint === 'MEMORY_POLICY') {
    add('mempolicy', `only ${nodesText(report.nodemask)} may be used (memory policy)`)
  }
  zoneCauses(report, zones, page, add)
  swapCauses(report, page, add)
  totalCauses(report, page, add)
  return out
}

function nodesText(list: string | null): string {
  return list !== null && /^\d+$/.test(list) ? `node ${list}` : `nodes ${list ?? '?'}`
}

type Add = (code: string, text: string) => void

function memcgCauses(report: OomReport, add: Add): void {
  const m = report.memcg
  const path = m?.path ? ` of ${m.path}` : ''
  const { memory, memsw, swap } = m ?? {}
  if (memory) {
    const full = memory.limit_kb !== null && memory.usage_kb >= memory.limit_kb * 0.99
    const limit = memory.limit_kb === null ? 'unlimited' : size(memory.limit_kb)
    add('memcg-limit', `memory${path} is at ${size(memory.usage_kb)} of ${limit}${full ? ': the limit' : ''}`)
  } else add('memcg-limit', `the memory limit${path} was hit`)
  const both = memsw ?? swap
  if (!both || both.limit_kb === null) return
  const what = memsw ? 'memory+swap' : 'swap'
  const full = both.usage_kb >= both.limit_kb * 0.99
  if (both.limit_kb === 0) add('memcg-no-swap', 'the cgroup may not swap')
  else
    add(full ? 'memcg-swap-full' : 'memcg-swap', `its ${what} is at ${size(both.usage_kb)} of ${size(both.limit_kb)}`)
}

function zoneCauses(report: OomReport, zones: readonly ZoneState[], page: number, add: Add): void {
  const usable = zones.filter((z) => z.usable && (z.min_kb ?? 0) > 0)
  if (usable.length === 0) return
  const low = usable.filter((z) => z.below === 'min').sort((a, b) => b.min_kb! - a.min_kb!)
  const name = (z: ZoneState): string => {
    const reserve = z.usable && z.reserve_kb > 0 ? ` + reserve ${z.reserve_kb} kB` : ''
    const cma = z.usable_free_kb < z.free_kb ? ` (${z.free_kb - z.usable_free_kb} kB of it CMA)` : ''
    return `node ${z.node} ${z.zone} ${z.free_kb} kB free${cma}, min ${z.min_kb} kB${reserve}`
  }
  const order = report.order ?? 0
  if (order > 0) {
    const kb = page * 2 ** Math.min(order, 20)
    const blocks = report.memory!.free_blocks.slice(order).reduce((a, b) => a + b, 0)
    const text = `order ${order} asks for ${size(kb)} in one piece; ${blocks} free blocks are that large`
    add(low.length < usable.length ? 'fragmentation' : 'order', text)
  }
  if (low.length === usable.length) {
    add('zones-below-min', `every zone that the request may use is below min: ${low.slice(0, 4).map(name).join('; ')}`)
  } else if (low.length > 0) add('zone-below-min', `below min: ${low.slice(0, 4).map(name).join('; ')}`)
  else {
    const tightest = usable.reduce((a, b) => (a.free_kb / a.min_kb! <= b.free_kb / b.min_kb! ? a : b))
    add('zones-above-min', `no zone is below min; the tightest: ${name(tightest)}`)
  }
  const blocked = zones.filter((z) => !z.usable && z.free_kb > 4 * (z.high_kb ?? 0) && z.free_kb > 65536)
  if (blocked.length > 0) {
    add(
      'zone-restricted',
      `memory is free where this request may not take it: ${blocked.slice(0, 4).map(name).join('; ')}`,
    )
  }
}

function swapCauses(report: OomReport, page: number, add: Add): void {
  const m = report.memory
  if (!m || (m.pages_ram === null && m.swap_total_kb === null)) return
  const total = m.swap_total_kb ?? 0
  const free = m.swap_free_kb ?? 0
  if (total === 0) add('no-swap', 'no swap')
  else if (free < Math.max(total / 100, 16 * page))
    add('swap-full', `swap is full: ${size(free)} of ${size(total)} free`)
  else add('swap-left', `swap is left: ${size(free)} of ${size(total)} free`)
}

function totalCauses(report: OomReport, page: number, add: Add): void {
  const t = report.memory?.totals
  const ram = report.memory?.pages_ram
  if (!t || !ram) return
  const share = (pages: number): string => `${size(pages * page)}, ${Math.round((pages * 100) / ram)} % of RAM`
  const anon = (t.active_anon ?? 0) + (t.inactive_anon ?? 0)
  const file = (t.active_file ?? 0) + (t.inactive_file ?? 0)
  add('anon', `anonymous memory and shmem: ${share(anon)}`)
  if ((t.slab_unreclaimable ?? 0) * 10 > ram) add('slab', `unreclaimable slab: ${share(t.slab_unreclaimable)}`)
  if ((t.shmem ?? 0) * 10 > ram) add('shmem', `shmem and tmpfs: ${share(t.shmem)}`)
  if ((t.pagetables ?? 0) * 20 > ram) add('pagetables', `page tables: ${share(t.pagetables)}`)
  const huge = Math.round((report.memory?.hugetlb_kb ?? 0) / page)
  if (huge * 10 > ram) add('hugetlb', `set aside as huge pages: ${share(huge)}`)
  if (t.active_file === undefined && t.inactive_file === undefined) return
  if (file * 20 < ram) add('file-low', `page cache left to reclaim: ${share(file)}`)
  else add('file-left', `page cache: ${share(file)}`)
}

/** The names that hold most, tasks of one name together. */
export function consumersOf(tasks: readonly RankedTask[], count = 5): Consumer[] {
  const names = new Map<string, Consumer>()
  for (const t of tasks) {
    const c = names.get(t.name) ?? { name: t.name, tasks: 0, pages: 0, oom_score_adj: t.oom_score_adj }
    c.tasks++
    c.pages += t.rss + (t.swap ?? 0) + (t.pgtables ?? 0)
    c.oom_score_adj = Math.max(c.oom_score_adj, t.oom_score_adj)
    names.set(t.name, c)
  }
  return [...names.values()].sort((a, b) => b.pages - a.pages).slice(0, count)
}

/** kB → `980 kB`, `44.1 MB`, `12.7 GB` (binary multiples, as the kernel's kB are). */
export function size(kb: number): string {
  if (kb < 1024) return `${kb} kB`
  const [value, unit] =
    kb < 1024 ** 2 ? [kb / 1024, 'MB'] : kb < 1024 ** 3 ? [kb / 1024 ** 2, 'GB'] : [kb / 1024 ** 3, 'TB']
  return `${value < 100 ? value.toFixed(1) : Math.round(value)} ${unit}`
}
