/** The clocks of a recording: one that only goes forward, and the one that people set. */

import type { HostFiles } from './host-files.js'

export interface Clock {
  /** CLOCK_MONOTONIC, seconds. */
  mono(): number
  /** Seconds since 1970. */
  epoch(): number
}

export const hostClock: Clock = {
  mono: () => Number(process.hrtime.bigint()) / 1e9,
  epoch: () => Date.now() / 1000,
}

/** How far the clock may drift from what was stated before it is stated again, seconds. Above its reading's 1 ms. */
const DRIFT = 0.002
/** Suspensions are stated when they have grown by this, seconds; /proc/uptime has a hundredth. */
const SUSPENDED = 0.1

/** Seconds since boot, the time of suspensions included (proc(5)); undefined where it cannot be read. */
export function uptime(host: HostFiles): number | undefined {
  const value = Number.parseFloat(host.value('/proc/uptime') ?? '')
  return Number.isFinite(value) ? value : undefined
}

/** Stamps of the samples of one session. */
export class Stamps {
  readonly mono: number
  readonly epoch: number
  readonly uptime: number | undefined
  /** Of the last sample, seconds since the header. */
  last = 0
  private offset: number
  private suspended = 0

  constructor(
    private readonly clock: Clock,
    private readonly host: HostFiles,
  ) {
    this.mono = clock.mono()
    this.epoch = clock.epoch()
    this.uptime = uptime(host)
    this.offset = this.epoch
  }

  /** Seconds since the header. */
  now(): number {
    return this.clock.mono() - this.mono
  }

  /**
   * When this moment is, as a line states it.
   * @param whole states everything, so that reading can begin here
   */
  take(whole = false): { t: number; e?: number; s?: number } {
    const t = Number(this.now().toFixed(6))
    this.last = t
    const stamp: { t: number; e?: number; s?: number } = { t }
    const offset = this.clock.epoch() - t
    if (whole || Math.abs(offset - this.offset) > DRIFT) {
      this.offset = offset
      stamp.e = Number((offset + t).toFixed(3))
    }
    const up = this.uptime === undefined ? undefined : uptime(this.host)
    if (up !== undefined && this.uptime !== undefined) {
      const suspended = up - this.uptime - t
      if (suspended > this.suspended + SUSPENDED) {
        this.suspended = Number(suspended.toFixed(2))
        stamp.s = this.suspended
      }
    }
    if (whole && this.suspended > 0) stamp.s = this.suspended
    return stamp
  }
}
