/** One process whose heap outgrows memory, but not memory and swap. */

import { OP } from '../../trace/events.js'
import type { Profile } from './profile.js'
import { growth, TICKS, ticksOf } from './shape.js'

/** Share of swap that the heap needs. */
const SWAPPED = 0.4
/** Page touched again for so many new ones. */
const NEW_FOR_OLD = 16
const MOST_OLD = 1024

export const anonGrowth: Profile = {
  about: 'a heap grows past memory into swap',
  files: () => ({}),
  *steps(writer, shape, random) {
    const ticks = ticksOf(shape)
    const pages = shape.spare + Math.floor(shape.swap * SWAPPED)
    const task = writer.spawn(1, 'grower')
    const heap = writer.mmap(task, 'heap', 'anon', pages)
    for (let k = 0; k < ticks; k++) {
      writer.t = k / TICKS
      const { start, count } = growth(pages, k, ticks)
      writer.touch(task, heap, start, count, true)
      // Now and then something old is looked up: some of it has to come back from swap.
      const old = Math.min(MOST_OLD, Math.floor(count / NEW_FOR_OLD))
      const seen = start + count
      writer.list(
        OP.touch,
        task,
        heap,
        Array.from({ length: old }, () => Math.floor(random.next() * seen)),
      )
      yield
    }
  },
}
