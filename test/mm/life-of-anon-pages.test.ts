/**
 * Lives of single pages, step by step with every counter that moves (kernel model, appendix C). Each `changes()` is all
 * that changed since the one before.
 */

import { describe, expect, test } from 'vitest'
import { LRU_INACTIVE_ANON } from '../../src/mm/lru.js'
import { NS } from '../../src/mm/vmstat.js'
import { quietBench as bench, level } from './bench.js'

describe('anonymous page and a disk (C3)', () => {
  test('referenced, written, rotated, freed; read back', () => {
    const b = bench()
    const heap = b.map('anon', 8)
    b.touch(heap, 0, true)
    expect(b.changes()).toEqual({ pgfault: 1 })
    expect(level(b, NS.anonPages)).toBe(1)

    // First visit: the accessed bit of the fault.
    expect(b.visit(LRU_INACTIVE_ANON)).toBe(0)
    expect(b.changes()).toEqual({ pgscan_kswapd: 1, pgscan_anon: 1 })

    // Second: out to swap, kept until it is written.
    expect(b.visit(LRU_INACTIVE_ANON)).toBe(0)
    expect(b.changes()).toEqual({ pgscan_kswapd: 1, pgscan_anon: 1, pswpout: 1, nr_vmscan_write: 1, pgpgout: 4 })
    expect(level(b, NS.anonPages)).toBe(0)
    expect(level(b, NS.writeback)).toBe(1)
    expect(level(b, NS.swapcached)).toBe(1)
    expect(b.task.swapents).toBe(1)
    // The write cost 1, which on lists of a single page decays at once.
    expect(b.mm.rootMemcg.lruvecs[0].anonCost).toBe(0)

    b.settle()
    expect(b.changes()).toEqual({ nr_written: 1, pgrotated: 1 })

    expect(b.visit(LRU_INACTIVE_ANON)).toBe(1)
    expect(b.changes()).toEqual({ pgscan_kswapd: 1, pgscan_anon: 1, pgsteal_kswapd: 1, pgsteal_anon: 1, pgfree: 1 })
    expect(level(b, NS.swapcached)).toBe(0)

    // Its eviction was the only one: distance 1; no list but its own, so it stays inactive.
    b.touch(heap, 0, false)
    expect(b.changes()).toEqual({ pgfault: 1, pgmajfault: 1, pswpin: 1, pgpgin: 4, workingset_refault_anon: 1 })
    expect(b.task.swapents).toBe(0)
    // A read leaves it in the swap cache with its slot.
    expect(level(b, NS.swapcached)).toBe(1)
  })

  test('a page swapped in by a read and not written since is dropped without another write', () => {
    const b = bench()
    const heap = b.map('anon', 8)
    b.touch(heap, 0, true)
    for (let i = 0; i < 3; i++) {
      b.visit(LRU_INACTIVE_ANON)
      b.settle()
    }
    b.touch(heap, 0, false)
    b.visit(LRU_INACTIVE_ANON)
    b.mm.lru.drain(0)
    b.changes()
    expect(b.visit(LRU_INACTIVE_ANON)).toBe(1)
    expect(b.changes()).toEqual({ pgscan_kswapd: 1, pgscan_anon: 1, pgsteal_kswapd: 1, pgsteal_anon: 1, pgfree: 1 })
  })

  test('met again while it is being written: parked on the active list, brought back when the write ends', () => {
    const b = bench()
    const heap = b.map('anon', 8)
    b.touch(heap, 0, true)
    b.visit(LRU_INACTIVE_ANON)
    b.visit(LRU_INACTIVE_ANON)
    b.changes()
    b.visit(LRU_INACTIVE_ANON)
    expect(b.changes()).toEqual({ pgscan_kswapd: 1, pgscan_anon: 1, pgactivate: 1 })
    b.settle()
    expect(b.changes()).toEqual({ nr_written: 1, pgrotated: 1 })
    expect(b.visit(LRU_INACTIVE_ANON)).toBe(1)
  })

  test('used again between two visits: activated', () => {
    const b = bench()
    const heap = b.map('anon', 8)
    b.touch(heap, 0, true)
    b.visit(LRU_INACTIVE_ANON)
    b.touch(heap, 0, false)
    b.changes()
    b.visit(LRU_INACTIVE_ANON)
    expect(b.changes()).toEqual({ pgscan_kswapd: 1, pgscan_anon: 1, pgactivate: 1 })
    // From the active list it comes back whether it was used or not.
    b.touch(heap, 0, false)
    b.visitActive(1)
    expect(b.changes()).toEqual({ pgrefill: 1, pgdeactivate: 1 })
  })

  test('readahead brings in the neighbours in the block of slots', () => {
    const b = bench({ pageCluster: 3 })
    const heap = b.map('anon', 16)
    for (let i = 0; i < 16; i++) b.touch(heap, i, true)
    for (let i = 0; i < 3; i++) {
      b.visit(LRU_INACTIVE_ANON)
      b.settle()
    }
    expect(b.task.swapents).toBe(16)
    b.changes()
    // Hits start at 4: a window of 8 slots, one of them the fault's own. The handler is entered again after the wait.
    b.touch(heap, 9, true)
    const { pgfault, pgmajfault, pswpin, swap_ra, pgpgin } = b.changes()
    expect({ pgfault, pgmajfault, pswpin, swap_ra, pgpgin }).toEqual({
      ...{ pgfault: 2, pgmajfault: 1, pswpin: 8, swap_ra: 7, pgpgin: 32 },
    })
    const beside = [8, 10].find((i) => b.isResident(b.mm.memory.pageOf(heap, i))) as number
    b.touch(heap, beside, true)
    expect(b.changes()).toEqual({ pgfault: 1, swap_ra_hit: 1 })
  })
})

describe('anonymous page and a synchronous device (C6)', () => {
  test('written and freed in one visit', () => {
    const b = bench({ synchronous: true })
    const heap = b.map('anon', 8)
    b.touch(heap, 0, true)
    b.visit(LRU_INACTIVE_ANON)
    b.changes()
    expect(b.visit(LRU_INACTIVE_ANON)).toBe(1)
    const { pgpgout: _, ...rest } = b.changes()
    expect(rest).toEqual({
      ...{ pgscan_kswapd: 1, pgscan_anon: 1, pswpout: 1, nr_vmscan_write: 1, nr_written: 1 },
      ...{ pgsteal_kswapd: 1, pgsteal_anon: 1, pgfree: 1 },
    })
  })

  test('read back alone, without readahead, in one entry of the handler', () => {
    const b = bench({ synchronous: true, pageCluster: 3 })
    const heap = b.map('anon', 8)
    for (let i = 0; i < 8; i++) b.touch(heap, i, true)
    b.visit(LRU_INACTIVE_ANON)
    b.visit(LRU_INACTIVE_ANON)
    b.changes()
    b.touch(heap, 3, true)
    const { pgpgin: _, ...rest } = b.changes()
    // Eight evictions, the fourth of them its own: distance 8 − 3 = 5, no pages to compete with.
    expect(rest).toEqual({ pgfault: 1, pgmajfault: 1, pswpin: 1, workingset_refault_anon: 1 })
  })
})

describe('the end of a process (C7)', () => {
  test('resident pages are freed, swap entries go silently, file pages stay cached', () => {
    const b = bench()
    const heap = b.map('anon', 8)
    for (let i = 0; i < 8; i++) b.touch(heap, i, true)
    b.mm.lru.drain(0)
    b.visit(LRU_INACTIVE_ANON, 8)
    for (let i = 0; i < 2; i++) {
      b.visit(LRU_INACTIVE_ANON, 3)
      b.settle()
    }
    expect(b.task.swapents).toBe(3)
    const map = b.map('file', 4, 'f')
    b.touch(map, 0, false)
    b.mm.lru.drain(0)
    const free = b.mm.swapfile.nrFree()
    b.changes()
    b.mm.mmap.exit(b.task)
    // Five anonymous pages, and the two page tables.
    expect(b.changes()).toEqual({ pgfree: 7 })
    expect(b.mm.swapfile.nrFree()).toBe(free + 3)
    expect(b.isResident(b.filePage('f', 0))).toBe(true)
    // The accessed entry marked it: another read activates it.
    b.read('f', 0, b.newTask())
    expect(b.changes()).toEqual({ pgactivate: 1 })
  })
})
