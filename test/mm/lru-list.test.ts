/** LruList against an array. */

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { LruList } from '../../src/mm/lru-list.js'

const PAGES = 40

interface Action {
  kind: 'add' | 'addTail' | 'remove' | 'pop'
  page: number
}

const action: fc.Arbitrary<Action> = fc.record({
  kind: fc.constantFrom('add', 'add', 'addTail', 'remove', 'pop'),
  page: fc.nat(PAGES - 1),
})

/** Plays the actions on a list of this capacity and on an array, young end last. */
function play(actions: readonly Action[], capacity: number, shift = 0): void {
  const list = new LruList(new Int32Array(PAGES), capacity)
  list.tail = shift
  list.head = shift
  let model: number[] = []
  for (const { kind, page } of actions) {
    if (kind === 'pop') {
      if (model.length > 0) expect(list.popTail()).toBe(model.shift())
    } else if (kind === 'remove') {
      if (model.includes(page)) list.remove(page)
      model = model.filter((p) => p !== page)
    } else if (!model.includes(page)) {
      if (kind === 'add') {
        list.add(page)
        model.push(page)
      } else {
        list.addTail(page)
        model.unshift(page)
      }
    }
    expect(list.nr).toBe(model.length)
    expect([...list]).toEqual(model)
  }
}

describe('LruList is a list', () => {
  const actions = fc.array(action, { maxLength: 300, size: 'max' })

  test('whatever is done at both ends and in the middle, in a ring that has to grow', () => {
    fc.assert(fc.property(actions, fc.constantFrom(2, 4, 64), (list, capacity) => play(list, capacity)))
  })

  test('where its positions pass 2^31', () => {
    fc.assert(fc.property(actions, fc.nat(20), (list, before) => play(list, 8, (2 ** 31 - 1 - before) | 0)))
  })

  test('tombstones are squeezed out instead of growing the ring', () => {
    const list = new LruList(new Int32Array(2), 64)
    list.add(0)
    for (let i = 0; i < 10_000; i++) {
      list.add(1)
      list.remove(1)
    }
    expect(list.ring.length).toBe(64)
    expect([...list]).toEqual([0])
  })
})
