/** Reports samples of the whole machine: levels as they are, counters as they changed since the sample before. */

import type { Mm } from '../mm/context.js'
import type { Pressure } from './pressure.js'
import type { ReplaySink } from './records.js'
import { readCounters, readLevels, readZones } from './sampler.js'

export class Intervals {
  /** When the last sample was taken, µs. */
  last = 0
  private counters: Float64Array
  private psi = { some: 0, full: 0 }

  constructor(
    private readonly mm: Mm,
    private readonly sink: ReplaySink,
    private readonly pressure: Pressure,
  ) {
    this.counters = new Float64Array(mm.vm.length)
  }

  /** @param now µs */
  report(now: number): void {
    const { mm, sink } = this
    const t = now / 1e6
    const psi = this.pressure.totals(now)
    const counters = readCounters(mm, this.counters)
    counters.psi_some_us = psi.some - this.psi.some
    counters.psi_full_us = psi.full - this.psi.full
    this.psi = psi
    sink.interval({ t, dt: (now - this.last) / 1e6, levels: readLevels(mm), counters })
    for (const z of readZones(mm, t)) sink.zoneInterval(z)
    this.counters = mm.vm.slice()
    this.last = now
  }
}
