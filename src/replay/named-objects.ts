/** What a trace calls by name and the model holds as an object: files and cgroups. */

import type { Mm } from '../mm/context.js'
import { Memcg } from '../mm/memcg.js'
import { AddressSpace } from '../mm/task.js'
import { type EventBatch, OP } from '../trace/events.js'

export class NamedObjects {
  /** Files by their serial in the trace. */
  readonly files: (AddressSpace | undefined)[] = []
  private readonly filesByName = new Map<string, AddressSpace>()
  private readonly memcgs = new Map<string, Memcg>()

  /** @param sizes name → pages of files that exist before the trace starts */
  constructor(
    private readonly mm: Mm,
    private readonly sizes: Readonly<Record<string, number>>,
  ) {
    this.memcgs.set('/', mm.rootMemcg)
  }

  /** Files get their object when an event first names them. */
  noteFile(batch: EventBatch, i: number): void {
    const op = batch.op[i]
    let serial = -1
    if (op === OP.read || op === OP.write || op === OP.fsync) serial = batch.object[i]
    else if (op === OP.mmap) {
      const d = batch.detail.get(i)
      if (d?.op === 'mmap' && d.kind === 'file') serial = batch.start[i]
    }
    if (serial < 0 || this.files[serial]) return
    this.files[serial] = this.fileNamed(batch.fileNames[serial] ?? `file ${serial}`)
  }

  /** The cgroup of a path, made with all above it where it is not there. */
  memcgAt(path: string): Memcg {
    const clean = `/${path.split('/').filter(Boolean).join('/')}`
    const found = this.memcgs.get(clean)
    if (found) return found
    const { mm } = this
    const parent = this.memcgAt(clean.slice(0, clean.lastIndexOf('/')) || '/')
    const memcg = new Memcg(mm.memcgs.length, clean, parent, mm.pages.pos, mm.nodes.length)
    mm.memcgs.push(memcg)
    this.memcgs.set(clean, memcg)
    return memcg
  }

  private fileNamed(name: string): AddressSpace {
    const found = this.filesByName.get(name)
    if (found) return found
    const { mm } = this
    const file = new AddressSpace(mm.files.length, name, this.sizes[name] ?? 0)
    mm.files.push(file)
    this.filesByName.set(name, file)
    return file
  }
}
