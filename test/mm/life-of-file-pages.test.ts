/**
 * Lives of single pages, step by step with every counter that moves (kernel model, appendix C). Each `changes()` is all
 * that changed since the one before.
 */

import { describe, expect, test } from 'vitest'
import { LRU_ACTIVE_FILE, LRU_INACTIVE_FILE } from '../../src/mm/lru.js'
import { NS } from '../../src/mm/vmstat.js'
import { quietBench as bench, level } from './bench.js'

describe('file page read by read() (C1, C2)', () => {
  test('read once: freed at its first visit', () => {
    const b = bench()
    b.read('f', 0)
    expect(b.changes()).toEqual({ pgpgin: 4 })
    expect(b.visit(LRU_INACTIVE_FILE)).toBe(1)
    expect(b.changes()).toEqual({ pgscan_kswapd: 1, pgscan_file: 1, pgsteal_kswapd: 1, pgsteal_file: 1, pgfree: 1 })
  })

  test('a second read on the same place does not count; by another reader it activates', () => {
    const b = bench()
    b.read('f', 0)
    b.mm.lru.drain(0)
    b.changes()
    b.read('f', 0)
    expect(b.changes()).toEqual({})
    b.read('f', 0, b.newTask())
    expect(b.changes()).toEqual({ pgactivate: 1 })
  })

  test('still in the batch: it enters the active list uncounted', () => {
    const b = bench()
    b.read('f', 0)
    b.read('f', 0, b.newTask())
    expect(b.changes()).toEqual({ pgpgin: 4 })
    b.mm.lru.drain(0)
    expect(b.mm.rootMemcg.lruvecs[0].lists[LRU_ACTIVE_FILE].nr).toBe(1)
  })

  test('evicted and read again: inactive where it came back too late, active where it would have fitted', () => {
    const b = bench({ swap: 0 })
    // An active page of another file: the room that a file page competes for (no swap, so no anonymous memory).
    b.read('g', 0)
    b.read('g', 0, b.newTask())
    for (let i = 0; i < 3; i++) b.read('f', i)
    expect(b.visit(LRU_INACTIVE_FILE)).toBe(3)
    b.changes()
    // Three evictions and one activation since: page 2 left last, before it two others. Distance 1 ≤ 1 active page.
    b.read('f', 2)
    expect(b.changes()).toEqual({ pgpgin: 4, workingset_refault_file: 1, workingset_activate_file: 1 })
    // Page 0: distance 3 + 1 activation = 4 > 1 (page 2 is still in the batch).
    b.read('f', 0)
    expect(b.changes()).toEqual({ pgpgin: 4, workingset_refault_file: 1 })
  })

  test('deactivated, evicted, back in time: restored', () => {
    const b = bench({ swap: 0 })
    for (const f of ['f', 'g', 'h']) {
      b.read(f, 0)
      b.read(f, 0, b.newTask())
    }
    b.mm.lru.drain(0)
    b.changes()
    b.visitActive(LRU_ACTIVE_FILE, 1)
    expect(b.changes()).toEqual({ pgrefill: 1, pgdeactivate: 1 })
    expect(b.visit(LRU_INACTIVE_FILE)).toBe(1)
    b.changes()
    b.read('f', 0)
    expect(b.changes()).toEqual({
      ...{ pgpgin: 4, workingset_refault_file: 1, workingset_activate_file: 1, workingset_restore_file: 1 },
    })
  })
})

describe('dirty file page (C4)', () => {
  test('parked active by reclaim, rotated when the flusher has written it: two scans for one steal', () => {
    const b = bench()
    b.write('f', 0)
    expect(b.changes()).toEqual({ nr_dirtied: 1 })
    expect(level(b, NS.dirty)).toBe(1)
    expect(b.visit(LRU_INACTIVE_FILE)).toBe(0)
    expect(b.changes()).toEqual({ pgscan_kswapd: 1, pgscan_file: 1, nr_vmscan_immediate_reclaim: 1, pgactivate: 1 })
    b.run(b.mm.writeback.fsync(b.file('f')))
    expect(b.changes()).toEqual({ pgpgout: 4, nr_written: 1, pgrotated: 1 })
    expect(level(b, NS.dirty)).toBe(0)
    expect(level(b, NS.writeback)).toBe(0)
    expect(b.visit(LRU_INACTIVE_FILE)).toBe(1)
    // With the page goes the slab of its buffers.
    const { pgfree: _, ...rest } = b.changes()
    expect(rest).toEqual({ pgscan_kswapd: 1, pgscan_file: 1, pgsteal_kswapd: 1, pgsteal_file: 1 })
  })

  test('written many times and never read it stays unreferenced, and dirty once', () => {
    const b = bench()
    for (let i = 0; i < 5; i++) b.write('f', 0)
    b.mm.lru.drain(0)
    expect(b.changes()).toEqual({ nr_dirtied: 1 })
    expect(b.mm.rootMemcg.lruvecs[0].lists[LRU_INACTIVE_FILE].nr).toBe(1)
  })
})

describe('mapped file page (C5)', () => {
  test('one mapping: kept at its first visit, freed at the second', () => {
    const b = bench()
    b.read('f', 0)
    const map = b.map('file', 4, 'f')
    b.touch(map, 0, false)
    expect(level(b, NS.mapped)).toBe(1)
    b.changes()
    // The mark of the read() and the accessed bit together activate it.
    b.visit(LRU_INACTIVE_FILE)
    expect(b.changes()).toEqual({ pgscan_kswapd: 1, pgscan_file: 1, pgactivate: 1 })
    b.visitActive(LRU_ACTIVE_FILE)
    b.visit(LRU_INACTIVE_FILE)
    expect(level(b, NS.mapped)).toBe(0)
    expect(b.task.rssFile).toBe(0)
  })

  test('accessed through two mappings: activated at once', () => {
    const b = bench()
    const first = b.map('file', 4, 'f')
    b.touch(first, 0, false)
    const other = b.newTask()
    b.touch(b.map('file', 4, 'f', other), 0, false, other)
    b.changes()
    b.visit(LRU_INACTIVE_FILE)
    expect(b.changes()).toEqual({ pgscan_kswapd: 1, pgscan_file: 1, pgactivate: 1 })
  })

  test('accessed through one: a second chance, then gone', () => {
    const b = bench()
    b.touch(b.map('file', 4, 'f'), 0, false)
    b.changes()
    expect(b.visit(LRU_INACTIVE_FILE)).toBe(0)
    expect(b.changes()).toEqual({ pgscan_kswapd: 1, pgscan_file: 1 })
    expect(b.visit(LRU_INACTIVE_FILE)).toBe(1)
  })
})
