/** The synthetic processes of one life of the host, from its start (or the recording's) to the next restart. */

import type { EventWriter, Serial } from './event-writer.js'
import type { DemandPlan } from './plan.js'

/** Sizes of the synthetic files, pages. */
export interface FileSizes {
  data: number
  log: number
  program: number
}

/** Serials; −1 for a process or region that the recording gives nothing to do. */
export interface Life {
  heap: Serial
  burst: Serial
  reader: Serial
  cache: Serial
  writer: Serial
  journal: Serial
  loader: Serial
  heapRegion: Serial
  burstRegion: Serial
  programRegion: Serial
}

const has = (values: Float64Array): boolean => values.some((v) => v > 0)

/**
 * Starts the processes that the plan has work for, and maps their regions.
 * @param n restarts of the host before
 * @param margin pages that anonymous regions are larger than their peak
 */
export function startLife(out: EventWriter, plan: DemandPlan, sizes: FileSizes, n: number, margin: number): Life {
  const spawn = (wanted: boolean, k: number, comm: string): Serial => (wanted ? out.spawn(100 * n + k, comm) : -1)
  const reads = has(plan.read)
  const writes = has(plan.write)
  const life: Life = {
    heap: spawn(plan.heapPeak > 0, 1, 'heap'),
    burst: spawn(plan.burstPeak > 0, 2, 'burst'),
    reader: spawn(reads, 3, 'reader'),
    cache: spawn(reads, 4, 'cache'),
    writer: spawn(writes, 5, 'writer'),
    journal: spawn(writes, 6, 'journal'),
    loader: spawn(has(plan.mapped), 7, 'loader'),
    heapRegion: -1,
    burstRegion: -1,
    programRegion: -1,
  }
  if (life.heap >= 0) life.heapRegion = out.mmap(life.heap, 'heap', 'anon', Math.ceil(plan.heapPeak) + margin)
  if (life.burst >= 0) life.burstRegion = out.mmap(life.burst, 'burst', 'anon', Math.ceil(plan.burstPeak) + margin)
  if (life.loader >= 0) {
    const file = out.file('program')
    life.programRegion = out.mmap(life.loader, 'program', 'file', sizes.program, file)
  }
  return life
}

export function endLife(out: EventWriter, life: Life): void {
  const { heap, burst, reader, cache, writer, journal, loader } = life
  for (const task of [heap, burst, reader, cache, writer, journal, loader]) if (task >= 0) out.exit(task)
}
