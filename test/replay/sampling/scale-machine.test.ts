/** Machines for a sample of the pages. */

import { describe, expect, test } from 'vitest'
import { machineFromJson } from '../../../src/machine/from-json.js'
import { resolveMachine } from '../../../src/machine/resolve.js'
import { autoEvery, MOST_PAGES, machinePages, sampleError } from '../../../src/replay/sampling/rate.js'
import { scaleMachine } from '../../../src/replay/sampling/scale-machine.js'

const server = resolveMachine({ options: { memory: '64G', swap: '8G', nodes: '2', cpus: '32' } }).config
const zonesOf = (config: typeof server) => config.nodes.flatMap(({ zones }) => zones)

describe('a machine for one page in so many', () => {
  test('is the machine itself for all of them', () => {
    expect(scaleMachine(server, 1)).toBe(server)
  })

  test.each([4, 16, 64])('of %i has that part of every size, marks included, to a page', (every) => {
    const small = scaleMachine(server, every)
    zonesOf(small).forEach((zone, i) => {
      const full = zonesOf(server)[i]
      for (const field of ['managed', 'present', 'free', 'min', 'low', 'high'] as const) {
        expect(Math.abs(zone[field] - full[field] / every)).toBeLessThan(1)
      }
      expect(zone.protection).toEqual(full.protection.map((pages) => Math.round(pages / every)))
      expect(zone.free).toBeLessThanOrEqual(zone.managed)
    })
    expect(small.swap[0].pages).toBe(Math.round(server.swap[0].pages / every))
    expect(small.totalRam).toBe(Math.round(server.totalRam / every))
  })

  test('takes as much longer over each page, and over each request, but not to wake kswapd', () => {
    const disk = { iops: 3000, bps: 60_000_000, latencyUs: 100, burstUs: 500 }
    const small = scaleMachine({ ...server, disk }, 16)
    expect(small.costs.scanPage).toBe(16 * server.costs.scanPage)
    expect(small.costs.minorFault).toBe(16 * server.costs.minorFault)
    expect(small.costs.kswapdWakeup).toBe(server.costs.kswapdWakeup)
    expect(small.disk).toEqual({ iops: 187.5, bps: 3_750_000, latencyUs: 1600, burstUs: 500 })
  })

  test('keeps ratios, windows, CPUs and processes', () => {
    const small = scaleMachine(server, 16)
    for (const field of ['cpus', 'readaheadPages', 'faultAroundPages', 'process', 'hz'] as const)
      expect(small[field]).toEqual(server[field])
    expect(small.sysctl['vm.swappiness']).toBe(60)
    expect(small.sysctl['vm.min_free_kbytes']).toBe(Math.round(server.sysctl['vm.min_free_kbytes'] / 16))
    expect(small.sysctl['vm.user_reserve_kbytes']).toBe(server.sysctl['vm.user_reserve_kbytes'])
  })

  test('has what was on the lists, and never more than its memory', () => {
    const description = machineFromJson(
      {
        zones: [
          {
            node: 0,
            zone: 'DMA32',
            managed: 48_773,
            free: 41,
            counters: { nr_inactive_file: 20_001, nr_active_anon: 19_999 },
          },
        ],
      },
      'test',
    )
    const { config } = resolveMachine({ machine: description })
    const [node] = scaleMachine(config, 16).nodes
    const listed = node.inactiveFile + node.activeAnon
    expect(listed).toBe(1250 + 1249)
    expect(node.zones[0].free + listed).toBeLessThanOrEqual(node.zones[0].managed)
  })
})

describe('how large a sample is', () => {
  test('auto keeps a million pages, and all of what has no more', () => {
    expect([0, 1, MOST_PAGES, MOST_PAGES + 1, 2 * MOST_PAGES, 2 ** 26].map(autoEvery)).toEqual([1, 1, 1, 2, 2, 64])
    expect(machinePages(server)).toBeGreaterThan(18 * 2 ** 20 * 0.95)
    expect(autoEvery(machinePages(server))).toBe(32)
  })

  test('the error grows as frames get fewer', () => {
    const errors = [4, 16, 64, 1024].map((every) => sampleError(server, every))
    expect(errors).toEqual([...errors].sort((a, b) => a - b))
    expect(errors[0]).toBeLessThan(0.04)
    expect(errors[3]).toBeGreaterThan(0.05)
  })
})
