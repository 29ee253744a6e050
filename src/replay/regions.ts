/** The mapped regions of one process: mmap, with what overcommit says to it, and munmap. */

import type { Mm } from '../mm/context.js'
import { vmEnoughMemory } from '../mm/overcommit.js'
import type { Task, Vma } from '../mm/task.js'
import { NS } from '../mm/vmstat.js'
import type { Event } from './pending.js'
import type { ProcessWorld } from './world.js'

const pageScale = (mm: Mm): number => mm.config.pageScale ?? 1

export class Regions {
  private readonly bySerial = new Map<number, Vma>()
  private lastSerial = -1
  private lastVma: Vma | undefined = undefined

  constructor(
    private readonly world: ProcessWorld,
    private readonly task: Task,
  ) {}

  /**
   * The region of a serial; the last one is asked for again and again. There is none where its mmap was refused: what is
   * done to it fails silently, as it would in a program.
   */
  get(serial: number): Vma | undefined {
    if (serial !== this.lastSerial) {
      this.lastVma = this.bySerial.get(serial)
      this.lastSerial = serial
    }
    return this.lastVma
  }

  /** munmap. */
  unmap(serial: number): void {
    const { world, task } = this
    const vma = this.get(serial)
    if (!vma) return
    world.committed.pages -= vma.committed
    this.bySerial.delete(serial)
    this.lastSerial = -1
    world.mm.mmap.unmapRegion(task, vma)
  }

  /** All of them go, with the process. */
  exit(): void {
    const { world, task } = this
    for (const vma of task.vmas) world.committed.pages -= vma.committed
    world.mm.mmap.exit(task)
    this.bySerial.clear()
    this.lastSerial = -1
  }

  /** mmap: reports it where overcommit refuses it. */
  map(e: Event): void {
    const { world, task } = this
    const { mm } = world
    const d = e.detail
    if (d?.op !== 'mmap') return
    const accounted = d.kind === 'file' ? 0 : d.pages
    if (accounted > 0) {
      const decision = vmEnoughMemory(
        { pages: accounted, privileged: false, totalVm: task.totalVm * pageScale(mm) },
        mm.sysctl,
        this.overcommitState(),
        mm.profile.overcommit,
      )
      if (!decision.granted) {
        world.refused({
          time: mm.time[0],
          pid: task.pid,
          comm: task.comm,
          region: d.region,
          pages: d.pages,
          mode: decision.mode,
          committed: decision.committed,
          allowed: decision.allowed,
          reason: decision.reason,
        })
        return
      }
    }
    const file = d.kind === 'file' ? (world.files[e.start] ?? null) : null
    const vma = mm.mmap.newRegion(task, d.kind, e.count, file)
    vma.randRead = !d.readahead
    vma.committed = accounted
    world.committed.pages += accounted
    this.bySerial.set(e.object, vma)
    this.lastSerial = -1
  }

  /** In pages of the whole machine, where a sample of them is replayed: regions ask in such pages. */
  private overcommitState() {
    const { mm, committed } = this.world
    const scale = pageScale(mm)
    let file = 0
    let shmem = 0
    let slab = 0
    for (let at = 0; at < mm.ns.length; at += NS.NR) {
      file += mm.ns[at + NS.filePages]
      shmem += mm.ns[at + NS.shmem]
      slab += mm.ns[at + NS.slabReclaimable]
    }
    return {
      totalRam: mm.config.totalRam * scale,
      totalSwap: mm.swapfile.total * scale,
      committed: committed.pages,
      available: {
        freePages: mm.alloc.nrFree() * scale,
        filePages: file * scale,
        shmemPages: shmem * scale,
        freeSwap: mm.swapfile.nrFree() * scale,
        slabReclaimable: slab * scale,
        totalreserve: mm.totalreservePages * scale,
      },
    }
  }
}
