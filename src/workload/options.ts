/** What the counters leave open, with the values assumed where nobody says better. */

export interface DemandOptions {
  /**
   * Seconds in which half of the lasting anonymous memory is touched. 60: what fleets of servers report of their idle
   * memory (about half of it is touched within a minute, a third stays cold for minutes).
   */
  anonHalfSeconds: number
  /** Reads again of file pages for each page read from disk. */
  rereads: number
  /** Share of the reads again that go to what was read last; the rest goes to what was read first. */
  rereadRecency: number
  /** Pages taken at a time by each process: how bursty demand is within an interval. */
  chunkPages: number
  /** Pages by interval that reads again are known to read from disk, so that first reads do not read them once more. */
  readCorrection?: Float64Array
  /** Another number draws another trace of the same demand. */
  seed?: number
}

export const DEFAULT_DEMAND: Readonly<DemandOptions> = {
  anonHalfSeconds: 60,
  rereads: 1,
  rereadRecency: 0.5,
  chunkPages: 128,
}
