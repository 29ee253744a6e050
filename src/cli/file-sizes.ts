/**
 * Sizes of the files that a trace uses and nobody states: such a file is as long as its largest access or mapping. Readahead stops
 * at the end of a file, so the size must be known before the first access; where the input can be read twice, it is.
 */

import { statSync } from 'node:fs'
import { openInput } from '../ingest/registry.js'
import { type AllocationTrace, type EventBatch, OP } from '../trace/events.js'

/** Pages by name of file; grows while the trace is read. */
export type FileSizes = Record<string, number>

/** Whether reading it once leaves it as it was. */
export function canReadTwice(path: string): boolean {
  return path !== '-' && statSync(path, { throwIfNoEntry: false })?.isFile() === true
}

/** Looks at the file accesses of a trace; keeps nothing but the length that each file must have. */
export class LargestAccess {
  /** By serial of the file. */
  readonly pages: number[] = []
  names: readonly string[] = []

  add(batch: EventBatch): void {
    this.names = batch.fileNames
    for (let i = 0; i < batch.length; i++) {
      const op = batch.op[i]
      if (op === OP.read || op === OP.write) this.reach(batch.object[i], endOf(batch, i))
      else if (op === OP.mmap) {
        const detail = batch.detail.get(i)
        // A mapping reaches as far as it is long: touching it beyond the end of the file would be a bus error.
        if (detail?.op === 'mmap' && detail.kind === 'file') this.reach(batch.start[i], detail.pages)
      }
    }
  }

  private reach(file: number, pages: number): void {
    if (!(this.pages[file] >= pages)) this.pages[file] = pages
  }
}

/** One past the last page of an event. */
export function endOf(batch: EventBatch, i: number): number {
  const from = batch.list[i]
  if (from < 0) return batch.start[i] + batch.count[i]
  let last = 0
  for (let k = from; k < from + batch.count[i]; k++) if (batch.pages[k] > last) last = batch.pages[k]
  return last + 1
}

/** Largest access of each file of a trace, in pages. @throws InputError where the trace is broken */
export async function measureFiles(path: string, checkpoint: () => Promise<void>): Promise<FileSizes> {
  const input = await openInput(path)
  const largest = new LargestAccess()
  if (input.kind !== 'allocation') return {}
  for await (const batch of input.batches()) {
    largest.add(batch)
    await checkpoint()
  }
  return Object.fromEntries(largest.names.map((name, serial) => [name, largest.pages[serial] ?? 0]))
}

export interface SizedTrace {
  trace: AllocationTrace
  path: string
  /** Sizes that are stated; those that are measured are added before the first batch that names the file. */
  sizes: FileSizes
  checkpoint: () => Promise<void>
  /** Told once when a file without a size comes up in an input that can be read only once. */
  onUnmeasured: (file: string) => void
}

/** The trace's batches; when one names a file that has no size, the sizes are measured before it is handed on. */
export async function* withFileSizes(o: SizedTrace): AsyncGenerator<EventBatch> {
  let seen = 0
  let settled = false
  for await (const batch of o.trace.batches()) {
    for (; seen < batch.fileNames.length; seen++) {
      const name = batch.fileNames[seen]
      if (settled || o.sizes[name] !== undefined) continue
      settled = true
      if (!canReadTwice(o.path)) o.onUnmeasured(name)
      else for (const [file, pages] of Object.entries(await measureFiles(o.path, o.checkpoint))) o.sizes[file] ??= pages
    }
    yield batch
  }
}
