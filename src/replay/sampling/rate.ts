/** How large a sample is, and how far a replay of it may be off. */

import type { MmConfig } from '../../mm/config.js'

/** As asked for: one page in so many, 1 for all of them, or as many as `auto` chooses. */
export type SampleChoice = 'auto' | number

/** Pages that `auto` has simulated at most. */
export const MOST_PAGES = 2 ** 20
/** One page in so many is the least there is. */
export const MOST_EVERY = 2 ** 16

function framesOf(config: MmConfig): number {
  return config.nodes.flatMap(({ zones }) => zones).reduce((sum, { managed }) => sum + managed, 0)
}

/** Pages a machine can hold, in memory and in swap. */
export function machinePages(config: MmConfig): number {
  return config.swap.reduce((sum, { pages }) => sum + pages, framesOf(config))
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

/** Part of the error that does not go away as samples grow, and what times 1/√frames is added to it. */
const LEAST_ERROR = 0.02
const ERROR_OF_FEW = 6

/**
 * Relative error of a sampled replay's counters, in the mean over the counters: an envelope of the errors measured
 * (`npm run sampling-error`), which depend on how many frames are left in the sample more than on the rate. Where a working
 * set just fits into memory, or just does not, the error may be any.
 */
export function sampleError(config: MmConfig, every: number): number {
  return LEAST_ERROR + ERROR_OF_FEW / Math.sqrt(framesOf(config) / every)
}
