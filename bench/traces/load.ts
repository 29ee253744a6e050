/** What a load is: a trace that any machine could run, and the machine it runs on. */

import type { EventBatch, TraceHeader } from '../../src/trace/events.js'

export interface Load {
  readonly name: string
  readonly about: string
  /** Frames that the trace's pages get, for programs that know no kernel of their own. */
  readonly frames: number
  readonly swapMb: number
  /** Pages of the files it uses. */
  readonly files: Record<string, number>
  /** Page accesses that are measured; a quick run does a tenth. */
  readonly accesses: number
  /** Page accesses before them, which only bring pages in. */
  readonly warmUp: number
  /** One batch, used again and again. */
  generate(accesses: number): Iterable<EventBatch>
}

/** What an idle machine holds, and its marks, come on top of the frames. */
export function headerOf(load: Load): TraceHeader {
  const memory = Math.ceil(((load.frames + 9000) * 1.03 * 4) / 1024)
  return {
    trace: 'allocation/1',
    page_size: 4096,
    machine: { memory_mb: memory, ...(load.swapMb > 0 ? { swap_mb: load.swapMb } : {}), files: load.files, post: 0 },
    note: load.about,
  }
}
