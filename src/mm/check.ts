/**
 * Conservation laws that hold at any moment between two steps of the model. `--check` and the tests ask for them.
 */

import type { Mm } from './context.js'
import { NR_LRU } from './lru.js'
import { lruOf } from './lruvec.js'
import { PG_BATCHED, PG_LRU, PG_RESIDENT, PG_SWAPBACKED, PG_SWAPCACHE, PTE_SWAP } from './page.js'

/**
 * Checks that
 * - in each zone free + per-CPU + resident pages + kernel-held = managed,
 * - each list is as long as the flags of the pages say, by zone and by memcg,
 * - the slots in use are those of swapped-out and swap-cache pages.
 *
 * Cost grows with the page indices in use.
 * @returns one line for each law that does not hold; empty when all do
 */
export function checkConservation(mm: Mm): string[] {
  const { pages, zones, memcgs } = mm
  const { flags, zone, memcg, slot, pte } = pages
  const out: string[] = []
  const resident = new Int32Array(zones.length)
  const byList = new Map<string, number>()
  let slots = 0
  for (let p = 0; p < pages.reach(); p++) {
    const f = flags[p]
    if (
      slot[p] >= 0 &&
      ((f & PG_SWAPBACKED && f & PG_SWAPCACHE) || pte[p] & PTE_SWAP || mm.swapfile.heldByEntry(slot[p]))
    )
      slots++
    if (!(f & PG_RESIDENT)) {
      if (f & (PG_LRU | PG_BATCHED)) out.push(`page ${p} is on a list but not resident (flags ${f.toString(16)})`)
      continue
    }
    resident[zone[p]]++
    if (f & PG_LRU) {
      const key = `${memcg[p]}/${zone[p]}/${lruOf(f)}`
      byList.set(key, (byList.get(key) ?? 0) + 1)
    } else if (!(f & PG_BATCHED)) out.push(`page ${p} is resident and on no list (flags ${f.toString(16)})`)
  }
  for (const z of zones) {
    const sum = z.free + z.pcpTotal() + resident[z.id] + z.kernelHeld
    if (sum !== z.managed) {
      out.push(
        `zone ${z.node.id}/${z.name}: free ${z.free} + pcp ${z.pcpTotal()} + pages ${resident[z.id]} + kernel ${z.kernelHeld} = ${sum}, managed ${z.managed}`,
      )
    }
    if (z.free < 0) out.push(`zone ${z.node.id}/${z.name}: free ${z.free}`)
  }
  for (const m of memcgs) {
    if (!m) continue
    for (const z of zones) {
      const vec = m.lruvecs[mm.zoneNode[z.id]]
      for (let lru = 0; lru < NR_LRU; lru++) {
        const counted = vec.nrZone[z.index * NR_LRU + lru]
        const flagged = byList.get(`${m.id}/${z.id}/${lru}`) ?? 0
        if (counted !== flagged) {
          out.push(`memcg ${m.path} zone ${z.name} list ${lru}: ${counted} counted, ${flagged} pages say so`)
        }
      }
    }
    for (const vec of m.lruvecs) {
      for (let lru = 0; lru < NR_LRU; lru++) {
        let n = 0
        for (const _ of vec.lists[lru]) n++
        if (n !== vec.lists[lru].nr) out.push(`memcg ${m.path} list ${lru}: length ${vec.lists[lru].nr}, walked ${n}`)
      }
    }
  }
  const census = mm.swapfile.census()
  if (census.used !== slots) out.push(`swap: ${census.used} slots in use, ${slots} pages hold one`)
  if (census.used + census.cached + mm.swapfile.nrFree() !== mm.swapfile.total) {
    out.push(
      `swap: used ${census.used} + cached ${census.cached} + free ${mm.swapfile.nrFree()} is not ${mm.swapfile.total}`,
    )
  }
  return out
}
