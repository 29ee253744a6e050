/** How many pages a trace uses at once, at most: what a replay of it has to keep in memory. */

import { openInput } from '../ingest/registry.js'
import { type EventBatch, OP } from '../trace/events.js'
import { canReadTwice, endOf, LargestAccess } from './file-sizes.js'

/** Follows how far regions are touched, while they last. Files are counted with their largest access. */
export class PagesInUse {
  /** Most pages of regions at any time. */
  private peak = 0
  private live = 0
  private readonly files = new LargestAccess()
  /** By serial of the region, and regions by serial of the process. */
  private readonly touched: number[] = []
  private readonly regions = new Map<number, number[]>()

  add(batch: EventBatch): void {
    this.files.add(batch)
    for (let i = 0; i < batch.length; i++) {
      const op = batch.op[i]
      if (op === OP.mmap) this.map(batch.task[i], batch.object[i])
      else if (op === OP.touch) this.touch(batch.object[i], endOf(batch, i))
      else if (op === OP.munmap) this.drop(batch.object[i])
      else if (op === OP.exit) this.exit(batch.task[i])
    }
  }

  /** Pages, files and regions together. */
  get pages(): number {
    return this.files.pages.reduce((sum, pages) => sum + (pages ?? 0), this.peak)
  }

  private map(task: number, region: number): void {
    const own = this.regions.get(task)
    if (own === undefined) this.regions.set(task, [region])
    else own.push(region)
    this.touched[region] = 0
  }

  private touch(region: number, end: number): void {
    const more = end - this.touched[region]
    if (!(more > 0)) return
    this.touched[region] = end
    this.live += more
    if (this.live > this.peak) this.peak = this.live
  }

  private drop(region: number): void {
    this.live -= this.touched[region] ?? 0
    this.touched[region] = 0
  }

  private exit(task: number): void {
    for (const region of this.regions.get(task) ?? []) this.drop(region)
    this.regions.delete(task)
  }
}

/**
 * Reads a trace once and says how many pages it uses.
 * @returns Infinity for an input that can be read only once
 * @throws InputError where the trace is broken
 */
export async function pagesInUse(path: string, checkpoint: () => Promise<void>): Promise<number> {
  if (!canReadTwice(path)) return Number.POSITIVE_INFINITY
  const input = await openInput(path)
  if (input.kind !== 'allocation') return Number.POSITIVE_INFINITY
  const use = new PagesInUse()
  for await (const batch of input.batches()) {
    use.add(batch)
    await checkpoint()
  }
  return use.pages
}
