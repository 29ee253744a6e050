/** Reads a recording of `tidemark record` into samples. */

import type { ByteSource } from '../../base/byte-source.js'
import { InputError } from '../../base/errors.js'
import type { RecordingHeader, SampleStamp } from '../../trace/recording-format.js'
import type { IngestOptions } from '../format.js'
import { Differences } from '../proc-vmstat/differences.js'
import { BaseSamples } from '../series/base-samples.js'
import type { RecorderTraits } from '../series/repair.js'
import { TextLines } from '../text/text-lines.js'
import { RecordingDecoder } from './decoder.js'
import type { Groups } from './groups.js'
import { releaseOf } from './header.js'
import { RecordingReport } from './report.js'
import { Timeline } from './timeline.js'

/** An interval is late when it is longer than asked for by this factor, and by a tenth of a second. */
const LATE = 1.5
const LATE_SECONDS = 0.1

export class RecordingSamples extends BaseSamples {
  private readonly decoder: RecordingDecoder
  private readonly timeline = new Timeline()
  private readonly totals = new RecordingReport()
  private session: RecordingHeader | undefined
  private differences: Differences | undefined
  /** Before the next sample the host was restarted, or the recorder was. */
  private before: 'restart' | 'pause' | undefined
  private intervals = 0
  private late = 0
  private longest = 0

  constructor(source: ByteSource, options: IngestOptions) {
    super(source, options, 'recording')
    this.decoder = new RecordingDecoder(source.name, this.issues, {
      header: (header, line) => this.header(header, line),
      sample: (stamp, groups, line) => this.sample(stamp, groups, line),
    })
  }

  /** Each sample says when it was taken: what is longer was recorded so. Only suspensions are gaps. */
  override traits(): RecorderTraits {
    return { ...super.traits(), ownInterval: true }
  }

  epochOf(time: number): number | undefined {
    return this.timeline.epochOf(time)
  }

  report(): Record<string, unknown> {
    return this.totals.plain()
  }

  async *read(): AsyncGenerator<void> {
    const lines = new TextLines(this.source)
    for await (const block of lines.blocks()) {
      for (let i = 0; i < block.length; i++) {
        if (block[i].trim() !== '') this.decoder.take(block[i], lines.line + i + 1)
      }
      yield
    }
    this.decoder.end()
    this.finish()
  }

  private header(header: RecordingHeader, line: number): void {
    const before = this.session
    const restarted = this.timeline.begin(header)
    this.session = header
    if (before === undefined) this.describe(header)
    else {
      this.compare(before, header, line)
      this.before = restarted ? 'restart' : (this.before ?? 'pause')
    }
    if (before === undefined || restarted) {
      this.differences?.close()
      this.differences = new Differences(this.source.name, this.store, this.issues, 1024 / header.page_size)
    }
    this.totals.session(before === undefined || restarted === true)
  }

  private describe({ machine, host, tool }: RecordingHeader): void {
    const { cpus } = machine
    this.meta.machine = machine
    if (host !== undefined) this.meta.host = host
    if (tool !== undefined) this.meta.tool = tool
    if (typeof cpus === 'number') this.meta.cpus = cpus
    const kernel = releaseOf(machine)
    if (kernel !== undefined) this.meta.kernel = kernel
  }

  /** One file holds one host; its memory may have changed. */
  private compare(before: RecordingHeader, header: RecordingHeader, line: number): void {
    if (before.host !== undefined && header.host !== undefined && before.host !== header.host) {
      throw this.broken('recordings of two hosts in one file', line, `host ${before.host}`, header.host)
    }
    const size = ({ machine }: RecordingHeader): unknown =>
      (machine.meminfo as { MemTotal?: unknown } | undefined)?.MemTotal
    if (size(before) === size(header)) return
    this.issues.add('machine-changed', `MemTotal was ${size(before)} kB and is now ${size(header)} kB`, 'kept', line)
  }

  private sample(stamp: SampleStamp, groups: Groups | undefined, line: number): void {
    const { at, ran, step } = this.timeline.sample(stamp, groups !== undefined)
    if (step !== 0) {
      const message = `the clock was set ${step > 0 ? 'forward' : 'back'} by ${Math.abs(step).toFixed(1)} s; times go on from the first header`
      this.issues.add('clock-step', message, 'kept', line)
    }
    if (groups === undefined) return
    const snapshot = snapshotOf(groups)
    this.totals.sample(this.epochOf(at) ?? at, snapshot, groups)
    const { before, differences, store } = this
    this.before = undefined
    if (before === 'restart') store.breakAt(at)
    const known = store.length
    differences?.add(at, snapshot, line)
    if (store.length === known) return
    this.intervals++
    // The clock that the intervals are measured by stands still while the host is suspended.
    store.dt[known] = ran
    if (before === 'pause') this.pause(ran, line)
    else this.checkLate(ran)
  }

  private pause(ran: number, line: number): void {
    const message = `the recorder was stopped here; what was counted meanwhile is one interval of ${ran.toFixed(1)} s`
    this.issues.add('recorder-stopped', message, 'kept', line)
  }

  private checkLate(ran: number): void {
    const { interval } = this.session as RecordingHeader
    if (ran <= interval * LATE || ran <= interval + LATE_SECONDS) return
    this.late++
    this.longest = Math.max(this.longest, ran)
  }

  /** @throws InputError where there are no two samples of one boot */
  private finish(): void {
    const { interval } = this.session as RecordingHeader
    if (this.intervals === 0) {
      throw new InputError('this recording holds no interval', {
        file: this.source.name,
        expected: 'two samples or more of one boot',
        hint: 'Record for longer: tidemark record --duration 10m',
        code: 'TM_INPUT_REFUSED',
      })
    }
    if (this.late > 0) {
      const longest = this.longest.toFixed(1)
      const message = `${this.late} intervals are longer than the ${interval} s asked for, up to ${longest} s: samples came late, or are missing`
      this.issues.add('late-samples', message, 'kept')
    }
    this.differences?.close()
  }
}

/** Counters and levels by name. Names of /proc/meminfo begin with a capital letter, those of /proc/vmstat do not. */
function snapshotOf(groups: Groups): Map<string, number> {
  const snapshot = new Map<string, number>()
  for (const key of ['vmstat', 'meminfo']) {
    const group = groups.get(key)
    if (group === undefined) continue
    for (let i = 0; i < group.names.length; i++) snapshot.set(group.names[i], group.values[i])
  }
  return snapshot
}
