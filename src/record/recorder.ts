/** `tidemark record`: samples of this host's counters into a file, until it is stopped. */

import { setTimeout as sleep } from 'node:timers/promises'
import { RECORDING_FORMAT, type RecordingHeader, WHOLE_EVERY } from '../trace/recording-format.js'
import { checkAppendable } from './append-check.js'
import { cgroupMount, cgroupPath, cgroupSource } from './cgroup.js'
import { type Clock, hostClock, Stamps } from './clock.js'
import { describeMachine } from './describe-machine.js'
import type { HostFiles } from './host-files.js'
import { LineEncoder } from './line-encoder.js'
import { isRegular, openRecordingFile, type RecordingFile } from './recording-file.js'
import { Sampler } from './sampler.js'
import { meminfoSource, pressureSource, type Source, vmstatSource, zonesSource } from './sources.js'

/** A last sample is not worth an interval shorter than this, seconds. */
const SHORTEST = 0.01

export interface RecorderOptions {
  host: HostFiles
  /** File to write; gzip if it ends in `.gz`. */
  out: string
  /** Goes on with a recording that is there, also after the host was restarted. */
  append?: boolean
  /** Seconds between samples. */
  interval: number
  /** Seconds to record; until `signal` unless given. */
  duration?: number
  /** Paths of cgroups (version 2), or their folders. */
  cgroups?: readonly string[]
  /** Name and version of what records, for the header. */
  tool: string
  /** Ends the recording, with one more sample. */
  signal?: AbortSignal
  /** Told what cannot be recorded, once each. */
  note(message: string): void
  /** Told when everything is ready and the first sample is about to be taken. */
  onStart?(header: RecordingHeader): void | Promise<void>
  clock?: Clock
  /** Waits; resolves early when the signal comes. */
  wait?(seconds: number, signal: AbortSignal | undefined): Promise<void>
}

export interface RecordingSummary {
  path: string
  samples: number
  /** From the first to the last sample. */
  seconds: number
  /** Size of the file. */
  bytes: number
  /** Mean time that a sample takes the recorder: reading, encoding and writing. */
  microsecondsPerSample: number
}

/**
 * Records until the duration is over or the signal comes. What was sampled is in the file at any time.
 * @throws UsageError where the file is there already, or is none that can be appended to
 * @throws TidemarkError (TM_OUTPUT) where the file cannot be written; what was written before stays readable
 */
export async function record(options: RecorderOptions): Promise<RecordingSummary> {
  const { host, out, clock = hostClock } = options
  const start = options.append && isRegular(out) ? await checkAppendable(out, hostName(host)) : ''
  const { cgroups, sources } = whatToRead(options)
  const file = openRecordingFile(out, options.append === true)
  let summary: RecordingSummary
  try {
    const machine = describeMachine({ host, cgroups, note: options.note })
    const stamps = new Stamps(clock, host)
    const header = headerOf(options, stamps, machine)
    file.write(`${start}${JSON.stringify(header)}\n`)
    await options.onStart?.(header)
    summary = await new Session(options, file, stamps, sources).run()
  } catch (error) {
    file.abandon()
    throw error
  }
  file.close()
  return summary
}

function hostName(host: HostFiles): string | undefined {
  return host.value('/proc/sys/kernel/hostname')
}

function whatToRead(options: RecorderOptions): { sources: Source[]; cgroups?: { mount: string; paths: string[] } } {
  const { host } = options
  const sources = [vmstatSource(host), meminfoSource(host), pressureSource(host), zonesSource(host)]
  if (options.cgroups === undefined || options.cgroups.length === 0) return { sources }
  const mount = cgroupMount(host)
  const paths = [...new Set(options.cgroups.map((text) => cgroupPath(text, mount)))]
  if (mount === undefined) {
    options.note('cgroup v2 is not mounted: no cgroups are recorded')
    return { sources }
  }
  sources.push(...paths.map((path) => cgroupSource(host, mount, path)))
  return { sources, cgroups: { mount, paths } }
}

function headerOf(options: RecorderOptions, stamps: Stamps, machine: RecordingHeader['machine']): RecordingHeader {
  return {
    recording: RECORDING_FORMAT,
    tool: options.tool,
    host: hostName(options.host),
    boot_id: options.host.value('/proc/sys/kernel/random/boot_id'),
    epoch: stamps.epoch,
    mono: Number(stamps.mono.toFixed(6)),
    uptime: stamps.uptime,
    interval: options.interval,
    page_size: Number(machine.page_size),
    machine,
  }
}

/** The samples from one header on. */
class Session {
  private readonly encoder = new LineEncoder()
  private readonly sampler: Sampler
  private samples = 0
  private first = 0
  private last = 0
  private busy = 0

  constructor(
    private readonly options: RecorderOptions,
    private readonly file: RecordingFile,
    private readonly stamps: Stamps,
    sources: readonly Source[],
  ) {
    this.sampler = new Sampler(sources, options.note)
  }

  async run(): Promise<RecordingSummary> {
    const { interval, duration = Number.POSITIVE_INFINITY, signal, wait = waitFor } = this.options
    this.sample()
    // Samples keep to the times they were planned for; those that were missed are not made up for.
    for (let tick = 1; signal?.aborted !== true; tick++) {
      const now = this.stamps.now() - this.first
      tick = Math.max(tick, Math.floor(now / interval) + 1)
      const due = Math.min(tick * interval, duration)
      if (now < due) await wait(due - now, signal)
      if (signal?.aborted) break
      this.sample()
      if (due === duration) return this.summary()
    }
    if (this.stamps.now() - this.last > SHORTEST || this.samples < 2) this.sample()
    return this.summary()
  }

  private sample(): void {
    const began = performance.now()
    const whole = this.samples % WHOLE_EVERY === 0
    const stamp = this.stamps.take(whole)
    const readings = this.sampler.take(stamp.t, whole)
    this.file.write(this.encoder.line({ n: this.samples, ...stamp }, readings, whole))
    if (this.samples === 0) this.first = stamp.t
    this.last = stamp.t
    this.samples++
    this.busy += performance.now() - began
  }

  private summary(): RecordingSummary {
    return {
      path: this.file.path,
      samples: this.samples,
      seconds: this.last - this.first,
      bytes: this.file.bytes,
      microsecondsPerSample: (this.busy * 1000) / this.samples,
    }
  }
}

async function waitFor(seconds: number, signal: AbortSignal | undefined): Promise<void> {
  try {
    await sleep(seconds * 1000, undefined, { signal })
  } catch (error) {
    if ((error as { name?: string }).name !== 'AbortError') throw error
  }
}
