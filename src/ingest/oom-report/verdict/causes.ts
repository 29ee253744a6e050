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
  /** Which watermark the free pages do not reach, null when they reach high or the watermarks are not printed. */
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

/** Zones with their state; usable ones are those that the zone bits of gfp_mask and the node mask allow. */
export function zoneStates(report: OomReport): ZoneState[] {
  const zones = report.memory?.zones ?? []
  const highest = highestZone(report.gfp)
  const list = report.constraint === 'CPUSET' ? report.mems_allowed : report.nodemask
  const nodes = nodeList(list)
  return zones.map((z) => {
    const usable = ZONES.indexOf(z.zone) <= highest && (nodes === null || nodes.has(z.node))
    const under = (mark: number | null): boolean => mark !== null && z.free_kb < mark
    const below = under(z.min_kb) ? 'min' : under(z.low_kb) ? 'low' : under(z.high_kb) ? 'high' : null
    return { ...z, usable, below }
  })
}

/** `gfp_zone`: the low four bits name the zone in every release. */
function highestZone(gfp: string | null): number {
  const mask = gfp === null ? 0xf : Number.parseInt(gfp, 16)
  if (mask & 0x1) return 0
  if (mask & 0x4) return 1
  if ((mask & 0xa) === 0xa) return ZONES.length - 1
  return mask & 0x2 ? 3 : 2
}

/** The causes, the decisive ones first. @param page page size, kB */
export function causesOf(report: OomReport, zones: readonly ZoneState[], page: number): Cause[] {
  const out: Cause[] = []
  const add = (code: string, text: string): number => out.push({ code, text })
  if (report.manual) add('sysrq', 'asked for with SysRq-f; memory need not have been short')
  if (report.pagefault) add('pagefault', 'raised from a page fault, without a request of its own')
  if (report.constraint === 'MEMCG') memcgCauses(report, add)
  if (report.constraint === 'CPUSET') add('cpuset', `only nodes ${report.mems_allowed ?? '?'} may be used (cpuset)`)
  if (report.constraint === 'MEMORY_POLICY') {
    add('mempolicy', `only nodes ${report.nodemask ?? '?'} may be used (memory policy)`)
  }
  zoneCauses(report, zones, page, add)
  swapCauses(report, page, add)
  totalCauses(report, page, add)
  return out
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
  const low = usable.filter((z) => z.below === 'min')
  const name = (z: ZoneState): string => `node ${z.node} ${z.zone} ${size(z.free_kb)} free, min ${size(z.min_kb!)}`
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
  if (file * 20 < ram) add('file-low', `page cache left to reclaim: ${share(file)}`)
  else add('file-left', `page cache: ${share(file)}`)
  if ((t.slab_unreclaimable ?? 0) * 10 > ram) add('slab', `unreclaimable slab: ${share(t.slab_unreclaimable)}`)
  if ((t.shmem ?? 0) * 10 > ram) add('shmem', `shmem and tmpfs: ${share(t.shmem)}`)
  if ((t.pagetables ?? 0) * 20 > ram) add('pagetables', `page tables: ${share(t.pagetables)}`)
  const huge = Math.round((report.memory?.hugetlb_kb ?? 0) / page)
  if (huge * 10 > ram) add('hugetlb', `set aside as huge pages: ${share(huge)}`)
}

/** The names that hold most, tasks of one name together. */
export function consumersOf(tasks: readonly RankedTask[], count = 5): Consumer[] {
  const names = new Map<string, Consumer>()
  for (const t of tasks) {
    const c = names.get(t.name) ?? { name: t.name, tasks: 0, pages: 0, oom_score_adj: t.oom_score_adj }
    c.tasks++
    c.pages += t.rss + t.swap + t.pgtables
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
