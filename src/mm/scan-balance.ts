/**
 * How much of each list to scan: the balance of anonymous against file pages (mm/vmscan.c `get_scan_count`,
 * `inactive_is_low`). Pure arithmetic; vectors in kernel-model B2 and B3.
 */

/** int_sqrt */
export function intSqrt(x: number): number {
  let r = Math.floor(Math.sqrt(x))
  while (r * r > x) r--
  while ((r + 1) * (r + 1) <= x) r++
  return r
}

/** inactive : active ratio for lists of this many pages together: 1 below 1 GiB, √(10·GiB) above. */
export function inactiveRatio(pages: number): number {
  const gb = Math.floor(pages / 2 ** 18)
  return gb > 0 ? intSqrt(10 * gb) : 1
}

/**
 * Whether the inactive list is too short against the active one.
 * @param scale pages that each page stands for
 */
export function inactiveIsLow(inactive: number, active: number, scale = 1): boolean {
  return inactive * inactiveRatio((inactive + active) * scale) < active
}

export type ScanBalance = 'equal' | 'fract' | 'anon' | 'file'

/** Weights of SCAN_FRACT; `ap : fp`. */
export function fractWeights(swappiness: number, anonCost: number, fileCost: number): { ap: number; fp: number } {
  const total = anonCost + fileCost
  const anon = total + anonCost
  const file = total + fileCost
  const sum = anon + file
  return {
    ap: Math.floor((swappiness * (sum + 1)) / (anon + 1)),
    fp: Math.floor(((200 - swappiness) * (sum + 1)) / (file + 1)),
  }
}

/** Which balance applies, first match wins. */
export function scanBalance(d: {
  maySwap: boolean
  /** A slot is free for this memcg. */
  anonReclaimable: boolean
  limitReclaim: boolean
  swappiness: number
  priority: number
  fileIsTiny: boolean
  cacheTrimMode: boolean
}): ScanBalance {
  if (!d.maySwap || !d.anonReclaimable) return 'file'
  if (d.limitReclaim && d.swappiness === 0) return 'file'
  if (d.priority === 0 && d.swappiness !== 0) return 'equal'
  if (d.fileIsTiny) return 'anon'
  if (d.cacheTrimMode) return 'file'
  return 'fract'
}
