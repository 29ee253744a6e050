/** A quiet page cache, and every ten seconds a process that takes 0.6 times the memory within one second. */

import { OP } from '../../trace/events.js'
import type { Profile } from './profile.js'
import { growth, type Shape, share, TICKS, ticksOf } from './shape.js'
import { Zipf } from './zipf.js'

/** Steps from one burst to the next, of one burst, and from its end to the exit of its process. */
const PERIOD = 10 * TICKS
const BURST = TICKS
const HELD = TICKS
/** Cached pages used in a step. */
const USED = 64

const cachePages = ({ memory }: Shape): number => share(memory, 0.8)

export const burst: Profile = {
  about: 'a full page cache; every 10 s a process takes 0.6 of the memory in 1 s',
  files: (shape) => ({ cache: cachePages(shape) }),
  *steps(writer, shape, random) {
    const ticks = ticksOf(shape)
    const period = Math.min(PERIOD, ticks)
    const quiet = period >> 1
    const size = share(shape.memory, 0.6)
    const cached = new Zipf(cachePages(shape), random, shape.seed)
    const reader = writer.spawn(1, 'reader')
    const cache = writer.file('cache')
    let task = -1
    let heap = -1
    for (let k = 0; k < ticks; k++) {
      writer.t = k / TICKS
      if (k < quiet) {
        const { start, count } = growth(cached.pages, k, quiet)
        writer.read(reader, cache, start, count, true)
      } else {
        writer.list(OP.read, reader, cache, cached.draw(USED))
      }
      const step = (k % period) - quiet
      if (step === 0) {
        task = writer.spawn(2 + Math.floor(k / period), 'burst')
        heap = writer.mmap(task, 'heap', 'anon', size)
      }
      if (step >= 0 && step < BURST) {
        const { start, count } = growth(size, step, BURST)
        writer.touch(task, heap, start, count, true)
      }
      if (step === BURST + HELD) writer.exit(task)
      yield
    }
  },
}
