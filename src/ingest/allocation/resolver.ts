/**
 * Turns the names in events into the serials of {@link EventBatch}, and refuses what does not fit together: a process
 * that is not running, a region that is not mapped, a page outside of its region, time that goes backwards. All written
 * forms of an allocation trace go through here, so they mean the same.
 *
 * State is kept for live processes, their regions and the files named so far, never for events that went by.
 */

import type { InputError } from '../../base/errors.js'
import {
  ADVICE_SHIFT,
  EVENT_READAHEAD,
  EVENT_WRITE,
  type EventBatch,
  type EventDetail,
  OP,
  type OpName,
} from '../../trace/events.js'
import { type EventPlace, eventError, type RawEvent } from './raw-event.js'

interface Region {
  readonly serial: number
  readonly pages: number
}

class Task {
  readonly regions = new Map<string, Region>()
  /** The region used last: traces touch one region many times in a row. */
  lastName: string | undefined
  lastRegion: Region | undefined

  constructor(readonly serial: number) {}

  region(name: string): Region | undefined {
    if (name === this.lastName) return this.lastRegion
    const region = this.regions.get(name)
    if (region !== undefined) {
      this.lastName = name
      this.lastRegion = region
    }
    return region
  }

  drop(name: string): void {
    this.regions.delete(name)
    this.lastName = undefined
    this.lastRegion = undefined
  }
}

export class Resolver {
  private readonly tasks = new Map<number, Task>()
  private readonly files = new Map<string, number>()
  private readonly exited = new ExitedPids()
  private taskCount = 0
  private regionCount = 0
  private lastTime = 0
  private lastPid = -1
  private lastTask: Task | undefined
  /** The same by serial; every batch refers to it. */
  private readonly fileNames: string[] = []
  private lastFile: string | undefined
  private lastFileSerial = -1

  /**
   * Checks one event and appends it to `batch`.
   * @param line what {@link EventBatch.line} gets: the line, or the ordinal where there are no lines
   * @throws InputError (TM_INPUT_VALUE); the batch is then unchanged
   */
  add(raw: RawEvent, batch: EventBatch, line: number, place: EventPlace): void {
    batch.fileNames = this.fileNames
    if (raw.t < this.lastTime) {
      throw eventError(place, `${raw.op}: time goes backwards`, {
        expected: `t of at least ${this.lastTime}`,
        found: raw.t,
      })
    }
    const op = raw.op
    switch (op) {
      case 'touch': {
        const task = this.task(raw, place)
        const region = this.region(task, raw, place)
        this.pages(raw, region, place)
        this.append(batch, raw, line, task.serial, region.serial, raw.write ? EVENT_WRITE : 0)
        return
      }
      case 'read':
      case 'write': {
        const task = this.task(raw, place)
        this.append(batch, raw, line, task.serial, this.file(raw.file as string), raw.readahead ? EVENT_READAHEAD : 0)
        return
      }
      default:
        this.rare(op, raw, batch, line, place)
    }
  }

  private rare(op: OpName, raw: RawEvent, batch: EventBatch, line: number, place: EventPlace): void {
    switch (op) {
      case 'cgroup':
        this.append(batch, raw, line, -1, -1, 0, { op, cgroup: raw.cgroup as string, set: raw.set ?? {} })
        return
      case 'sysctl':
        this.append(batch, raw, line, -1, -1, 0, { op, set: raw.set as Record<string, number | string> })
        return
      case 'spawn':
        this.spawn(raw, batch, line, place)
        return
      case 'mmap':
        this.mmap(raw, batch, line, place)
        return
      case 'exit': {
        const task = this.task(raw, place)
        this.append(batch, raw, line, task.serial, -1, 0)
        this.tasks.delete(raw.pid)
        this.exited.add(raw.pid)
        this.lastPid = -1
        return
      }
      case 'fsync':
        this.append(batch, raw, line, this.task(raw, place).serial, this.file(raw.file as string), 0)
        return
      case 'munmap': {
        const task = this.task(raw, place)
        this.append(batch, raw, line, task.serial, this.region(task, raw, place).serial, 0)
        task.drop(raw.region as string)
        return
      }
      default: {
        const task = this.task(raw, place)
        const region = this.region(task, raw, place)
        this.pages(raw, region, place)
        this.append(batch, raw, line, task.serial, region.serial, op === 'madvise' ? raw.advice << ADVICE_SHIFT : 0)
      }
    }
  }

  private spawn(raw: RawEvent, batch: EventBatch, line: number, place: EventPlace): void {
    if (this.tasks.has(raw.pid)) {
      throw eventError(place, 'spawn: this pid is still running', {
        expected: 'the pid of no live process',
        found: `pid ${raw.pid}`,
      })
    }
    const task = new Task(this.taskCount++)
    this.append(batch, raw, line, task.serial, -1, 0, {
      op: 'spawn',
      pid: raw.pid,
      comm: raw.comm,
      oom_score_adj: raw.oomScoreAdj,
      ...(raw.cgroup === undefined ? {} : { cgroup: raw.cgroup }),
      ...(raw.cpu === undefined ? {} : { cpu: raw.cpu }),
    })
    this.tasks.set(raw.pid, task)
    this.lastPid = -1
  }

  private mmap(raw: RawEvent, batch: EventBatch, line: number, place: EventPlace): void {
    const task = this.task(raw, place)
    const name = raw.region as string
    if (task.regions.has(name)) {
      throw eventError(place, 'mmap: this region is mapped already', {
        expected: `a name that pid ${raw.pid} does not use now`,
        found: name,
      })
    }
    if (raw.kind === 'file' && raw.file === undefined) {
      throw eventError(place, 'mmap: "file" is missing', { expected: 'the name of the mapped file' })
    }
    const region = { serial: this.regionCount++, pages: raw.count }
    task.regions.set(name, region)
    raw.start = raw.kind === 'file' ? this.file(raw.file as string) : 0
    this.append(batch, raw, line, task.serial, region.serial, raw.readahead ? EVENT_READAHEAD : 0, {
      op: 'mmap',
      region: name,
      kind: raw.kind,
      pages: raw.count,
      ...(raw.kind === 'file' ? { file: raw.file } : {}),
      readahead: raw.readahead,
    })
  }

  private append(
    batch: EventBatch,
    raw: RawEvent,
    line: number,
    task: number,
    object: number,
    flags: number,
    detail?: EventDetail,
  ): void {
    const i = batch.length
    batch.t[i] = this.lastTime = raw.t
    batch.op[i] = OP[raw.op]
    batch.task[i] = task
    batch.object[i] = object
    batch.flags[i] = flags
    batch.line[i] = line
    const n = raw.listLength
    if (n >= 0) {
      const at = batch.reservePages(n)
      batch.pages.set(raw.list.subarray(0, n), at)
      batch.list[i] = at
      batch.start[i] = 0
      batch.count[i] = n
    } else {
      batch.list[i] = -1
      batch.start[i] = raw.start
      batch.count[i] = raw.count
    }
    if (detail !== undefined) batch.detail.set(i, detail)
    batch.length = i + 1
  }

  private task(raw: RawEvent, place: EventPlace): Task {
    if (raw.pid === this.lastPid) return this.lastTask as Task
    const task = this.tasks.get(raw.pid)
    if (task === undefined) throw this.noTask(raw, place)
    this.lastPid = raw.pid
    this.lastTask = task
    return task
  }

  private noTask(raw: RawEvent, place: EventPlace): InputError {
    const gone = this.exited.has(raw.pid)
    return eventError(place, `${raw.op}: ${gone ? 'this pid has exited' : 'no such process'}`, {
      expected: gone ? 'no event of a pid after its exit' : 'the pid of a process spawned before',
      found: `pid ${raw.pid}`,
    })
  }

  private region(task: Task, raw: RawEvent, place: EventPlace): Region {
    const region = task.region(raw.region as string)
    if (region !== undefined) return region
    const names = [...task.regions.keys()]
    const known =
      names.length === 0 ? 'no region is' : `${names.slice(0, 8).join(', ')}${names.length > 8 ? ', …' : ''}`
    throw eventError(place, `${raw.op}: unknown region`, {
      expected: `a region that pid ${raw.pid} has mapped: ${known}${names.length === 0 ? ' mapped' : ''}`,
      found: raw.region,
    })
  }

  private pages(raw: RawEvent, region: Region, place: EventPlace): void {
    const list = raw.listLength >= 0
    const end = list ? raw.listMax + 1 : raw.start + raw.count
    if (end <= region.pages) return
    throw eventError(place, `${raw.op}: page outside of the region`, {
      expected: `pages 0 to ${region.pages - 1} of ${raw.region}`,
      found: list ? `page ${raw.listMax}` : `start ${raw.start}, count ${raw.count}`,
    })
  }

  private file(name: string): number {
    if (name === this.lastFile) return this.lastFileSerial
    let serial = this.files.get(name)
    if (serial === undefined) {
      serial = this.files.size
      this.files.set(name, serial)
      this.fileNames.push(name)
    }
    this.lastFile = name
    this.lastFileSerial = serial
    return serial
  }
}

/** The pids that exited last, only to tell "has exited" from "never was" in a message: a ring, so that it stays small. */
class ExitedPids {
  private readonly ring: number[] = []
  private next = 0

  add(pid: number): void {
    this.ring[this.next] = pid
    this.next = (this.next + 1) % 1024
  }

  has(pid: number): boolean {
    return this.ring.includes(pid)
  }
}
