/** Pages of the plain model, and the swap slots that hold them. */

export type ListName = 'inactive_anon' | 'active_anon' | 'inactive_file' | 'active_file'
export type Type = 'anon' | 'file'

export interface Slot {
  byCache: Page | null
  byEntry: Page | null
}

/** A page of the heap or of the file, in memory or not. */
export interface Page {
  name: string
  type: Type
  resident: boolean
  active: boolean
  referenced: boolean
  workingset: boolean
  dirty: boolean
  writeback: boolean
  /** Rotate when writeback ends. */
  reclaim: boolean
  /** The page-table entry: present, with its bits; or a swap entry. */
  mapped: boolean
  young: boolean
  pteDirty: boolean
  writable: boolean
  swapEntry: boolean
  slot: Slot | null
  /** What reclaim left behind. */
  shadow: { age: number; workingset: boolean } | null
}

export const NOTHING = {
  ...{ resident: false, active: false, referenced: false, workingset: false, dirty: false, writeback: false },
  ...{ reclaim: false, mapped: false, young: false, pteDirty: false, writable: false, swapEntry: false },
}
