/**
 * Pages that are on the LRU lists before the trace begins: memory of processes and caches nobody in the trace knows.
 */

import type { Mm } from './context.js'
import {
  CHUNK_MASK,
  CHUNK_SHIFT,
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

/**
 * Anonymous pages outside of the trace that are taken to be in constant use: what records, logs and answers on a machine
 * at work. Memory beyond it is taken to be idle.
 */
const IN_USE_PAGES = 1024

/** Puts the pages that the configuration names on the lists, in the nodes' largest zones. */
export function seedResidents(mm: Mm): void {
  const { pages, config } = mm
  const total = (pick: (n: (typeof config.nodes)[number]) => number): number =>
    config.nodes.reduce((sum, n) => sum + pick(n), 0)
  const anon = total((n) => n.inactiveAnon + n.activeAnon + n.unevictable)
  const file = total((n) => n.inactiveFile + n.activeFile)
  if (anon + file === 0) return

  const inUse = Math.ceil(IN_USE_PAGES / (config.pageScale ?? 1))
  // Owned by a task that is not in the trace and cannot be killed.
  const owner = new Task(-100, 1, 'system', mm.rootMemcg, 0, 0, -1000, true)
  const cold = new Vma(mm.vmas.length, owner, 'anon', Math.max(1, anon), null)
  mm.vmas.push(cold)
  const hot = new Vma(mm.vmas.length, owner, 'anon', inUse, null)
  hot.alwaysYoung = true
  mm.vmas.push(hot)
  const cache = new AddressSpace(mm.files.length, '(before the trace)', file)
  mm.files.push(cache)
  const metadata = new AddressSpace(mm.files.length, '(file-system metadata)', file)
  metadata.pinned = true
  mm.files.push(metadata)

  let nextAnon = 0
  let nextHot = 0
  let nextFile = 0
  let nextPinned = 0
  const add = (node: number, isFile: boolean, flagBits: number): void => {
    const zone = [...mm.nodes[node].zones].sort((a, b) => b.managed - a.managed)[0]
    const isHot = !isFile && !(flagBits & PG_UNEVICTABLE) && nextHot < inUse
    const isPinned = isFile && nextPinned < (config.pinnedFilePages ?? 0)
    const vma = isHot ? hot : cold
    const space = isPinned ? metadata : cache
    const at = isFile ? (isPinned ? nextPinned++ : nextFile++) : isHot ? nextHot++ : nextAnon++
    const chunks = isFile ? space.chunks : vma.chunks
    const c = at >> CHUNK_SHIFT
    if (isFile && space.chunks.length <= c) space.chunks.push(-1)
    if (chunks[c] < 0) chunks[c] = pages.allocChunk(isFile ? space.id : vma.id, c << CHUNK_SHIFT)
    const page = chunks[c] + (at & CHUNK_MASK)
    pages.zone[page] = zone.id
    pages.memcg[page] = 0
    pages.flags[page] = PG_RESIDENT | flagBits
    mm.lru.putOnList(page)
    if (isFile) {
      space.nrCached++
    } else {
      // Every mapped page has been accessed since it was last looked at: at the latest when it was mapped.
      pages.pte[page] = PTE_PRESENT | PTE_YOUNG | PTE_DIRTY | PTE_WRITE
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
