/** EventQueue against a list that is searched. */

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { EventQueue } from '../../src/mm/event-queue.js'

describe('EventQueue', () => {
  /** `null` takes the next event out. */
  const script = fc.array(fc.option(fc.nat(12)), { maxLength: 200, size: 'max' })

  test('fires by time, equal times in the order in which they were asked for', () => {
    fc.assert(
      fc.property(script, (steps) => {
        const queue = new EventQueue()
        const model: { time: number; id: number }[] = []
        let fired = -1
        steps.forEach((time, id) => {
          if (time !== null) {
            queue.at(time, () => {
              fired = id
            })
            model.push({ time, id })
          } else if (model.length > 0) {
            const next = model.reduce((a, b) => (b.time < a.time ? b : a))
            model.splice(model.indexOf(next), 1)
            expect(queue.nextTime()).toBe(next.time)
            queue.fire()
            expect(fired).toBe(next.id)
          }
          expect(queue.size).toBe(model.length)
        })
      }),
    )
  })

  test('hands its number to the handler of its kind, in order among all kinds', () => {
    const queue = new EventQueue()
    const fired: string[] = []
    const a = queue.register((arg) => fired.push(`a${arg}`))
    const b = queue.register((arg) => fired.push(`b${arg}`))
    for (let i = 0; i < 100; i++) queue.schedule(100 - (i >> 1), i % 2 ? b : a, i)
    queue.at(50.5, () => fired.push('action'))
    while (queue.size > 0) queue.fire()
    const expected = Array.from({ length: 50 }, (_, k) => [`a${98 - 2 * k}`, `b${99 - 2 * k}`]).flat()
    // Time 51 is that of events 98 and 99: the action comes before them.
    expect(fired).toEqual(['action', ...expected])
  })

  test('lowers the horizon of whoever runs', () => {
    const horizon = new Float64Array([50])
    const queue = new EventQueue(horizon)
    queue.at(70, () => {})
    expect(horizon[0]).toBe(50)
    queue.at(20, () => {})
    expect(horizon[0]).toBe(20)
  })

  test('nothing due is infinitely far away', () => {
    expect(new EventQueue().nextTime()).toBe(Number.POSITIVE_INFINITY)
  })
})
