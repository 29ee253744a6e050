/** Takes samples: all groups, the slow ones now and then. */

import type { Reading, Source } from './sources.js'

/** Seconds between readings of the slow groups. */
const SLOW_SECONDS = 10

export class Sampler {
  private slowAt = Number.NEGATIVE_INFINITY
  private readonly noted = new Set<string>()

  /** @param note told once of each source that cannot be read */
  constructor(
    private readonly sources: readonly Source[],
    private readonly note: (message: string) => void,
  ) {}

  /**
   * Reads every group that is due.
   * @param t seconds since the header
   * @param whole reads the slow groups as well
   * @returns groups by their keys, undefined for those that are not there; valid until the next sample
   */
  take(t: number, whole: boolean): Map<string, Reading | undefined> {
    const slow = whole || t >= this.slowAt
    if (slow) this.slowAt = t + SLOW_SECONDS
    const readings = new Map<string, Reading | undefined>()
    for (const source of this.sources) {
      if (source.slow && !slow) continue
      const reading = source.read(slow)
      readings.set(source.key, reading)
      if (reading === undefined && !this.noted.has(source.key)) {
        this.noted.add(source.key)
        this.note(source.missing)
      }
    }
    return readings
  }
}
