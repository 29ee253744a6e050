/**
 * The lists that pages are on (include/linux/mmzone.h `enum lru_list`).
 *
 * Nothing is imported here: only then does the bundler put the numbers themselves where they are used.
 */

export const LRU_INACTIVE_ANON = 0
export const LRU_ACTIVE_ANON = 1
export const LRU_INACTIVE_FILE = 2
export const LRU_ACTIVE_FILE = 3
export const LRU_UNEVICTABLE = 4
export const NR_LRU = 5

/** Type of a page for balancing: index into costs, refaults, activations. */
export const ANON = 0
export const FILE = 1

/** Pages that wait in a CPU's batch before they are put on lists together. */
export const PAGEVEC_SIZE = 15
