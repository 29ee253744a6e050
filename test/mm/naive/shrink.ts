/** Scanning in the plain model: what becomes of each page, and how many of each list are looked at. */

import type { NaiveMachine } from './machine.js'
import type { ListName, Page, Type } from './page.js'

/** What one call of reclaim carries along. */
export interface Call {
  kswapd: boolean
  goal: number
  priority: number
  reclaimed: number
  scanned: number
  forceDeactivate: boolean
  skippedDeactivate: boolean
}

/** What one round over the node decided beforehand, and what it met. */
export interface Round {
  deactivate: Record<Type, boolean>
  cost: Record<Type, number>
  trimCache: boolean
  tinyFile: boolean
  dirty: number
  unqueuedDirty: number
  congested: number
  writeback: number
  immediate: number
  taken: number
  fileTaken: number
}

export interface NodeFlags {
  writeback: boolean
  dirty: boolean
  congested: boolean
  failures: number
}

const CLUSTER = 32

export function inactiveIsLow(inactive: number, active: number): boolean {
  const gigabytes = Math.floor((inactive + active) / 262144)
  const ratio = gigabytes > 0 ? Math.floor(Math.sqrt(10 * gigabytes)) : 1
  return inactive * ratio < active
}

function take(m: NaiveMachine, name: ListName, n: number): Page[] {
  m.drain()
  return m.lists[name].splice(0, n)
}

export function shrinkActive(m: NaiveMachine, type: Type, n: number): void {
  const pages = take(m, `active_${type}`, n)
  m.count('pgrefill', pages.length)
  m.count('pgdeactivate', pages.length)
  for (const page of pages) {
    page.young = false
    page.active = false
    page.workingset = true
    m.listOf(page).push(page)
  }
}

type Fate = 'freed' | 'kept' | 'activated'

export function shrinkInactive(
  m: NaiveMachine,
  type: Type,
  n: number,
  call: Call,
  round: Round,
  flags: NodeFlags,
): number {
  const pages = take(m, `inactive_${type}`, n)
  const who = call.kswapd ? 'kswapd' : 'direct'
  m.count(`pgscan_${who}`, pages.length)
  m.count(`pgscan_${type}`, pages.length)
  if (pages.length === 0) return 0
  let written = 0
  const pageout = (page: Page): Fate => {
    page.reclaim = true
    written++
    m.count('nr_vmscan_write')
    if (page.type === 'anon') m.count('pswpout')
    m.startWrite(page)
    return 'kept'
  }
  const left: Page[] = []
  let freed = 0
  for (const page of pages) {
    call.scanned++
    const fate = fateOf(m, page, call, round, flags, pageout)
    if (fate === 'freed') {
      freed++
      continue
    }
    if (fate === 'activated') {
      // Swap is short: the slot of a page that is wanted goes.
      if (page.type === 'anon' && m.swapFull()) m.leaveSwapCache(page)
      page.active = true
      m.count('pgactivate')
    }
    left.push(page)
  }
  for (const page of left) {
    m.listOf(page).push(page)
    if (page.active) m.nonresidentAge++
  }
  m.count(`pgsteal_${who}`, freed)
  m.count(`pgsteal_${type}`, freed)
  m.noteCost(type, written)
  round.taken += pages.length
  if (type === 'file') round.fileTaken += pages.length
  return freed
}

function fateOf(
  m: NaiveMachine,
  page: Page,
  call: Call,
  round: Round,
  flags: NodeFlags,
  pageout: (page: Page) => Fate,
): Fate {
  if (page.type === 'file') {
    if (page.dirty || page.writeback) round.dirty++
    if (page.dirty && !page.writeback) round.unqueuedDirty++
    if (page.writeback && page.reclaim) round.congested++
  }
  if (page.writeback) {
    if (call.kswapd && page.reclaim && flags.writeback) round.immediate++
    else {
      page.reclaim = true
      round.writeback++
    }
    return 'activated'
  }
  const wasReferenced = page.referenced
  const accessed = page.mapped && page.young
  page.referenced = false
  page.young = false
  if (accessed) {
    page.referenced = true
    return wasReferenced ? 'activated' : 'kept'
  }
  if (page.type === 'anon' && !page.slot) {
    const slot = m.takeSlot()
    if (!slot) return 'activated'
    slot.byCache = page
    page.slot = slot
    page.dirty = true
  }
  if (page.mapped) {
    if (page.pteDirty) page.dirty = true
    page.mapped = page.pteDirty = page.writable = false
    page.swapEntry = true
    if (page.slot) page.slot.byEntry = page
  }
  if (page.dirty && page.type === 'anon') return pageout(page)
  if (page.dirty) {
    if (!(call.kswapd && page.reclaim && flags.dirty)) {
      m.count('nr_vmscan_immediate_reclaim')
      page.reclaim = true
      return 'activated'
    }
    return wasReferenced ? 'kept' : pageout(page)
  }
  page.shadow = { age: m.nonresidentAge, workingset: page.workingset }
  m.nonresidentAge++
  if (page.slot) page.slot.byCache = null
  m.release(page)
  return 'freed'
}

/** How many pages of each list to look at. */
export function scanTargets(m: NaiveMachine, call: Call, round: Round): Record<ListName, number> {
  const { lists, swappiness: s } = m
  const { anon: A, file: F } = round.cost
  const ap = Math.floor((s * (3 * (A + F) + 1)) / (2 * A + F + 1))
  const fp = Math.floor(((200 - s) * (3 * (A + F) + 1)) / (A + 2 * F + 1))
  const share = (type: Type, n: number): number => {
    if (m.freeSlots() === 0) return type === 'file' ? n : 0
    if (call.priority === 0 && s !== 0) return n
    if (round.tinyFile) return type === 'anon' ? n : 0
    if (round.trimCache) return type === 'file' ? n : 0
    return Math.floor((n * (type === 'anon' ? ap : fp)) / (ap + fp))
  }
  const out = {} as Record<ListName, number>
  for (const name of Object.keys(lists) as ListName[]) {
    out[name] = share(name.endsWith('anon') ? 'anon' : 'file', lists[name].length >> call.priority)
  }
  return out
}

export function shrinkLruvec(m: NaiveMachine, call: Call, round: Round, flags: NodeFlags): void {
  const target = scanTargets(m, call, round)
  const left = { ...target }
  const wholeTarget = !call.kswapd && call.priority === 12
  const order: ListName[] = ['inactive_anon', 'active_anon', 'inactive_file', 'active_file']
  let reclaimed = 0
  while (left.inactive_anon > 0 || left.active_file > 0 || left.inactive_file > 0) {
    for (const name of order) {
      const n = Math.min(left[name], CLUSTER)
      if (n === 0) continue
      left[name] -= n
      const type = name.endsWith('anon') ? 'anon' : 'file'
      if (name.startsWith('inactive')) reclaimed += shrinkInactive(m, type, n, call, round, flags)
      else if (round.deactivate[type]) shrinkActive(m, type, n)
      else call.skippedDeactivate = true
    }
    if (reclaimed < call.goal || wholeTarget) continue
    const rest = { anon: left.inactive_anon + left.active_anon, file: left.inactive_file + left.active_file }
    if (rest.anon === 0 || rest.file === 0) break
    const stop: Type = rest.file > rest.anon ? 'anon' : 'file'
    const go: Type = stop === 'anon' ? 'file' : 'anon'
    const whole = target[`inactive_${stop}`] + target[`active_${stop}`]
    const percent = Math.floor((rest[stop] * 100) / (whole + 1))
    left[`inactive_${stop}`] = left[`active_${stop}`] = 0
    for (const name of [`inactive_${go}`, `active_${go}`] as ListName[]) {
      const done = target[name] - left[name]
      left[name] = Math.max(0, Math.floor((target[name] * (100 - percent)) / 100) - done)
    }
  }
  call.reclaimed += reclaimed
  if (m.slots.length > 0 && inactiveIsLow(m.lists.inactive_anon.length, m.lists.active_anon.length))
    shrinkActive(m, 'anon', CLUSTER)
}
