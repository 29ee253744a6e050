/**
 * The model against the plain one of this folder, on random sequences of accesses and reclaim: after every step the same
 * pages must stand on the same lists in the same order with the same flags, and every counter must agree.
 *
 * What makes the comparison exact: one node, one zone, one CPU, no cgroups, per-CPU lists of a single page, nothing costs
 * time, page-cluster 0 (one page a swap-in), and no memory of the kernel that grows with the page cache. Writes end when
 * somebody waits, or when reclaim is over and something else happens.
 */

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Command, Pair } from './pair.js'

const command: fc.Arbitrary<Command> = fc.record({
  op: fc.oneof(
    ...(
      [
        ['touch', 8],
        ['read', 8],
        ['write', 3],
        ['drop', 1],
        ['kswapd', 3],
        ['direct', 2],
        ['shrink', 3],
        ['swappiness', 1],
        ['marks', 1],
      ] as const
    ).map(([op, weight]) => ({ weight, arbitrary: fc.constant(op as string) })),
  ),
  at: fc.nat(600),
  n: fc.oneof(fc.nat(10), fc.nat(150)),
  flag: fc.boolean(),
})

describe('the fast model and the plain one', () => {
  const machines = fc.tuple(
    fc.integer({ min: 256, max: 700 }),
    fc.constantFrom(0, 20, 100, 300),
    fc.constantFrom(64, 200),
  )
  const seen = new Set<string>()

  test('agree page by page', () => {
    fc.assert(
      fc.property(machines, fc.array(command, { minLength: 10, maxLength: 80, size: 'max' }), (machine, commands) => {
        const pair = new Pair(...machine)
        for (const c of commands) {
          pair.play(c)
          pair.compare()
        }
        for (const name of Object.keys(pair.naive.counters)) seen.add(name)
      }),
      { numRuns: 120, interruptAfterTimeLimit: 30_000 },
    )
    // The sequences reach every rule that counts something.
    for (const name of ['pswpin', 'workingset_restore_file', 'workingset_activate_anon', 'nr_vmscan_immediate_reclaim'])
      expect(seen).toContain(name)
  })
})
