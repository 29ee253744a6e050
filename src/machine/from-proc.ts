/**
 * A machine from copies of its /proc files: a directory with `zoneinfo` and `meminfo`, and where they are there `swaps`,
 * `version` and the output of `sysctl -a` (as `sysctl`, `sysctl.txt` or `sysctl-a`).
 */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { InputError } from '../base/errors.js'
import type { MachineDescription } from './machine.js'
import { parseProcSwaps } from './proc-swaps.js'
import { parseZoneinfo } from './zoneinfo.js'

const SYSCTL_FILES = ['sysctl', 'sysctl.txt', 'sysctl-a']

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (e) {
    throw new InputError(`cannot be read: ${(e as Error).message}`, {
      file: path,
      code: 'TM_INPUT_UNREADABLE',
      hint: 'a machine directory needs copies of /proc/zoneinfo and /proc/meminfo',
    })
  }
}

/** Values of /proc/meminfo by name; kB, except for counts such as HugePages_Total. */
export function parseMeminfo(text: string, file: string): Record<string, number> {
  const values: Record<string, number> = {}
  for (const line of text.split(/\r?\n/)) {
    const m = /^([^:\s]+):\s+(\d+)(?: kB)?\s*$/.exec(line)
    if (m) values[m[1]] = Number(m[2])
  }
  if (values.MemTotal === undefined) {
    throw new InputError('not a copy of /proc/meminfo', { file, expected: 'a line MemTotal: … kB', code: 'TM_MACHINE' })
  }
  return values
}

/** Values by name from the output of `sysctl -a`; lines that are no settings (messages of sysctl) are passed over. */
export function parseSysctlList(text: string): Record<string, string> {
  const values: Record<string, string> = {}
  for (const line of text.split(/\r?\n/)) {
    const m = /^([\w./-]+)\s*=\s*(.*)$/.exec(line)
    if (m) values[m[1]] = m[2].trim()
  }
  return values
}

/**
 * Reads a directory of /proc files.
 *
 * @throws InputError when zoneinfo or meminfo is missing, or a file is not what its name says
 */
export function readMachineProc(directory: string): MachineDescription {
  const path = (name: string) => join(directory, name)
  const optional = (name: string) => (existsSync(path(name)) ? read(path(name)) : undefined)
  const zones = parseZoneinfo(read(path('zoneinfo')), path('zoneinfo'))
  const meminfo = parseMeminfo(read(path('meminfo')), path('meminfo'))
  const swaps = optional('swaps')
  const sysctl = SYSCTL_FILES.map(optional).find((text) => text !== undefined)
  return {
    source: directory,
    kernel: optional('version')?.trim(),
    zones,
    meminfo,
    swaps: swaps === undefined ? undefined : parseProcSwaps(swaps, path('swaps')),
    sysctl: sysctl === undefined ? undefined : parseSysctlList(sysctl),
  }
}
