import type { ReplaySink } from '../../src/replay/records.js'

const ignore = (): void => {}

/** Takes what a replay reports and keeps nothing. */
export const NO_SINK: ReplaySink = {
  interval: ignore,
  zoneInterval: ignore,
  oom: ignore,
  stall: ignore,
  kswapdCycle: ignore,
  refusedMmap: ignore,
}
