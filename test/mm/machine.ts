/** Small machines for tests of the model: everything stated, nothing recorded. */

import type { MmConfig, NodeConfig, ZoneName } from '../../src/mm/config.js'
import { defaultSysctl, type Sysctl } from '../../src/mm/sysctl.js'
import { setupLowmemReserve, setupPerZoneWmarks, zoneBatchsize, zoneHighsize } from '../../src/mm/watermark.js'

export interface TestZone {
  node?: number
  name?: ZoneName
  managed: number
  /** Pages that the kernel itself holds: neither free nor on a list. */
  kernel?: number
}

export interface TestMachine {
  zones: TestZone[]
  cpus?: number
  minFreeKbytes?: number
  sysctl?: Partial<Sysctl>
  /** Swap, pages. */
  swap?: number
  swapSynchronous?: boolean
  swapRotational?: boolean
  /** Per-CPU lists of a single page: what is freed is free. */
  noPcp?: boolean
  /** Pages freed or allocated cost no time. */
  costs?: Partial<MmConfig['costs']>
  disk?: Partial<MmConfig['disk']>
  readaheadPages?: number
  faultAroundPages?: number
  vmaReadahead?: boolean
  process?: Partial<MmConfig['process']>
  /** Pages on the lists before anything happens, all of node 0. */
  seed?: Partial<Pick<NodeConfig, 'inactiveAnon' | 'activeAnon' | 'inactiveFile' | 'activeFile' | 'unevictable'>>
}

const NO_SEED = { inactiveAnon: 0, activeAnon: 0, inactiveFile: 0, activeFile: 0, unevictable: 0 }

export function testMachine(m: TestMachine): MmConfig {
  const shapes = m.zones.map((z) => ({ node: z.node ?? 0, name: z.name ?? ('Normal' as const), managed: z.managed }))
  const nodes = [...new Set(shapes.map((z) => z.node))]
  const cpus = m.cpus ?? 1
  const sysctl: Sysctl = {
    ...defaultSysctl(),
    'vm.min_free_kbytes': m.minFreeKbytes ?? 128,
    'vm.admin_reserve_kbytes': 0,
    'vm.user_reserve_kbytes': 0,
    // Random traces map more than there is; refusals have tests of their own.
    'vm.overcommit_memory': 1,
    ...m.sysctl,
  }
  const marks = setupPerZoneWmarks(shapes, sysctl['vm.min_free_kbytes'], sysctl['vm.watermark_scale_factor'])
  const reserve = setupLowmemReserve(shapes, sysctl['vm.lowmem_reserve_ratio'])
  const perNode = Math.max(1, Math.floor(cpus / nodes.length))
  const disk = { iops: 3000, bps: 60_000_000, latencyUs: 300, ...m.disk }
  return {
    nodes: nodes.map((node, k) => ({
      node,
      zones: m.zones.flatMap((z, i) => {
        if (shapes[i].node !== node) return []
        const batch = m.noPcp ? 1 : zoneBatchsize(z.managed)
        return {
          name: shapes[i].name,
          managed: z.managed,
          present: z.managed,
          // Pages of the lists come out of the largest zone of the first node.
          free: z.managed - (z.kernel ?? 0) - (i === largest(m.zones) ? seeded(m) : 0),
          pcpCount: 0,
          ...marks[i],
          protection: reserve[i],
          pcpBatch: batch,
          pcpHigh: m.noPcp ? 1 : zoneHighsize(marks[i].low, perNode, batch, 0, z.managed),
        }
      }),
      cpus: Array.from({ length: perNode }, (_, c) => k * perNode + c),
      distance: nodes.map((n) => (n === node ? 10 : 20)),
      slabReclaimable: 0,
      slabUnreclaimable: 0,
      ...NO_SEED,
      ...(k === 0 ? m.seed : {}),
    })),
    cpus,
    sysctl,
    swap: m.swap
      ? [
          {
            pages: m.swap,
            priority: -2,
            rotational: m.swapRotational ?? true,
            synchronous: m.swapSynchronous ?? false,
          },
        ]
      : [],
    disk,
    swapDisk: disk,
    readaheadPages: m.readaheadPages ?? 32,
    faultAroundPages: m.faultAroundPages ?? 1,
    vmaReadahead: m.vmaReadahead ?? true,
    costs: {
      touch: 0.5,
      minorFault: 12,
      readPage: 11,
      writePage: 14,
      scanPage: 2.5,
      kswapdWakeup: 500,
      ...m.costs,
    },
    process: { anonPages: 0, filePages: 0, shmemPages: 0, spawnMinorFaults: 0, kernelStackPages: 0, ...m.process },
    totalRam: m.zones.reduce((n, z) => n + z.managed, 0),
    profile: '6.1',
    hz: 250,
  }
}

/** No time passes but what is waited for. */
export const FREE_OF_COST = { touch: 0, minorFault: 0, readPage: 0, writePage: 0, scanPage: 0, kswapdWakeup: 0 }

function seeded(m: TestMachine): number {
  return Object.values(m.seed ?? {}).reduce((a, b) => a + (b ?? 0), 0)
}

function largest(zones: TestZone[]): number {
  const own = zones.map((z, i) => ((z.node ?? 0) === (zones[0].node ?? 0) ? [z.managed, i] : [-1, i]))
  return own.reduce((a, b) => (b[0] > a[0] ? b : a))[1]
}
