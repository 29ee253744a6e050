/** How large a sample is, and how far a replay of it may be off. */

import type { MmConfig } from '../../mm/config.js'

/** As asked for: one page in so many, 1 for all of them, or as many as `auto` chooses. */
export type SampleChoice = 'auto' | number

/** Pages that `auto` has simulated at most. */
export const MOST_PAGES = 2 ** 20
/** One page in so many is the least there is. */
export const MOST_EVERY = 2 ** 16

/** Pages a machine can hold, in memory and in swap. */
export function machinePages(config: MmConfig): number {
  const frames = config.nodes.flatMap(({ zones }) => zones).reduce((sum, { managed }) => sum + managed, 0)
  return config.swap.reduce((sum, { pages }) => sum + pages, frames)
}

/** Pages that are there before a trace begins. */
export function residentPages(config: MmConfig): number {
  return config.nodes.reduce(
    (sum, n) => sum + n.inactiveAnon + n.activeAnon + n.inactiveFile + n.activeFile + n.unevictable,
    0,
  )
}

/** The least power of two that leaves no more than {@link MOST_PAGES} of `pages`. */
export function autoEvery(pages: number): number {
  let every = 1
  while (pages / every > MOST_PAGES && every < MOST_EVERY) every *= 2
  return every
}
