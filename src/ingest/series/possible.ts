/** Which counts there can be. */

/** Per interval, 2^40 pages or KiB are more than any host moves: a counter that wrapped or was reset. */
const IMPOSSIBLE = 2 ** 40

/** Whether this can be a count; what is not a number is none. */
export function isPossible(count: number): boolean {
  return count >= 0 && count <= IMPOSSIBLE
}
