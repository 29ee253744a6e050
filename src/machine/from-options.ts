/** A machine from the command line: `--memory 16G --swap 4G --nodes 2 --cpus 8`. */
import { UsageError } from '../base/errors.js'
import type { MachineDescription } from './machine.js'
import { parseSizeKb } from './size.js'

export interface MachineOptions {
  /** Size of RAM, `16G`. */
  memory?: string
  /** Size of the swap device, `4G`; 0 or missing = none. */
  swap?: string
  nodes?: string | number
  cpus?: string | number
}

function count(value: string | number | undefined, option: string, max: number): number | undefined {
  if (value === undefined) return undefined
  const n = Number(value)
  if (!Number.isInteger(n) || n < 1 || n > max) {
    throw new UsageError(`${option}: ${JSON.stringify(String(value))} is not a whole number from 1 to ${max}`)
  }
  return n
}

/**
 * Describes the machine the options ask for. What they do not state stays open.
 *
 * @throws UsageError for a value that is no size or count
 */
export function machineFromOptions(o: MachineOptions): MachineDescription {
  return {
    source: o.memory === undefined ? 'defaults' : `--memory ${o.memory}`,
    memoryKb: o.memory === undefined ? undefined : parseSizeKb(o.memory, '--memory'),
    swapKb: o.swap === undefined ? undefined : parseSizeKb(o.swap, '--swap'),
    nodes: count(o.nodes, '--nodes', 1024),
    cpus: count(o.cpus, '--cpus', 8192),
  }
}
