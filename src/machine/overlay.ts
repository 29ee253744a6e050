/** Laying one description over another: what the upper one states wins, what it leaves open comes from the lower. */
import type { MachineDescription } from './machine.js'

/** Fields that describe the machine itself; they go together, a mix of two machines would be neither. */
const MEMORY = [
  'kernel',
  'memoryKb',
  'zones',
  'meminfo',
  'nodes',
  'cpus',
  'sysfs',
  'thp',
  'lruGen',
  'faultAroundBytes',
] as const
const SWAP = ['swaps', 'swapKb'] as const

export function statesMemory(m: MachineDescription): boolean {
  return m.zones !== undefined || m.memoryKb !== undefined || m.meminfo?.MemTotal !== undefined
}

function statesSwap(m: MachineDescription): boolean {
  return m.swaps !== undefined || m.swapKb !== undefined || m.meminfo?.SwapTotal !== undefined
}

/** A copy of `o` without its undefined fields, so that spreading it hides nothing. */
export function definedFields<T extends object>(o: T): Partial<T> {
  return Object.fromEntries(Object.entries(o).filter(([, v]) => v !== undefined)) as Partial<T>
}

/** `upper` over `lower`. Sysctls, files, costs and limits merge by name; memory and swap are taken from one side. */
export function overlay(upper: MachineDescription, lower: MachineDescription): MachineDescription {
  const below: MachineDescription = { ...lower }
  if (statesMemory(upper)) for (const key of MEMORY) delete below[key]
  if (statesSwap(upper)) for (const key of SWAP) delete below[key]
  const both = { ...below, ...definedFields(upper) }
  for (const key of ['sysctl', 'sysfs', 'files', 'costsUs', 'process', 'disk', 'swapDisk'] as const) {
    if (below[key] && upper[key]) Object.assign(both, { [key]: { ...below[key], ...definedFields(upper[key]) } })
  }
  if (statesMemory(lower) && !statesMemory(upper)) both.source = `${lower.source}, ${upper.source}`
  return both
}
