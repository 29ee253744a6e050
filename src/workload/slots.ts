/** How an interval is cut into slots, in each of which every process does its share. */

/** Most slots of an interval, and the least length of one, seconds. */
const MOST_SLOTS = 2048
const LEAST_SLOT = 0.001
/** Seconds between two rounds of touches; longer where the interval would have more than {@link MOST_ROUNDS} of them. */
export const ROUND_SECONDS = 0.25
export const MOST_ROUNDS = 16

/** Rounds of touches and of reads again in an interval of `dt` seconds. */
export function roundsOf(dt: number): number {
  return Math.min(MOST_ROUNDS, Math.max(1, Math.ceil(dt / ROUND_SECONDS)))
}

/** Most slots in an interval of `dt` seconds, whatever there is to do. */
export function mostSlots(dt: number): number {
  return Math.max(roundsOf(dt), Math.min(MOST_SLOTS, Math.floor(dt / LEAST_SLOT)))
}

/** Slots of an interval in which no process has more than `chunk` of its `pages` to do at a time, if that is possible. */
export function slotsOf(dt: number, pages: number, chunk: number): number {
  return Math.min(mostSlots(dt), Math.max(roundsOf(dt), Math.ceil(pages / chunk)))
}
