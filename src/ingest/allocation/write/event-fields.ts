/** Events of a batch as the fields that the written forms of a trace have: serials become names again. */

import {
  ADVICE,
  ADVICE_SHIFT,
  EVENT_READAHEAD,
  EVENT_WRITE,
  type EventBatch,
  OP,
  OP_NAMES,
} from '../../../trace/events.js'

/** Fields of one event by name, in the order in which they are written. */
export type EventFields = Record<string, unknown>

const ADVICE_NAMES = Object.keys(ADVICE)

interface LiveTask {
  pid: number
  regions: Set<number>
}

/** Keeps the names of live processes and their regions, never events that went by. */
export class EventReader {
  private readonly tasks = new Map<number, LiveTask>()
  private readonly regions = new Map<number, string>()

  /** Event `i` of a batch. All events must be read, in order. */
  fields(batch: EventBatch, i: number): EventFields {
    const op = batch.op[i]
    const fields: EventFields = { t: batch.t[i], op: OP_NAMES[op] }
    const detail = batch.detail.get(i)
    switch (detail?.op) {
      case 'cgroup':
        fields.cgroup = detail.cgroup
        if (Object.keys(detail.set).length > 0) fields.set = detail.set
        return fields
      case 'sysctl':
        fields.set = detail.set
        return fields
      case 'spawn':
        this.tasks.set(batch.task[i], { pid: detail.pid, regions: new Set() })
        fields.pid = detail.pid
        fields.comm = detail.comm
        if (detail.oom_score_adj !== 0) fields.oom_score_adj = detail.oom_score_adj
        if (detail.cgroup !== undefined) fields.cgroup = detail.cgroup
        if (detail.cpu !== undefined) fields.cpu = detail.cpu
        return fields
      case 'mmap':
        this.regions.set(batch.object[i], detail.region)
        this.task(batch, i).regions.add(batch.object[i])
        fields.pid = this.task(batch, i).pid
        fields.region = detail.region
        fields.kind = detail.kind
        fields.pages = detail.pages
        if (detail.file !== undefined) fields.file = detail.file
        if (detail.readahead) fields.readahead = true
        return fields
    }
    fields.pid = this.task(batch, i).pid
    this.object(fields, batch, i)
    if (op === OP.munmap) this.regions.delete(batch.object[i])
    if (op === OP.exit) this.exit(batch.task[i])
    return fields
  }

  private object(fields: EventFields, batch: EventBatch, i: number): void {
    const flags = batch.flags[i]
    switch (batch.op[i]) {
      case OP.exit:
        return
      case OP.fsync:
        fields.file = batch.fileNames[batch.object[i]]
        return
      case OP.munmap:
        fields.region = this.regions.get(batch.object[i])
        return
      case OP.read:
      case OP.write:
        fields.file = batch.fileNames[batch.object[i]]
        range(fields, batch, i)
        if (flags & EVENT_READAHEAD) fields.readahead = true
        return
      default:
        fields.region = this.regions.get(batch.object[i])
        range(fields, batch, i)
        if (batch.op[i] === OP.touch && flags & EVENT_WRITE) fields.write = true
        if (batch.op[i] === OP.madvise) fields.advice = ADVICE_NAMES[flags >> ADVICE_SHIFT]
    }
  }

  private task(batch: EventBatch, i: number): LiveTask {
    return this.tasks.get(batch.task[i]) as LiveTask
  }

  private exit(task: number): void {
    for (const region of this.tasks.get(task)?.regions ?? []) this.regions.delete(region)
    this.tasks.delete(task)
  }
}

function range(fields: EventFields, batch: EventBatch, i: number): void {
  const at = batch.list[i]
  if (at < 0) {
    fields.start = batch.start[i]
    fields.count = batch.count[i]
  } else fields.pages = Array.from(batch.pages.subarray(at, at + batch.count[i]))
}
