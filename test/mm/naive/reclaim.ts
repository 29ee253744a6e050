/** Reclaim in the plain model: one round over the node, a direct reclaim, a run of kswapd. */

import type { NaiveMachine } from './machine.js'
import { type Call, inactiveIsLow, type NodeFlags, type Round, shrinkActive, shrinkLruvec } from './shrink.js'

export class NaiveReclaim {
  readonly flags: NodeFlags = { writeback: false, dirty: false, congested: false, failures: 0 }

  constructor(private readonly m: NaiveMachine) {}

  newCall(kswapd: boolean, goal: number, priority = 12): Call {
    return { kswapd, goal, priority, reclaimed: 0, scanned: 0, forceDeactivate: false, skippedDeactivate: false }
  }

  private decide(call: Call): Round {
    const { m } = this
    const { lists, activations, snapshot, marks } = m
    const low = (type: 'anon' | 'file') =>
      inactiveIsLow(lists[`inactive_${type}`].length, lists[`active_${type}`].length)
    const bit = (type: 'anon' | 'file') => call.forceDeactivate || activations[type] !== snapshot[type] || low(type)
    const deactivate = { anon: bit('anon'), file: bit('file') }
    const file = lists.inactive_file.length + lists.active_file.length
    return {
      deactivate,
      cost: { ...m.cost },
      trimCache: lists.inactive_file.length >> call.priority > 0 && !deactivate.file,
      tinyFile: file + m.free <= marks.high && !deactivate.anon && lists.inactive_anon.length >> call.priority > 0,
      ...{ dirty: 0, unqueuedDirty: 0, congested: 0, writeback: 0, immediate: 0, taken: 0, fileTaken: 0 },
    }
  }

  shrinkNode(call: Call): void {
    const { m, flags } = this
    const before = call.reclaimed
    const round = this.decide(call)
    shrinkLruvec(m, call, round, flags)
    if (call.kswapd) {
      if (round.writeback > 0 && round.writeback === round.taken) flags.writeback = true
      if (round.unqueuedDirty === round.fileTaken) flags.dirty = true
      // Asleep until writes have ended.
      if (round.immediate > 0) m.finishWrites(true)
      if (round.dirty > 0 && round.dirty === round.congested) flags.congested = true
    } else if (flags.congested && !this.neverWait()) m.finishWrites()
    if (call.reclaimed > before) flags.failures = 0
  }

  /** Waiting for writes is pointless: few pages are being written, or kswapd has given up. */
  private neverWait(): boolean {
    const { lists } = this.m
    let reclaimable = lists.inactive_file.length + lists.active_file.length
    if (this.m.freeSlots() > 0) reclaimable += lists.inactive_anon.length + lists.active_anon.length
    return this.flags.failures >= 16 || 2 * this.m.writePending() <= reclaimable
  }

  private snapshot(): void {
    Object.assign(this.m.snapshot, this.m.activations)
  }

  direct(): number {
    const call = this.newCall(false, 32)
    for (;;) {
      this.m.count('allocstall')
      for (call.priority = 12; call.priority >= 0; call.priority--) {
        call.scanned = 0
        this.shrinkNode(call)
        const progress = call.reclaimed > call.scanned / 8
        if (!progress && call.priority === 1 && call.reclaimed === 0 && !this.neverWait()) this.m.finishWrites()
        if (call.reclaimed >= call.goal) break
      }
      this.snapshot()
      if (call.reclaimed > 0 || !call.skippedDeactivate) return call.reclaimed
      call.forceDeactivate = true
      call.skippedDeactivate = false
    }
  }

  balanced(): boolean {
    return this.m.free > this.m.marks.high
  }

  /** Woken, until it is asleep again. */
  kswapd(): void {
    const { m, flags } = this
    for (;;) {
      this.balance()
      if (flags.failures < 16 && !this.balanced()) {
        m.count('kswapd_high_wmark_hit_quickly')
        continue
      }
      this.clearFlags()
      // A nap, in which writes end.
      m.finishWrites()
      this.clearFlags()
      return
    }
  }

  private clearFlags(): void {
    const { flags } = this
    if (flags.failures < 16) flags.writeback = flags.dirty = flags.congested = false
  }

  private balance(): void {
    const { m } = this
    m.count('pageoutrun')
    const call = this.newCall(true, Math.max(m.marks.high, 32))
    while (call.priority >= 1) {
      if (this.balanced()) {
        this.snapshot()
        return
      }
      if (m.slots.length > 0 && inactiveIsLow(m.lists.inactive_anon.length, m.lists.active_anon.length))
        shrinkActive(m, 'anon', 32)
      const before = call.reclaimed
      call.scanned = 0
      this.shrinkNode(call)
      if (call.scanned < call.goal || call.reclaimed === before) call.priority--
    }
    if (call.reclaimed === 0) this.flags.failures++
    this.snapshot()
  }
}
