/**
 * Conservation laws on random traces: after every event, and after every step that the scheduler takes, of traces whose
 * machines are so small that reclaim, swap, limit reclaim and the OOM killer are all at work.
 */

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { checkConservation } from '../../src/mm/mm.js'
import type { Replay } from '../../src/replay/replay.js'
import { Laws } from '../mm/laws.js'
import { replayEvents } from './harness.js'
import { arbCommands, arbMachine, eventsOf } from './random-trace.js'

/** A machine that only thrashes is left alone after so many steps. */
const STEPS = 6_000

class Exhausted extends Error {}

/** Replays, and checks all laws between events and, for the first `fine` steps, between steps. */
function replayChecked(
  config: Parameters<typeof replayEvents>[0],
  events: Parameters<typeof replayEvents>[1],
  fine = 0,
) {
  let laws: Laws | undefined
  let steps = 0
  const check = ({ mm }: Replay) => {
    laws ??= new Laws(mm)
    expect([...checkConservation(mm), ...laws.broken()]).toEqual([])
  }
  try {
    const { replay } = replayEvents(config, events, {
      between: check,
      afterStep(r) {
        if (++steps <= fine) check(r)
        if (steps > STEPS) throw new Exhausted()
      },
    })
    check(replay)
  } catch (e) {
    if (!(e instanceof Exhausted)) throw e
  }
}

describe('nothing is lost and nothing is counted twice', () => {
  test('after every event', () => {
    fc.assert(
      fc.property(arbMachine, arbCommands(60), (config, list) => replayChecked(config, eventsOf(list))),
      { numRuns: 50, interruptAfterTimeLimit: 30_000 },
    )
  })

  test('after every step of the scheduler', () => {
    fc.assert(
      fc.property(arbMachine, arbCommands(40), (config, list) => replayChecked(config, eventsOf(list), 400)),
      { numRuns: 20, interruptAfterTimeLimit: 30_000 },
    )
  })
})
