/** The `machine` object in the header of an allocation trace. */
import { Fields } from './json-fields.js'
import type { MachineDescription } from './machine.js'
import { readSettings } from './settings-fields.js'

/** Defaults of the trace format, for headers that state a machine: no huge pages, a mapped-file fault maps one page. */
const TRACE_THP = 'never'
const TRACE_FAULT_AROUND = 4096
/** Name under which the format writes the swap disk's queue flag, and where a machine file shows it. */
const WRITE_ROTATIONAL = '/swapq/rotational'
const SYSFS_ROTATIONAL = 'disk/labswap/rotational'

/**
 * Reads the header's `machine`.
 *
 * @param source path of the trace, for messages
 * @throws InputError naming trace and field for a wrong type
 */
export function machineFromTrace(machine: Record<string, unknown>, source: string): MachineDescription {
  const f = Fields.of(source, machine, 'machine')
  const settings = readSettings(f)
  const rotational = f.strings('write')?.[WRITE_ROTATIONAL]
  const described: MachineDescription = {
    ...settings,
    source: `header of ${source}`,
    sysfs: rotational === undefined ? undefined : { [SYSFS_ROTATIONAL]: rotational.trim() },
  }
  if (settings.memoryKb === undefined) return described
  return {
    ...described,
    thp: settings.thp ?? TRACE_THP,
    faultAroundBytes: settings.faultAroundBytes ?? TRACE_FAULT_AROUND,
  }
}
