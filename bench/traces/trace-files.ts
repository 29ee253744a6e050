/** Writes the traces of the loads: as `.tmk` for tidemark, as bare page numbers for the programs it is compared with. */

import { closeSync, openSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { ADVICE, ADVICE_SHIFT, EVENT_WRITE, type EventBatch, OP } from '../../src/trace/events.js'
import { TmkWriter } from '../../src/trace/tmk/writer.js'
import type { BenchContext } from '../measure.js'
import { headerOf, type Load } from './load.js'

export interface TraceFiles {
  tmk: string
  /** A page number an access, four bytes each; and operation | owner · 4, a byte each: 0 read, 1 write, 2 free. */
  ids: string
  ops: string
}

export function traceFiles(load: Load, { folder }: BenchContext): TraceFiles {
  const base = join(folder, load.name)
  return { tmk: `${base}.tmk`, ids: `${base}.ids.u32`, ops: `${base}.ops.u8` }
}

export function accessesOf(load: Load, { quick }: BenchContext): number {
  return quick ? load.accesses / 10 : load.accesses
}

/** @param bare also the bare page numbers */
export function writeTrace(load: Load, context: BenchContext, bare: boolean): void {
  const files = traceFiles(load, context)
  const tmk = openSync(files.tmk, 'w')
  const ids = bare ? openSync(files.ids, 'w') : -1
  const ops = bare ? openSync(files.ops, 'w') : -1
  const writer = new TmkWriter(headerOf(load))
  const flat = new FlatPages(load.files)
  for (const batch of load.generate(accessesOf(load, context))) {
    for (const part of writer.add(batch)) writeSync(tmk, part)
    if (!bare) continue
    flat.add(batch)
    writeSync(ids, new Uint8Array(flat.ids.buffer, 0, 4 * flat.length))
    writeSync(ops, flat.ops.subarray(0, flat.length))
  }
  for (const part of writer.finish()) writeSync(tmk, part)
  for (const fd of [tmk, ids, ops]) if (fd >= 0) closeSync(fd)
}

/** Number of distinct pages that a load's regions and files have. */
export function pagesOf(load: Load, context: BenchContext): number {
  const flat = new FlatPages(load.files)
  // All regions and files come up in the first batch.
  for (const batch of load.generate(accessesOf(load, context))) {
    flat.add(batch)
    break
  }
  return flat.end
}

/** Gives every region and file its own range of page numbers. */
class FlatPages {
  ids = new Uint32Array(1 << 16)
  ops = new Uint8Array(1 << 16)
  length = 0
  /** One past the highest page number. */
  end = 0
  private readonly regions = new Map<number, number>()
  private readonly files = new Map<number, number>()

  constructor(private readonly sizes: Record<string, number>) {}

  add(batch: EventBatch): void {
    this.length = 0
    for (let i = 0; i < batch.length; i++) {
      const owner = (batch.task[i] & 15) << 2
      switch (batch.op[i]) {
        case OP.mmap: {
          const detail = batch.detail.get(i)
          const mapped = detail?.op === 'mmap' && detail.kind === 'file'
          this.regions.set(batch.object[i], mapped ? this.file(batch, batch.start[i]) : this.range(batch.count[i]))
          break
        }
        case OP.touch:
          this.pages(batch, i, this.regions.get(batch.object[i]) as number, owner | (batch.flags[i] & EVENT_WRITE))
          break
        case OP.read:
          this.pages(batch, i, this.file(batch, batch.object[i]), owner)
          break
        case OP.write:
          this.pages(batch, i, this.file(batch, batch.object[i]), owner | 1)
          break
        case OP.madvise:
          if (batch.flags[i] >> ADVICE_SHIFT === ADVICE.dontneed) {
            this.pages(batch, i, this.regions.get(batch.object[i]) as number, owner | 2)
          }
      }
    }
  }

  private file(batch: EventBatch, serial: number): number {
    const known = this.files.get(serial)
    if (known !== undefined) return known
    const base = this.range(this.sizes[batch.fileNames[serial]])
    this.files.set(serial, base)
    return base
  }

  private range(pages: number): number {
    const base = this.end
    this.end += pages
    return base
  }

  private pages(batch: EventBatch, i: number, base: number, op: number): void {
    const n = batch.count[i]
    while (this.length + n > this.ids.length) {
      const ids = new Uint32Array(this.ids.length * 2)
      ids.set(this.ids)
      this.ids = ids
      const ops = new Uint8Array(ids.length)
      ops.set(this.ops)
      this.ops = ops
    }
    const list = batch.list[i]
    for (let k = 0; k < n; k++)
      this.ids[this.length + k] = base + (list < 0 ? batch.start[i] + k : batch.pages[list + k])
    this.ops.fill(op, this.length, this.length + n)
    this.length += n
  }
}
