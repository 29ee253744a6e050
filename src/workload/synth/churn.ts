/** Every second a process starts, takes memory, reads a shared file and exits some seconds later. */

import type { Profile } from './profile.js'
import { type Shape, share, TICKS } from './shape.js'

/** A process lives so many seconds. */
const SHORTEST = 1
const LONGEST = 4
/** What a process takes and reads, of memory. */
const SMALLEST = 0.02
const LARGEST = 0.1
const READ = 0.05

const FIRST_PID = 100
const PIDS = 30_000

const sharedPages = ({ memory }: Shape): number => share(memory, 0.5)

interface Living {
  task: number
  /** Step of its exit. */
  ends: number
}

export const churn: Profile = {
  about: 'every second a process starts, takes memory, reads a shared file and exits',
  files: (shape) => ({ library: sharedPages(shape) }),
  *steps(writer, shape, random) {
    const last = shape.seconds * TICKS
    const library = writer.file('library')
    const between = (from: number, to: number): number => from + (to - from) * random.next()
    let living: Living[] = []
    for (let k = 0; k <= last; k++) {
      writer.t = k / TICKS
      for (const { task, ends } of living) if (ends <= k) writer.exit(task)
      living = living.filter(({ ends }) => ends > k)
      if (k % TICKS === 0 && k < last) {
        const task = writer.spawn(FIRST_PID + ((k / TICKS) % PIDS), 'worker')
        const pages = share(shape.memory, between(SMALLEST, LARGEST))
        const heap = writer.mmap(task, 'heap', 'anon', pages)
        writer.touch(task, heap, 0, pages, true)
        const read = share(shape.memory, READ)
        const start = Math.floor(random.next() * (sharedPages(shape) - read + 1))
        writer.read(task, library, start, read, true)
        const life = Math.round(between(SHORTEST, LONGEST) * TICKS)
        living.push({ task, ends: Math.min(last, k + life) })
      }
      yield
    }
  },
}
