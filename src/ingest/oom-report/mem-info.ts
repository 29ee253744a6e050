/**
 * The `Mem-Info:` block of a report: `__show_mem` and `show_free_areas` (mm/show_mem.c, earlier mm/page_alloc.c).
 * https://github.com/torvalds/linux/blob/v6.6/mm/show_mem.c
 */

import type { OomMemory, OomZone } from './report.js'

/** More zone lines than any machine has nodes × zones would only come from a damaged log. */
const MAX_ZONES = 8192
const ZONE = '(DMA|DMA32|Normal|HighMem|Movable|Device)'
const ZONE_LINE = new RegExp(`^(?:Node (\\d{1,4}) )?${ZONE} free:\\d+kB`)
const BUDDY_LINE = new RegExp(`^(?:Node (\\d+),? )?${ZONE}: \\d+\\*\\d+kB`)
const NODE_LINE = /^(?:Node \d+ )active_anon:\d+kB/
/** A line of the totals: pages, without unit. */
const TOTALS_LINE =
  /^(?:active_anon|active_file|unevictable|slab_reclaimable|mapped|sec_pagetables|kernel_misc_reclaimable|free|free_cma|[Aa]ctive|inactive_anon|inactive_file|unstable):\d+(?= |$)/
const FIELD = /([A-Za-z_]+(?:\([a-z]+\))?): ?(\d{1,15})(kB|KB)?(?= |$)/g
const HUGETLB = /^(?:Node \d+ )?hugepages_total=(\d{1,9}) .*hugepages_size=(\d{1,9})kB/
const BLOCK = /(\d{1,12})\*(\d{1,9})kB/g
const COUNTS: [RegExp, (m: OomMemory, n: number) => void][] = [
  [/^Free swap *[=:] *(\d{1,15})kB/, (m, n) => (m.swap_free_kb ??= n)],
  [/^Total swap *[=:] *(\d{1,15})kB/, (m, n) => (m.swap_total_kb ??= n)],
  [/^(\d{1,15}) pages (?:of )?RAM/, (m, n) => (m.pages_ram ??= n)],
  [/^(\d{1,15}) pages HighMem/, (m, n) => (m.pages_highmem ??= n)],
  [/^(\d{1,15}) (?:pages reserved|reserved pages)/, (m, n) => (m.pages_reserved ??= n)],
  [/^(\d{1,15}) total pagecache pages/, (m, n) => (m.pages_pagecache ??= n)],
]

/** True for a line that can stand at the beginning of a message of this block. */
export function startsMemInfo(text: string): boolean {
  return (
    text.startsWith('Mem-Info:') ||
    text.startsWith('Mem-info:') ||
    text.startsWith('lowmem_reserve[]:') ||
    TOTALS_LINE.test(text) ||
    NODE_LINE.test(text) ||
    ZONE_LINE.test(text) ||
    BUDDY_LINE.test(text) ||
    HUGETLB.test(text) ||
    COUNTS.some(([re]) => re.test(text))
  )
}

/** True for lines that mail programs wrap and whose rest may follow. */
export function wrapsMemInfo(text: string): boolean {
  return NODE_LINE.test(text) || ZONE_LINE.test(text) || BUDDY_LINE.test(text)
}

const WHOLE = /^[\w()]+:\d+(?:kB|KB)$|^\d+\*\d+kB$/
const ORNAMENT =
  /^(?:[\w()]+:\d*|\(\w+\)|=|\d+|\d+kB|Node|DMA|DMA32|Normal|HighMem|Movable|Device|yes|no|all_unreclaimable\?)$/

/** How good a node, zone or buddy line looks: its whole values, less the pieces that are none. */
export function wholeness(text: string): number {
  let sum = 0
  for (const t of text.split(' ')) sum += WHOLE.test(t) ? 1 : ORNAMENT.test(t) ? 0 : -1
  return sum
}

export function emptyMemory(): OomMemory {
  return {
    totals: {},
    zones: [],
    nodes: [],
    page_kb: null,
    free_blocks: [],
    swap_free_kb: null,
    swap_total_kb: null,
    pages_ram: null,
    pages_highmem: null,
    pages_reserved: null,
    pages_pagecache: null,
    hugetlb_kb: 0,
  }
}

/** Reads one line into `m`; a value that is there already stays. @returns false when it is not of this block */
export function readMemInfo(text: string, m: OomMemory): boolean {
  if (text.startsWith('Mem-Info:') || text.startsWith('Mem-info:')) return true
  if (TOTALS_LINE.test(text)) {
    for (const f of text.matchAll(FIELD)) if (!f[3]) m.totals[f[1].toLowerCase()] ??= Number(f[2])
    return true
  }
  const zone = ZONE_LINE.exec(text)
  if (zone) {
    addZone(m, text, Number(zone[1] ?? 0), zone[2])
    return true
  }
  const buddy = BUDDY_LINE.exec(text)
  if (buddy) {
    addBlocks(m, text)
    return true
  }
  const huge = HUGETLB.exec(text)
  if (huge) {
    m.hugetlb_kb += Number(huge[1]) * Number(huge[2])
    return true
  }
  for (const [re, set] of COUNTS) {
    const c = re.exec(text)
    if (c) {
      set(m, Number(c[1]))
      return true
    }
  }
  if (text.startsWith('lowmem_reserve[]:')) {
    // The line belongs to the zone line before it.
    const zone = m.zones.at(-1)
    if (zone && zone.reserve.length === 0) zone.reserve = text.slice(17).trim().split(/ +/).slice(0, 8).map(pages)
    return true
  }
  return NODE_LINE.test(text)
}

function pages(text: string): number {
  return /^\d{1,15}$/.test(text) ? Number(text) : 0
}

function addZone(m: OomMemory, text: string, node: number, zone: string): void {
  if (m.zones.length >= MAX_ZONES || m.zones.some((z) => z.node === node && z.zone === zone)) return
  const f: Record<string, number> = {}
  // A value without its unit was cut or wrapped inside.
  for (const x of text.matchAll(FIELD)) if (x[3]) f[x[1]] ??= Number(x[2])
  const z: OomZone = {
    node,
    zone,
    free_kb: f.free ?? 0,
    min_kb: f.min ?? null,
    low_kb: f.low ?? null,
    high_kb: f.high ?? null,
    present_kb: f.present ?? null,
    managed_kb: f.managed ?? null,
    free_cma_kb: f.free_cma ?? 0,
    reserve: [],
  }
  m.zones.push(z)
  if (!m.nodes.includes(node)) m.nodes.push(node)
}

function addBlocks(m: OomMemory, text: string): void {
  let order = 0
  for (const b of text.matchAll(BLOCK)) {
    if (order === 0) m.page_kb ??= Number(b[2])
    m.free_blocks[order] = (m.free_blocks[order] ?? 0) + Number(b[1])
    if (++order > 20) return
  }
}
