/**
 * Times of a recording that may have been stopped, appended to, suspended and restarted: seconds since its first header.
 *
 * The monotonic clock says how long intervals are, /proc/uptime how long the host was suspended between two samples,
 * and the epoch only how far apart two boots are, since it is the clock that people and NTP set.
 */

import type { RecordingHeader, SampleStamp } from '../../trace/recording-format.js'

/** Changes of the clock that are not worth a word, seconds: NTP slews and the last digit of a reading. */
const STEP = 1

export interface Moment {
  /** Seconds since the first header. */
  at: number
  /** Seconds that the host ran since the sample before; NaN for the first of a boot. */
  ran: number
  /** How far the clock was set since the sample before, seconds; 0 where it was not. */
  step: number
}

export class Timeline {
  private first: RecordingHeader | undefined
  private header: RecordingHeader | undefined
  /** Where `t` 0 of this header lies. */
  private base = 0
  private suspended = 0
  /** Of the last sample: `t`, and where it lies. */
  private t = Number.NaN
  private at = 0
  /** Monotonic time between the last sample and this header, where both are of one boot. */
  private paused = Number.NaN
  private offset = 0

  /** @returns whether the host was restarted since the header before; undefined for the first header */
  begin(header: RecordingHeader): boolean | undefined {
    const before = this.header
    const restarted = before === undefined ? undefined : isRestart(before, header)
    if (before === undefined) this.first = header
    else if (restarted) {
      // A clock that was wrong after the restart must not put samples before the ones that are there.
      this.base = Math.max(header.epoch - (this.first as RecordingHeader).epoch, this.at)
      this.paused = Number.NaN
    } else {
      const sample = Number.isNaN(this.t) ? 0 : this.t
      const mono = header.mono - before.mono
      const up = header.uptime === undefined || before.uptime === undefined ? mono : header.uptime - before.uptime
      this.paused = Math.max(0, mono - sample)
      this.base = Math.max(this.base + up, this.at + this.paused)
    }
    this.header = header
    this.offset = header.epoch
    this.suspended = 0
    this.t = Number.NaN
    return restarted
  }

  /** @param usable whether the sample has values; the next interval begins at the last one that had */
  sample({ t, e, s }: SampleStamp, usable = true): Moment {
    const slept = s === undefined ? 0 : Math.max(0, s - this.suspended)
    this.suspended += slept
    let step = 0
    if (e !== undefined) {
      step = e - t - this.offset - slept
      this.offset = e - t
    }
    const ran = Number.isNaN(this.t) ? this.paused + t : t - this.t
    const at = this.base + t + this.suspended
    if (usable) {
      this.t = t
      this.at = at
    }
    return { at, ran, step: Math.abs(step) > STEP ? step : 0 }
  }

  /** Seconds since 1970 of a time, by the clock as it was at the first header. */
  epochOf(at: number): number | undefined {
    return this.first === undefined ? undefined : this.first.epoch + at
  }
}

/** Boots tell themselves apart by their id; where there is none, by a monotonic clock that began again. */
function isRestart(before: RecordingHeader, header: RecordingHeader): boolean {
  if (before.boot_id !== undefined && header.boot_id !== undefined) return before.boot_id !== header.boot_id
  return header.mono < before.mono
}
