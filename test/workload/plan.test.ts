import { describe, expect, it } from 'vitest'
import { capacityOf } from '../../src/workload/capacity.js'
import { occupy } from '../../src/workload/occupy.js'
import { planDemand } from '../../src/workload/plan.js'
import { machine, samplesOf, total } from './helpers.js'

const m = machine()
const c = capacityOf(m.config)
const zeros = (n: number) => new Array<number>(n).fill(0)
/** What the synthetic processes fault in by themselves when they start is not demand. */
const debt = (processes: number) => processes * m.config.process.spawnMinorFaults

describe('anonymous memory', () => {
  it('is first touches less what was given back', () => {
    const plan = planDemand(samplesOf({ pgfault: [5000, 1000, 0], pgfree: [0, 0, 0] }), m.config)
    expect(total(plan.heapGrow)).toBe(6000 - debt(2))
    expect(plan.heapPeak).toBe(6000 - debt(2))
    expect(total(plan.burstGrow)).toBe(0)
    expect(plan.faultShare).toBe(1)
  })

  it('that is given back within a minute passes, the rest lasts', () => {
    const pgfault = [8000, ...zeros(10), 5000, 0, 0, ...zeros(80)]
    const pgfree = [0, ...zeros(10), 0, 0, 5000, ...zeros(79), 3000]
    const plan = planDemand(samplesOf({ pgfault, pgfree }), m.config)
    expect(total(plan.heapGrow)).toBe(8000 - debt(2))
    expect(total(plan.burstGrow)).toBe(5000)
    expect(plan.burstShrink[13]).toBe(5000)
    expect(plan.heapShrink[93]).toBe(3000)
    expect(plan.burstPeak).toBe(5000)
  })

  it('comes and goes within an interval', () => {
    const plan = planDemand(samplesOf({ pgfault: [0, 9000, 9000], pgfree: [0, 9000, 9000] }), m.config)
    expect(total(plan.burstGrow)).toBe(total(plan.burstShrink))
    expect(total(plan.heapGrow)).toBe(0)
  })

  it('cannot be larger than memory: then faults took no pages', () => {
    const plan = planDemand(samplesOf({ pgfault: [c.free, c.free], pgfree: [0, 0] }), m.config)
    expect(plan.faultShare).toBeLessThan(0.5)
    expect(plan.heapPeak).toBeLessThan(c.free)
    expect(plan.heapPeak).toBeGreaterThan(0.9 * (c.free - c.low))
  })

  it('is not what the kernel frees of its own', () => {
    const plan = planDemand(samplesOf({ pgfault: [4000, 10, 10, 10], pgfree: [0, 50000, 50000, 50000] }), m.config)
    expect(plan.freeShare).toBeLessThan(0.05)
  })

  it('is followed where its size is recorded', () => {
    const samples = samplesOf({ pgfault: [100, 900, 900], pgfree: [0, 0, 0], nr_anon_pages: [5000, 5400, 5200] })
    const plan = planDemand(samples, m.config)
    const net = (i: number) => plan.heapGrow[i] + plan.burstGrow[i] - plan.heapShrink[i] - plan.burstShrink[i]
    expect(net(1) + net(2)).toBeCloseTo(200 - Math.max(0, debt(2) - 100), 0)
  })

  it('is what left free memory and is not cached, where faults are not counted', () => {
    const samples = samplesOf({
      nr_free_pages: [40000, 36000, 31000],
      cached: [1000, 2000, 2000],
      pgpgin: [0, 4000, 0],
    })
    const plan = planDemand(samples, m.config)
    expect(total(plan.heapGrow)).toBe(3000 + 5000 - debt(4))
  })

  it('frees that memory does not show are not believed', () => {
    // Full at the third interval and again at the last one: nothing can have been given back in between.
    const fill = c.free - c.high
    const samples = samplesOf({
      pgfault: [0, fill, 4000, 0, 4000],
      pgfree: [0, 0, 4000, 6000, 4000],
      pgscan_kswapd: [0, 0, 4000, 0, 4000],
      pgsteal: [0, 0, 4000, 0, 4000],
    })
    const plan = planDemand(samples, m.config)
    expect(total(plan.heapShrink) + total(plan.burstShrink)).toBeLessThan(6000)
  })
})

describe('memory in use before', () => {
  it('is what reclaim at work says', () => {
    const samples = samplesOf({
      pgpgin: [40000, 40000],
      pgfault: [0, 0],
      pgfree: [10000, 10000],
      pgscan_kswapd: [10000, 10000],
      pgsteal: [10000, 10000],
    })
    const plan = planDemand(samples, m.config)
    expect(plan.before).toBeGreaterThan(0.8 * (c.free - c.high))
    const config = occupy(m.config, plan.before, plan.anonBefore)
    const after = capacityOf(config)
    expect(c.free - after.free).toBeGreaterThan(0.99 * plan.before - 4)
    expect(c.free - after.free).toBeLessThanOrEqual(plan.before + 1)
    const listed = (n: (typeof config.nodes)[number]) => n.activeAnon + n.inactiveFile
    const before = m.config.nodes.reduce((a, n) => a + listed(n), 0)
    expect(config.nodes.reduce((a, n) => a + listed(n), 0) - before).toBe(c.free - after.free)
  })

  it('is what the first level says', () => {
    const samples = samplesOf({ pgfault: [0, 0], pgfree: [0, 0], nr_free_pages: [20000, 20000] })
    expect(planDemand(samples, m.config).before).toBeCloseTo(c.free - 20000, -1)
    expect(occupy(m.config, 0, 0)).toBe(m.config)
  })
})

describe('disk traffic', () => {
  it('is swapping as far as it is recorded', () => {
    const samples = samplesOf({ pgpgin: [4000], pgpgout: [800], pswpin: [300], pswpout: [150], pgmajfault: [400] })
    const plan = planDemand(samples, m.config)
    expect(plan.mapped[0]).toBe(100)
    expect(plan.read[0]).toBe(1000 - 300 - 100)
    expect(total(plan.write)).toBe(50)
  })

  it('is swapping as far as there were writes under reclaim, where it is not', () => {
    const columns = {
      pgpgin: [0, 0, 400],
      pgpgout: [0, 8000, 0],
      pgmajfault: [0, 0, 100],
      pgscan_kswapd: [0, 9000, 0],
      pgsteal: [0, 2000, 0],
      pgfault: [0, 0, 100],
      pgfree: [0, 2000, 0],
    }
    const plan = planDemand(samplesOf(columns), m.config)
    expect(plan.mapped[2]).toBe(0)
    expect(plan.read[2]).toBe(0)
    expect(total(plan.write)).toBeLessThan(10)
    const withoutSwap = planDemand(samplesOf(columns), machine('256M', '0').config)
    expect(withoutSwap.mapped[2]).toBe(100)
    expect(total(withoutSwap.write)).toBeCloseTo(2000, 6)
  })

  it('writes are made in the seconds before they reach the disk', () => {
    const plan = planDemand(samplesOf({ pgpgout: [...zeros(9), 4000] }), m.config)
    expect(total(plan.write)).toBeCloseTo(1000, 6)
    expect(plan.write[5]).toBeCloseTo(200, 6)
    expect(plan.write[4]).toBe(0)
  })

  it('counts steals once that a tool counted twice', () => {
    const columns = { pgscan_kswapd: [1000, 1000], pgfree: [1000, 1000], pgfault: [0, 0] }
    const twice = planDemand(samplesOf({ ...columns, pgsteal: [2000, 1990] }), m.config)
    expect([...twice.stolen]).toEqual([1000, 995])
    expect(twice.notes[0]).toMatch(/twice/)
    const once = planDemand(samplesOf({ ...columns, pgsteal: [1000, 995] }), m.config)
    expect([...once.stolen]).toEqual([1000, 995])
    expect(once.notes).toEqual([])
  })
})
