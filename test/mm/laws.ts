/**
 * What the model counts, counted once more from the pages, the page tables and the processes: laws beyond those of
 * `checkConservation`. Slow and plain.
 */

import type { Mm } from '../../src/mm/context.js'
import type { Memcg } from '../../src/mm/memcg.js'
import {
  PG_ACTIVE,
  PG_ANON,
  PG_BATCHED,
  PG_DIRTY,
  PG_LRU,
  PG_RESIDENT,
  PG_SHADOW,
  PG_SWAPBACKED,
  PG_SWAPCACHE,
  PG_UNEVICTABLE,
  PG_WRITEBACK,
  PTE_PRESENT,
  PTE_SWAP,
  PTE_ZERO,
} from '../../src/mm/page.js'
import type { Task } from '../../src/mm/task.js'
import { EVENT_NAMES, LEVEL_NAMES, NS, V } from '../../src/mm/vmstat.js'

export class Laws {
  private readonly freeAtStart: number
  private readonly before: Float64Array

  constructor(private readonly mm: Mm) {
    this.freeAtStart = freePages(mm) + handedOut(mm)
    this.before = mm.vm.slice()
  }

  /** One line for each law that does not hold. */
  broken(): string[] {
    return [...this.pages(), ...this.mappings(), ...this.memcgs(), ...this.counters()]
  }

  private pages(): string[] {
    const { mm } = this
    const { flags, zone, pte } = mm.pages
    const out: string[] = []
    const ns = new Int32Array(mm.ns.length)
    const count = (page: number, item: NS) => ns[mm.zoneNode[zone[page]] * NS.NR + item]++
    for (let p = 0; p < mm.pages.reach(); p++) {
      const f = flags[p]
      const say = (what: string) => out.push(`page ${p} (flags ${f.toString(16)}, pte ${pte[p].toString(16)}) ${what}`)
      if (f & PG_SHADOW && f & PG_RESIDENT) say('is resident and a shadow')
      if (f & PG_LRU && f & PG_BATCHED) say('is on a list and in a batch')
      if (f & PG_ACTIVE && f & PG_UNEVICTABLE) say('is active and unevictable')
      // The bit means something else on file pages.
      const inSwapCache = f & PG_SWAPCACHE && f & (PG_SWAPBACKED | PG_ANON)
      if (!(f & PG_RESIDENT)) {
        if (f & PG_WRITEBACK || inSwapCache) say('is under I/O or in the swap cache and not resident')
        continue
      }
      const isFile = !(f & (PG_SWAPBACKED | PG_ANON))
      const isShmem = (f & (PG_SWAPBACKED | PG_ANON)) === PG_SWAPBACKED
      if (inSwapCache) count(p, NS.swapcached)
      if (inSwapCache || isFile || isShmem) count(p, NS.filePages)
      if (isShmem && !inSwapCache) count(p, NS.shmem)
      if (isFile && f & PG_DIRTY) count(p, NS.dirty)
      if (f & PG_WRITEBACK) count(p, NS.writeback)
      if (f & PG_UNEVICTABLE) count(p, NS.mlocked)
      if (f & PG_UNEVICTABLE && !mm.rmap.locked(p)) say('is unevictable and nobody locks it')
    }
    for (const item of [NS.swapcached, NS.filePages, NS.shmem, NS.dirty, NS.writeback, NS.mlocked]) {
      for (let at = item as number; at < ns.length; at += NS.NR) {
        if (ns[at] !== mm.ns[at]) out.push(`${nameOf(item)}: ${mm.ns[at]} counted, ${ns[at]} pages`)
      }
    }
    mm.ns.forEach((n, i) => {
      if (n < 0) out.push(`${nameOf(i)} is ${n}`)
    })
    return out
  }

  /** Page tables against rss, swap entries, nr_anon_pages, nr_mapped, nr_page_table_pages. */
  private mappings(): string[] {
    const { mm } = this
    const { flags, zone, pte, slot } = mm.pages
    const out: string[] = []
    const rss = new Map<Task, { anon: number; file: number; shmem: number; swap: number; tables: number }>()
    const ns = new Int32Array(mm.ns.length)
    const mappedFile = new Set<number>()
    for (const vma of mm.vmas) {
      if (!vma) continue
      if (!rss.has(vma.task)) rss.set(vma.task, { anon: 0, file: 0, shmem: 0, swap: 0, tables: 0 })
      const r = rss.get(vma.task) as { anon: number; file: number; shmem: number; swap: number; tables: number }
      vma.chunks.forEach((base, c) => {
        if (base < 0) return
        r.tables++
        for (let k = 0; k < 512; k++) {
          const entry = base + k
          const e = pte[entry]
          const say = (what: string) =>
            out.push(`entry ${c * 512 + k} of a ${vma.kind} region (pte ${e.toString(16)}): ${what}`)
          if (e & PTE_SWAP) {
            r.swap++
            if (e & PTE_PRESENT) say('present and swapped')
            if (slot[entry] < 0) say('swapped without a slot')
            else if (!mm.swapfile.heldByEntry(slot[entry])) say('its slot does not know')
            else if (mm.swapfile.owner[slot[entry]] !== entry) say('its slot is somebody else’s')
          }
          if (!(e & PTE_PRESENT) || e & PTE_ZERO) continue
          const page = vma.kind === 'file' && vma.file ? mm.filemap.peek(vma.file, c * 512 + k) : entry
          if (page < 0 || !(flags[page] & PG_RESIDENT)) {
            say('maps a page that is not there')
            continue
          }
          const at = mm.zoneNode[zone[page]] * NS.NR
          if (vma.kind === 'anon') {
            r.anon++
            ns[at + NS.anonPages]++
          } else if (vma.kind === 'shmem') {
            r.shmem++
            ns[at + NS.mapped]++
          } else {
            r.file++
            if (!mappedFile.has(page)) ns[at + NS.mapped]++
            mappedFile.add(page)
          }
        }
      })
    }
    const p = mm.config.process
    const own = Math.max(0, p.spawnMinorFaults - p.filePages - p.shmemPages)
    for (const [task, r] of rss) {
      const shared = task.kthread ? 0 : 1
      const expect: [string, number, number][] = [
        ['anonymous rss', task.rssAnon, r.anon + shared * Math.max(0, p.anonPages - own)],
        ['file rss', task.rssFile, r.file + shared * p.filePages],
        ['shmem rss', task.rssShmem, r.shmem + shared * p.shmemPages],
        ['swap entries', task.swapents, r.swap],
      ]
      for (const [what, counted, is] of expect) {
        if (counted !== is) out.push(`${task.comm}: ${what} ${counted} counted, ${is} in the page tables`)
      }
    }
    for (const item of [NS.anonPages, NS.mapped]) {
      for (let at = item as number; at < ns.length; at += NS.NR) {
        if (ns[at] !== mm.ns[at]) out.push(`${nameOf(item)}: ${mm.ns[at]} counted, ${ns[at]} mapped`)
      }
    }
    return out
  }

  private memcgs(): string[] {
    const { mm } = this
    const { flags, memcg } = mm.pages
    const out: string[] = []
    const own = new Map<Memcg, number>()
    const swap = new Map<Memcg, number>()
    const add = (to: Map<Memcg, number>, m: Memcg | null) => {
      for (; m?.parent; m = m.parent) to.set(m, (to.get(m) ?? 0) + 1)
    }
    for (let p = 0; p < mm.pages.reach(); p++) if (flags[p] & PG_RESIDENT) add(own, mm.memcgs[memcg[p]])
    mm.swapfile.owner.forEach((page) => {
      if (page >= 0) add(swap, mm.memcgs[memcg[page]])
    })
    for (const m of mm.memcgs) {
      if (!m.parent) continue
      let stocked = 0
      for (const c of m.walk()) stocked += mm.charge.stocked(c)
      const pages = own.get(m) ?? 0
      if (m.usage !== pages + stocked) out.push(`${m.path}: usage ${m.usage}, ${pages} pages and ${stocked} in stocks`)
      if (m.swapUsage !== (swap.get(m) ?? 0)) out.push(`${m.path}: swap ${m.swapUsage}, ${swap.get(m) ?? 0} slots`)
    }
    for (const file of mm.files) {
      if (!file) continue
      let cached = 0
      let dirty = 0
      for (const base of file.chunks) {
        if (base < 0) continue
        for (let p = base; p < base + 512; p++) {
          if (flags[p] & PG_RESIDENT) cached++
          if (flags[p] & PG_RESIDENT && flags[p] & PG_DIRTY) dirty++
        }
      }
      if (file.nrCached !== cached) out.push(`${file.name}: ${file.nrCached} cached, ${cached} pages`)
      if (file.nrDirty !== dirty) out.push(`${file.name}: ${file.nrDirty} dirty, ${dirty} pages`)
    }
    return out
  }

  private counters(): string[] {
    const { mm } = this
    const { vm } = mm
    const out: string[] = []
    for (let i = 0; i < V.NR; i++) {
      if (!(vm[i] >= this.before[i])) out.push(`${EVENT_NAMES[i]} fell from ${this.before[i]} to ${vm[i]}`)
    }
    this.before.set(vm)
    const atMost = (a: number, b: number, what: string) => {
      if (a > b) out.push(`${what}: ${a} > ${b}`)
    }
    const who = vm[V.pgscan_kswapd] + vm[V.pgscan_direct]
    const stole = vm[V.pgsteal_kswapd] + vm[V.pgsteal_direct]
    // Limit reclaim counts by type only.
    atMost(who, vm[V.pgscan_anon] + vm[V.pgscan_file], 'scans by who and by type')
    atMost(stole, vm[V.pgsteal_anon] + vm[V.pgsteal_file], 'steals by who and by type')
    if (mm.memcgs.length === 1) {
      atMost(vm[V.pgscan_anon] + vm[V.pgscan_file], who, 'scans by type and by who')
      atMost(vm[V.pgsteal_anon] + vm[V.pgsteal_file], stole, 'steals by type and by who')
    }
    for (const type of [0, 1]) {
      atMost(vm[V.pgsteal_anon + type], vm[V.pgscan_anon + type], 'steals and scans')
      atMost(vm[V.workingset_activate_anon + type], vm[V.workingset_refault_anon + type], 'activations and refaults')
      atMost(vm[V.workingset_restore_anon + type], vm[V.workingset_activate_anon + type], 'restores and activations')
    }
    atMost(vm[V.pgmajfault], vm[V.pgfault], 'major faults and faults')
    const gone = this.freeAtStart - freePages(mm)
    if (handedOut(mm) !== gone) out.push(`pgalloc − pgfree is ${handedOut(mm)}, ${gone} pages are gone`)
    if (vm[V.numa_hit] + vm[V.numa_miss] !== allocated(mm)) out.push(`numa_hit + numa_miss is not ${allocated(mm)}`)
    return out
  }
}

function nameOf(item: number): string {
  return LEVEL_NAMES[item % NS.NR] ?? 'level'
}

function allocated(mm: Mm): number {
  let n = 0
  for (let z = 0; z < 5; z++) n += mm.vm[V.pgalloc_dma + z]
  return n
}

function handedOut(mm: Mm): number {
  return allocated(mm) - mm.vm[V.pgfree]
}

function freePages(mm: Mm): number {
  return mm.zones.reduce((n, z) => n + z.free + z.pcpTotal(), 0)
}
