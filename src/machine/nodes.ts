/** Nodes: CPUs, distances and what their lists and slabs hold when the trace starts. */
import type { NodeConfig } from '../mm/config.js'
import { bootUse } from './defaults.js'
import type { MachineDescription, MachineZone } from './machine.js'
import type { NodeZone } from './zones.js'

/** `0-3,8` as /sys prints CPU lists. */
function parseCpuList(text: string): number[] {
  const cpus: number[] = []
  for (const part of text.trim().split(',')) {
    const m = /^(\d+)(?:-(\d+))?$/.exec(part.trim())
    if (!m) continue
    for (let cpu = Number(m[1]); cpu <= Number(m[2] ?? m[1]); cpu++) cpus.push(cpu)
  }
  return cpus
}

/** CPUs of the machine: as stated, else as many as the zones have per-CPU lists for, else one a node, at least two. */
export function countCpus(m: MachineDescription, nodes: number): number {
  if (m.cpus !== undefined) return m.cpus
  const listed = Math.max(0, ...(m.zones ?? []).flatMap((z) => (z.pagesets ?? []).map((p) => p.cpu + 1)))
  return listed > 0 ? listed : Math.max(2, nodes)
}

/** CPUs by node: as sysfs says, else split evenly in order, the first nodes getting one more. */
export function cpusByNode(m: MachineDescription, numbers: readonly number[], cpus: number): Map<number, number[]> {
  const out = new Map<number, number[]>()
  const all = Array.from({ length: cpus }, (_, i) => i)
  numbers.forEach((node, i) => {
    const stated = m.sysfs?.[`/sys/devices/system/node/node${node}/cpulist`]
    const from = Math.floor(cpus / numbers.length) * i + Math.min(i, cpus % numbers.length)
    const count = Math.floor(cpus / numbers.length) + (i < cpus % numbers.length ? 1 : 0)
    out.set(node, stated === undefined ? all.slice(from, from + count) : parseCpuList(stated))
  })
  return out
}

/** Distances as sysfs says, else 10 to itself and 20 to others. Indexed by node number. */
function distances(m: MachineDescription, node: number, numbers: readonly number[]): number[] {
  const text = m.sysfs?.[`/sys/devices/system/node/node${node}/distance`]
  const stated = text?.trim().split(/\s+/).map(Number)
  const out: number[] = new Array(Math.max(...numbers) + 1).fill(20)
  numbers.forEach((other, i) => {
    out[other] = stated?.[i] ?? (other === node ? 10 : 20)
  })
  return out
}

/**
 * Sum of a counter over the zones of a node. Node counters stand in the node's first zone, so the sum is theirs; kernels
 * before 4.8 count by zone.
 */
function counter(zones: readonly MachineZone[], node: number, ...names: string[]): number | undefined {
  for (const name of names) {
    const values = zones.filter((z) => z.node === node).map((z) => z.counters?.[name])
    const known = values.filter((v): v is number => v !== undefined)
    if (known.length > 0)
      return Math.max(
        0,
        known.reduce((a, b) => a + b, 0),
      )
  }
  return undefined
}

export function buildNodes(
  m: MachineDescription,
  recorded: readonly MachineZone[],
  zones: readonly NodeZone[],
  cpus: ReadonlyMap<number, number[]>,
): NodeConfig[] {
  const numbers = [...cpus.keys()]
  const managedOf = (node: number) => zones.filter((z) => z.node === node).reduce((sum, z) => sum + z.managed, 0)
  const managed = zones.reduce((sum, z) => sum + z.managed, 0)
  const boot = bootUse(managed, numbers.length)
  return numbers.map((node) => {
    const share = (pages: number) => Math.floor((pages * managedOf(node)) / managed)
    const level = (name: string) => counter(recorded, node, name) ?? 0
    const slab = (name: string, estimate: number) => counter(recorded, node, name) ?? share(estimate)
    return {
      node,
      zones: zones.filter((z) => z.node === node).map(({ node: _, ...zone }) => zone),
      cpus: cpus.get(node) ?? [],
      distance: distances(m, node, numbers),
      slabReclaimable: slab('nr_slab_reclaimable', boot.slabReclaimable),
      slabUnreclaimable: slab('nr_slab_unreclaimable', boot.slabUnreclaimable),
      inactiveAnon: level('nr_inactive_anon'),
      activeAnon: level('nr_active_anon'),
      inactiveFile: level('nr_inactive_file'),
      activeFile: level('nr_active_file'),
      unevictable: level('nr_unevictable'),
      anonPages: level('nr_anon_pages'),
      mapped: level('nr_mapped'),
      filePages: level('nr_file_pages'),
      shmem: level('nr_shmem'),
      pageTablePages: level('nr_page_table_pages'),
      kernelStackKb: level('nr_kernel_stack'),
    }
  })
}
