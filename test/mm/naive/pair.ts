/** The model and the plain one side by side: the same is done to both, then they are compared. */

import { expect } from 'vitest'
import { GFP_HIGHUSER_MOVABLE } from '../../../src/mm/gfp.js'
import {
  type PageIndex,
  PG_ACTIVE,
  PG_DIRTY,
  PG_REFERENCED,
  PG_RESIDENT,
  PG_SWAPBACKED,
  PG_SWAPCACHE,
  PG_WORKINGSET,
  PG_WRITEBACK,
  PTE_PRESENT,
  PTE_SWAP,
  PTE_YOUNG,
} from '../../../src/mm/page.js'
import { writeSysctl } from '../../../src/mm/sysctl-write.js'
import type { Vma } from '../../../src/mm/task.js'
import { EVENT_NAMES } from '../../../src/mm/vmstat.js'
import { Bench } from '../bench.js'
import { FREE_OF_COST, testMachine } from '../machine.js'
import { NaiveMachine } from './machine.js'
import type { ListName, Page } from './page.js'
import { NaiveReclaim } from './reclaim.js'

const HEAP = 300
const FILE = 500
const LISTS: ListName[] = ['inactive_anon', 'active_anon', 'inactive_file', 'active_file']
const NOT_MODELLED = /^(pgalloc|numa)/

/** Both models, side by side. */
export class Pair {
  readonly fast: Bench
  readonly naive: NaiveMachine
  readonly reclaim: NaiveReclaim
  private readonly heap: Vma
  private readonly kswapd: Generator<number, void, void>
  private readonly names = new Map<PageIndex, string>()
  private readonly managed: number

  constructor(pages: number, swap: number, minFree: number) {
    this.managed = pages
    this.fast = new Bench(
      testMachine({
        zones: [{ name: 'DMA32', managed: pages }],
        minFreeKbytes: minFree,
        swap,
        noPcp: true,
        costs: FREE_OF_COST,
        disk: { iops: 0, bps: 0, latencyUs: 1000 },
        sysctl: { 'vm.page-cluster': 0, 'vm.dirty_bytes': 2 ** 40, 'vm.dirty_background_bytes': 2 ** 39 },
      }),
    )
    const { mm } = this.fast
    mm.slab = { cacheInsert() {}, attachBuffers() {}, dropBuffers() {} } as typeof mm.slab
    this.kswapd = mm.kswapd.run(mm.kswapd.threads[0])
    this.runKswapd()
    this.heap = this.fast.map('anon', HEAP)
    this.naive = new NaiveMachine(pages, marksFor(pages, minFree), swap)
    this.reclaim = new NaiveReclaim(this.naive)
    // The first touch brings the heap's page table, which stays.
    this.fast.touch(this.heap, 0, true)
    this.naive.free--
    this.naive.touch(this.naive.page('a0'), true)
  }

  private runKswapd(): void {
    const { mm } = this.fast
    for (;;) {
      mm.horizon[0] = Number.POSITIVE_INFINITY
      const { value } = this.kswapd.next()
      if (typeof value !== 'number') throw new Error('kswapd ended')
      if (value === Number.POSITIVE_INFINITY) return
      this.fast.passUntil(value)
    }
  }

  /** Carries out one command in both; commands that would need memory that is not there are left out. */
  play(c: Command): void {
    const { fast, naive, reclaim } = this
    const { mm } = fast
    if (c.op === 'kswapd') {
      mm.nodes[0].kswapdHighestZone = 3
      this.runKswapd()
      reclaim.kswapd()
      return
    }
    if (c.op === 'direct') {
      // Below half the marks an allocation would wait for kswapd instead.
      if (naive.free <= Math.floor(naive.marks.min / 2)) return
      const progress = fast.run(mm.vmscan.directReclaim(mm.nodes[0].zonelist, GFP_HIGHUSER_MOVABLE, fast.task))
      expect(progress).toBe(reclaim.direct())
      return
    }
    if (c.op === 'shrink') {
      const sc = fast.control(c.flag, c.n % 13, 32 + c.at)
      fast.run(mm.vmscan.shrinkNode(mm.nodes[0], sc))
      const call = reclaim.newCall(c.flag, 32 + c.at, c.n % 13)
      reclaim.shrinkNode(call)
      expect([sc.nrReclaimed, sc.nrScanned, sc.skippedDeactivate]).toEqual([
        ...[call.reclaimed, call.scanned, call.skippedDeactivate],
      ])
      return
    }
    fast.settle()
    naive.finishWrites()
    if (c.op === 'swappiness') {
      writeSysctl(mm, 'vm.swappiness', c.at % 201)
      naive.swappiness = c.at % 201
    } else if (c.op === 'marks') {
      writeSysctl(mm, 'vm.min_free_kbytes', 64 + c.at)
      naive.marks = marksFor(this.managed, 64 + c.at)
      for (const z of mm.zones) z.pcpHigh = 1
    } else for (let i = 0; i <= c.n; i++) this.access(c.op, c.at + (c.flag ? i : i * 37), c.flag)
  }

  private access(op: string, at: number, flag: boolean): void {
    const { fast, naive, heap } = this
    const isHeap = op === 'touch' || op === 'drop'
    const i = at % (isHeap ? HEAP : FILE)
    const page = naive.page(isHeap ? `a${i}` : `f${i}`)
    if (op !== 'drop' && !page.resident && naive.free <= naive.marks.low) return
    const fresh = !page.mapped && !page.swapEntry
    if (op === 'touch') {
      fast.touch(heap, i, flag || fresh)
      naive.touch(page, flag || fresh)
    } else if (op === 'drop') {
      fast.mm.madvise.dontneed(fast.task, heap, i, i + 1)
      naive.drop(page)
    } else if (op === 'read') {
      fast.read('f', i)
      naive.read(page)
    } else {
      fast.write('f', i)
      naive.write(page)
    }
  }

  private nameOf(page: PageIndex): string {
    if (!this.names.has(page)) {
      const { mm } = this.fast
      for (let i = 0; i < HEAP; i++) this.names.set(mm.memory.pageOf(this.heap, i), `a${i}`)
      for (let i = 0; i < FILE; i++) this.names.set(this.fast.filePage('f', i), `f${i}`)
    }
    return this.names.get(page) ?? `(${page})`
  }

  compare(): void {
    const { fast, naive } = this
    const { mm } = fast
    const vec = mm.rootMemcg.lruvecs[0]
    const state = {
      ...Object.fromEntries(
        LISTS.map((name, lru) => [name, [...vec.lists[lru]].map((p) => this.describe(p)).join(' ')]),
      ),
      batched: mm.lru.batched(),
      free: mm.alloc.nrFree(),
      swapFree: mm.swapfile.nrFree(),
      age: vec.nonresidentAge,
      cost: [vec.anonCost, vec.fileCost],
      failures: mm.nodes[0].kswapdFailures,
      counters: Object.fromEntries(
        EVENT_NAMES.map((name, i) => [name.startsWith('allocstall') ? 'allocstall' : name, mm.vm[i]] as const)
          .filter(([name, n]) => n > 0 && !NOT_MODELLED.test(name))
          .sort(),
      ),
    }
    expect(state).toEqual({
      ...Object.fromEntries(LISTS.map((name) => [name, naive.lists[name].map(describe_).join(' ')])),
      batched: naive.batch.length,
      free: naive.free,
      swapFree: naive.freeSlots(),
      age: naive.nonresidentAge,
      cost: [naive.cost.anon, naive.cost.file],
      failures: this.reclaim.flags.failures,
      counters: Object.fromEntries(
        Object.entries(naive.counters)
          .filter(([, n]) => n > 0)
          .sort(),
      ),
    })
  }

  /** A page as `a12:flags`, in the letters of {@link describe_}. */
  private describe(page: PageIndex): string {
    const { flags, pte } = this.fast.mm.pages
    const f = flags[page]
    const isAnon = (f & PG_SWAPBACKED) !== 0
    const e = isAnon ? pte[page] : 0
    return letters(this.nameOf(page), [
      ['R', f & PG_RESIDENT],
      ['A', f & PG_ACTIVE],
      ['r', f & PG_REFERENCED],
      ['w', f & PG_WORKINGSET],
      ['d', f & PG_DIRTY],
      ['W', f & PG_WRITEBACK],
      ['c', isAnon ? f & PG_SWAPCACHE : 0],
      ['m', e & PTE_PRESENT],
      ['y', e & PTE_PRESENT ? e & PTE_YOUNG : 0],
      ['s', e & PTE_SWAP],
    ])
  }
}

function describe_(p: Page): string {
  return letters(p.name, [
    ['R', p.resident],
    ['A', p.active],
    ['r', p.referenced],
    ['w', p.workingset],
    ['d', p.dirty],
    ['W', p.writeback],
    ['c', p.slot?.byCache === p],
    ['m', p.mapped],
    ['y', p.mapped && p.young],
    ['s', p.swapEntry],
  ])
}

function letters(name: string, flags: [string, unknown][]): string {
  return `${name}:${flags.map(([letter, on]) => (on ? letter : '')).join('')}`
}

/** min = ⌊kB / 4⌋ in a single zone; the gap is a quarter of it, or a thousandth of the zone. */
function marksFor(pages: number, minFreeKbytes: number): { min: number; low: number; high: number } {
  const min = Math.floor(minFreeKbytes / 4)
  const gap = Math.max(Math.floor(min / 4), Math.floor((pages * 10) / 10000))
  return { min, low: min + gap, high: min + 2 * gap }
}

export interface Command {
  op: string
  at: number
  n: number
  flag: boolean
}
