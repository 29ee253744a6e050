/** A working set of 1.3 times the memory, heap and file together, whose pages are used by Zipf's law. */

import { OP } from '../../trace/events.js'
import type { Profile } from './profile.js'
import { growth, type Shape, share, TICKS, ticksOf } from './shape.js'
import { Zipf } from './zipf.js'

const heapPages = ({ memory }: Shape): number => share(memory, 0.6)
const filePages = ({ memory }: Shape): number => share(memory, 0.7)
/** Share of the trace in which everything is used once. */
const WARM_UP = 0.25
/** Part of the working set that is used in a step, and the most of it: more than that no disk follows. */
const USED = 1 / 40
const MOST_USED = 4096

export const zipf: Profile = {
  about: 'a working set of 1.3 times the memory, half of it a file, with zipf-distributed use',
  files: (shape) => ({ table: filePages(shape) }),
  *steps(writer, shape, random) {
    const ticks = ticksOf(shape)
    const [anon, cached] = [heapPages(shape), filePages(shape)]
    const set = new Zipf(anon + cached, random, shape.seed)
    const used = Math.min(MOST_USED, share(set.pages, USED))
    const task = writer.spawn(1, 'database')
    const heap = writer.mmap(task, 'heap', 'anon', anon)
    const table = writer.file('table')
    const warm = Math.max(1, Math.floor(ticks * WARM_UP))
    for (let k = 0; k < ticks; k++) {
      writer.t = k / TICKS
      if (k < warm) {
        const built = growth(anon, k, warm)
        writer.touch(task, heap, built.start, built.count, true)
        const read = growth(cached, k, warm)
        writer.read(task, table, read.start, read.count, true)
      } else {
        const pages = set.draw(used)
        const inHeap = pages.filter((page) => page < anon)
        const written = inHeap.length >> 2
        writer.list(OP.touch, task, heap, inHeap.slice(0, written), true)
        writer.list(OP.touch, task, heap, inHeap.slice(written))
        const inTable = pages.filter((page) => page >= anon).map((page) => page - anon)
        writer.list(OP.read, task, table, inTable)
      }
      yield
    }
  },
}
