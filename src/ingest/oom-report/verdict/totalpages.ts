/** How much memory the constraint allows: `totalpages` of `constrained_alloc`, from what the report prints. */

import type { OomReport } from '../report.js'

export interface TotalPages {
  /** Pages; null when the report does not say. */
  pages: number | null
  /** In words, how it came about. */
  from: string
  /** False when a part had to be assumed: the true value is this or more. */
  exact: boolean
}

const PAGE_SIZES = [4, 8, 16, 64, 256]

/** Page size in kB: from a task whose size is printed in pages and in kB, from the buddy lists, or else 4. */
export function pageKb(report: OomReport): number {
  for (const k of report.killed) {
    const row = report.table?.tasks.find((t) => t.pid === k.pid)
    if (!row || !k.total_vm_kb || !row.total_vm) continue
    const size = k.total_vm_kb / row.total_vm
    if (PAGE_SIZES.includes(size)) return size
  }
  const printed = report.memory?.page_kb
  return printed && PAGE_SIZES.includes(printed) ? printed : 4
}

/** @param page page size, kB */
export function totalPages(report: OomReport, page: number): TotalPages {
  if (report.constraint === 'MEMCG') return memcgPages(report, page)
  const swap = Math.floor((report.memory?.swap_total_kb ?? 0) / page)
  if (report.constraint === 'MEMORY_POLICY') return nodePages(report, report.nodemask, swap, page)
  if (report.constraint === 'CPUSET') return nodePages(report, report.mems_allowed, swap, page)
  const m = report.memory
  if (m?.pages_ram) {
    const pages = Math.max(0, m.pages_ram - (m.pages_reserved ?? 0)) + swap
    return { pages, from: 'pages RAM - pages reserved + total swap', exact: true }
  }
  const managed = m?.zones.reduce((sum, z) => sum + (z.managed_kb ?? z.present_kb ?? 0), 0) ?? 0
  if (managed === 0) return unknown('no memory information')
  return { pages: Math.floor(managed / page) + swap, from: 'managed pages of the zones + total swap', exact: false }
}

/** Limit plus the swap that the cgroup may use (`mem_cgroup_get_max`); a memcg report rarely prints the total swap. */
function memcgPages(report: OomReport, page: number): TotalPages {
  const limit = report.memcg?.memory?.limit_kb
  if (!limit) return unknown('no limit of the cgroup')
  const { memsw, swap } = report.memcg!
  const total = report.memory?.swap_total_kb ?? null
  const sum = (kb: number, from: string, exact: boolean): TotalPages => ({
    pages: Math.max(1, Math.floor(limit / page) + Math.floor(kb / page)),
    from,
    exact,
  })
  let allowed = Number.POSITIVE_INFINITY
  if (memsw?.limit_kb) allowed = Math.max(0, memsw.limit_kb - limit)
  else if (swap && swap.limit_kb !== null) allowed = swap.limit_kb
  if (total !== null) return sum(Math.min(allowed, total), 'limit + swap allowed', true)
  if (allowed !== Number.POSITIVE_INFINITY) return sum(allowed, 'limit + swap allowed', allowed === 0)
  return sum(0, 'limit; swap is unlimited and the total swap is not printed: taken as 0', false)
}

/** Present pages of the nodes allowed, plus total swap. */
function nodePages(report: OomReport, list: string | null, swap: number, page: number): TotalPages {
  const nodes = nodeList(list)
  const zones = report.memory?.zones ?? []
  const of = zones.filter((z) => nodes === null || nodes.has(z.node))
  const kb = of.reduce((sum, z) => sum + (z.present_kb ?? z.managed_kb ?? 0), 0)
  if (kb === 0) return unknown('no zones of the allowed nodes')
  const printed = nodes === null || [...nodes].every((n) => zones.some((z) => z.node === n))
  return {
    pages: Math.floor(kb / page) + swap,
    from: 'present pages of the allowed nodes + total swap',
    exact: printed && report.memory?.swap_total_kb !== null,
  }
}

/** `0-2,4` → {0, 1, 2, 4}; null for `(null)`: all. */
export function nodeList(list: string | null): Set<number> | null {
  if (list === null || !/^\d/.test(list)) return null
  const out = new Set<number>()
  for (const part of list.split(',')) {
    const m = /^(\d{1,4})(?:-(\d{1,4}))?$/.exec(part)
    if (!m) continue
    for (let n = Number(m[1]); n <= Number(m[2] ?? m[1]); n++) out.add(n)
  }
  return out
}

function unknown(from: string): TotalPages {
  return { pages: null, from, exact: false }
}
