/** The scheduler: who runs next, what waking does. */

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Mm, Step } from '../../src/mm/context.js'
import { EventQueue } from '../../src/mm/event-queue.js'
import { Actor, Scheduler } from '../../src/replay/scheduler.js'

/** As many CPUs as there are actors: nobody has to share one. */
function world(): { mm: Mm; scheduler: Scheduler } {
  const horizon = new Float64Array(1)
  const mm = {
    time: new Float64Array(1),
    horizon,
    events: new EventQueue(horizon),
    config: { cpus: 64 },
  } as unknown as Mm
  return { mm, scheduler: new Scheduler(mm) }
}

/** Runs at the times given, one after the other, and writes down when it really ran. */
function* sleeper(mm: Mm, id: number, times: number[], log: [number, number][]): Step {
  for (const t of times) {
    yield t
    log.push([mm.time[0], id])
  }
}

describe('Scheduler', () => {
  const times = fc.array(fc.nat(1000), { minLength: 1, maxLength: 8 }).map((l) => l.sort((a, b) => a - b))

  test('runs whoever is due first; ties go to the lower order', () => {
    fc.assert(
      fc.property(fc.array(times, { minLength: 1, maxLength: 12 }), (plans) => {
        const { mm, scheduler } = world()
        const log: [number, number][] = []
        plans.forEach((plan, id) => void scheduler.wake(new Actor(id, sleeper(mm, id, plan, log)), 0))
        scheduler.runUntil(Number.POSITIVE_INFINITY)
        const due = plans.flatMap((plan, id) => plan.map((t): [number, number] => [t, id]))
        expect(log).toEqual(due.sort((a, b) => a[0] - b[0] || a[1] - b[1]))
      }),
    )
  })

  test('events come before actors that are due at the same time', () => {
    const { mm, scheduler } = world()
    const log: string[] = []
    scheduler.wake(
      new Actor(
        0,
        (function* (): Step {
          yield 10
          log.push('actor')
        })(),
      ),
      0,
    )
    mm.events.at(10, () => log.push('event'))
    scheduler.runUntil(11)
    expect(log).toEqual(['event', 'actor'])
  })

  test('waking brings an actor forward, never back', () => {
    const { mm, scheduler } = world()
    const log: [number, number][] = []
    const a = new Actor(0, sleeper(mm, 0, [500, 900], log))
    scheduler.wake(a, 0)
    scheduler.runUntil(1)
    scheduler.wake(a, 700)
    scheduler.wake(a, 300)
    scheduler.runUntil(1000)
    expect(log).toEqual([
      [300, 0],
      [900, 0],
    ])
  })

  test('an actor that waits to be woken does not run by itself', () => {
    const { mm, scheduler } = world()
    const log: [number, number][] = []
    const a = new Actor(0, sleeper(mm, 0, [Number.POSITIVE_INFINITY, 20], log))
    scheduler.wake(a, 0)
    scheduler.runUntil(1e9)
    expect(log).toEqual([])
    scheduler.now = 1e9
    scheduler.wake(a, 5)
    scheduler.runUntil(2e9)
    // Not in the past; then at 20, which is past as well, at once.
    expect(log).toEqual([
      [1e9, 0],
      [1e9, 0],
    ])
  })

  test('time never goes back, and nobody runs far past what is due next', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(50), fc.nat(400)), { minLength: 2, maxLength: 10 }), (specs) => {
        const { mm, scheduler } = world()
        let last = 0
        specs.forEach(([step, start], id) => {
          // Works in small pieces, giving way when its time is over.
          const body = (function* (): Step {
            for (let i = 0; i < 40; i++) {
              expect(mm.time[0]).toBeLessThanOrEqual(mm.horizon[0] + step)
              mm.time[0] += step
              if (mm.time[0] > mm.horizon[0]) {
                yield mm.time[0]
                expect(mm.time[0]).toBeGreaterThanOrEqual(last)
                last = mm.time[0]
              }
            }
          })()
          scheduler.wake(new Actor(id, body), start)
        })
        scheduler.runUntil(Number.POSITIVE_INFINITY)
      }),
    )
  })
})
