/**
 * Pages that are on the LRU lists before the trace begins: memory of processes and caches nobody in the trace knows.
 */

import type { Mm } from './context.js'
import {
  CHUNK_MASK,
  CHUNK_PAGES,
  PG_ACTIVE,
  PG_ANON,
  PG_REFERENCED,
  PG_RESIDENT,
  PG_SWAPBACKED,
  PG_UNEVICTABLE,
  PTE_DIRTY,
  PTE_PRESENT,
  PTE_WRITE,
  PTE_YOUNG,
} from './page.js'
import { AddressSpace, Task, Vma } from './task.js'
import { NR_NODE_STATS, NS } from './vmstat.js'

/** Puts the pages that the configuration names on the lists, in the nodes' largest zones. */
export function seedResidents(mm: Mm): void {
  const { pages, config } = mm
  const total = (pick: (n: (typeof config.nodes)[number]) => number): number =>
    config.nodes.reduce((sum, n) => sum + pick(n), 0)
  const anon = total((n) => n.inactiveAnon + n.activeAnon + n.unevictable)
  const file = total((n) => n.inactiveFile + n.activeFile)
  if (anon + file === 0) return

  // Owned by a task that is not in the trace and cannot be killed.
  const owner = new Task(-100, 1, 'system', mm.rootMemcg, 0, 0, -1000, true)
  const vma = new Vma(mm.vmas.length, owner, 'anon', Math.max(1, anon), null)
  mm.vmas.push(vma)
  const space = new AddressSpace(mm.files.length, '(before the trace)', file)
  mm.files.push(space)

  let nextAnon = 0
  let nextFile = 0
  const add = (node: number, isFile: boolean, flagBits: number): void => {
    const zone = [...mm.nodes[node].zones].sort((a, b) => b.managed - a.managed)[0]
    const at = isFile ? nextFile++ : nextAnon++
    const chunks = isFile ? space.chunks : vma.chunks
    const c = at >> 9
    if (isFile && space.chunks.length <= c) {
      space.chunks.push(-1)
      space.chunkDirty.push(0)
    }
    if (chunks[c] < 0) {
      const base = pages.allocChunk()
      chunks[c] = base
      for (let k = 0; k < CHUNK_PAGES; k++) {
        pages.mapping[base + k] = isFile ? space.id : vma.id
        pages.index[base + k] = (c << 9) + k
      }
    }
    const page = chunks[c] + (at & CHUNK_MASK)
    pages.zone[page] = zone.id
    pages.memcg[page] = 0
    pages.flags[page] = PG_RESIDENT | flagBits
    mm.lru.putOnList(page)
    const stat = node * NR_NODE_STATS
    if (isFile) {
      mm.ns[stat + NS.filePages]++
      space.nrCached++
    } else {
      // Every mapped page has been accessed since it was last looked at: at the latest when it was mapped.
      pages.pte[page] = PTE_PRESENT | PTE_YOUNG | PTE_DIRTY | PTE_WRITE
      mm.ns[stat + NS.anonPages]++
      owner.rssAnon++
    }
  }

  config.nodes.forEach((n, node) => {
    for (let i = 0; i < n.unevictable; i++) add(node, false, PG_ANON | PG_SWAPBACKED | PG_UNEVICTABLE)
    for (let i = 0; i < n.inactiveAnon; i++) add(node, false, PG_ANON | PG_SWAPBACKED)
    for (let i = 0; i < n.activeAnon; i++) add(node, false, PG_ANON | PG_SWAPBACKED | PG_ACTIVE)
    for (let i = 0; i < n.inactiveFile; i++) add(node, true, 0)
    for (let i = 0; i < n.activeFile; i++) add(node, true, PG_ACTIVE | PG_REFERENCED)
  })
}
