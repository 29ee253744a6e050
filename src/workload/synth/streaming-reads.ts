/** A file of four times the memory is read once, front to back, beside a server that uses an eighth of memory. */

import { OP } from '../../trace/events.js'
import type { Profile } from './profile.js'
import { growth, type Shape, share, TICKS, ticksOf } from './shape.js'
import { Zipf } from './zipf.js'

const TOUCHES = 64
const streamPages = ({ memory }: Shape): number => 4 * memory

export const streamingReads: Profile = {
  about: 'a file of 4 times the memory is read once, beside a small server',
  files: (shape) => ({ stream: streamPages(shape) }),
  *steps(writer, shape, random) {
    const ticks = ticksOf(shape)
    const served = new Zipf(share(shape.memory, 1 / 8), random, shape.seed)
    const server = writer.spawn(1, 'server')
    const heap = writer.mmap(server, 'heap', 'anon', served.pages)
    writer.touch(server, heap, 0, served.pages, true)
    const reader = writer.spawn(2, 'reader')
    const stream = writer.file('stream')
    for (let k = 0; k < ticks; k++) {
      writer.t = k / TICKS
      const { start, count } = growth(streamPages(shape), k, ticks)
      writer.read(reader, stream, start, count, true)
      writer.list(OP.touch, server, heap, served.draw(TOUCHES))
      yield
    }
  },
}
