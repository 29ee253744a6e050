/** A process that leaks until nothing is left, beside a bystander with a working set of its own. */

import { OP } from '../../trace/events.js'
import type { Profile } from './profile.js'
import { growth, share, TICKS, ticksOf } from './shape.js'
import { Zipf } from './zipf.js'

/** What is leaked in all, of memory and swap, and the share of the trace in which it is. */
const LEAKED = 1.15
const LEAKING = 0.9
/** Regions it leaks: one of all would be refused, as it is larger than memory and swap. */
const REGIONS = 100
const TOUCHES = 256

export const leak: Profile = {
  about: 'a process leaks past memory and swap until it is killed, beside a bystander',
  files: () => ({}),
  *steps(writer, shape, random) {
    const ticks = ticksOf(shape)
    const set = new Zipf(share(shape.memory, 1 / 6), random, shape.seed)
    const bystander = writer.spawn(1, 'bystander')
    const heap = writer.mmap(bystander, 'heap', 'anon', set.pages)
    writer.touch(bystander, heap, 0, set.pages, true)
    const leaker = writer.spawn(2, 'leaker')
    const regionPages = Math.ceil((LEAKED * (shape.memory + shape.swap)) / REGIONS)
    const leaking = Math.max(1, Math.floor(ticks * LEAKING))
    let region = -1
    let used = regionPages
    let regions = 0
    for (let k = 0; k < ticks; k++) {
      writer.t = k / TICKS
      let left = k < leaking ? growth(regionPages * REGIONS, k, leaking).count : 0
      while (left > 0) {
        if (used === regionPages) {
          region = writer.mmap(leaker, `leak-${++regions}`, 'anon', regionPages)
          used = 0
        }
        const count = Math.min(left, regionPages - used)
        writer.touch(leaker, region, used, count, true)
        used += count
        left -= count
      }
      writer.list(OP.touch, bystander, heap, set.draw(TOUCHES))
      yield
    }
  },
}
