/** Sysctls in force: defaults, then what a machine had, then what `--set` changes. */
import { InputError, UsageError } from '../base/errors.js'
import { defaultSysctl, isSysctlName, parseSysctl, SYSCTLS, type Sysctl, type SysctlName } from '../mm/sysctl.js'
import { compareReleases } from './kernel-release.js'
import { nearestName } from './nearest.js'

/** Of each pair only one is in force: writing one zeroes the other. */
const PAIRS: readonly (readonly [SysctlName, SysctlName])[] = [
  ['vm.dirty_ratio', 'vm.dirty_bytes'],
  ['vm.dirty_background_ratio', 'vm.dirty_background_bytes'],
  ['vm.overcommit_ratio', 'vm.overcommit_kbytes'],
]
/** Smallest fraction that vm.percpu_pagelist_high_fraction takes beside 0. */
const MIN_FRACTION = 8
const NAMES = Object.keys(SYSCTLS) as SysctlName[]

function partner(name: SysctlName): SysctlName | undefined {
  for (const [a, b] of PAIRS) {
    if (name === a) return b
    if (name === b) return a
  }
  return undefined
}

export function sameValue(a: number | number[], b: number | number[]): boolean {
  return String(a) === String(b)
}

function write(sysctl: Sysctl, name: SysctlName, value: number | number[]): void {
  const values = sysctl as unknown as Record<string, number | number[]>
  const other = partner(name)
  if (other && !sameValue(values[name], value)) values[other] = 0
  values[name] = value
}

/** What a release refuses although the name and the number are all right; undefined where it takes the value. */
function refused(name: SysctlName, value: number | number[], release: string): string | undefined {
  if (name === 'vm.swappiness' && compareReleases(release, '5.8') < 0 && Number(value) > 100) {
    return `a whole number from 0 to 100 (Linux ${release})`
  }
  if (name === 'vm.watermark_scale_factor' && compareReleases(release, '5.17') < 0 && Number(value) > 1000) {
    return `a whole number from 1 to 1000 (Linux ${release})`
  }
  if (name === 'vm.percpu_pagelist_high_fraction' && Number(value) > 0 && Number(value) < MIN_FRACTION) {
    return `0 or a whole number from ${MIN_FRACTION}`
  }
  return undefined
}

/** The defaults, with what a machine had on top. Names the model does not know are passed over. */
export function machineSysctl(recorded: Record<string, string> | undefined, source: string): Sysctl {
  const sysctl = defaultSysctl()
  for (const [name, text] of Object.entries(recorded ?? {})) {
    if (!isSysctlName(name)) continue
    const value = parseSysctl(name, text)
    if (typeof value === 'object' && 'expected' in value) {
      throw new InputError(`bad value of sysctl[${JSON.stringify(name)}]`, {
        file: source,
        expected: value.expected,
        found: text,
        code: 'TM_MACHINE',
      })
    }
    write(sysctl, name, value)
  }
  return sysctl
}

/**
 * Reads one `--set` value.
 *
 * @throws UsageError for an unknown name (with the nearest one) and for a value out of range (with the range)
 */
export function parseSetting(
  name: string,
  text: string,
  release: string,
): { name: SysctlName; value: number | number[] } {
  if (!isSysctlName(name)) {
    const near = nearestName(name, NAMES) ?? nearestName(`vm.${name}`, NAMES)
    throw new UsageError(`--set ${name}: unknown setting`, near === undefined ? undefined : `did you mean ${near}?`)
  }
  const list = Array.isArray(SYSCTLS[name].default)
  const value = parseSysctl(name, list ? text.replaceAll(',', ' ') : text)
  const wrong = typeof value === 'object' && 'expected' in value ? value.expected : refused(name, value, release)
  if (wrong !== undefined) throw new UsageError(`--set ${name}=${text}: expected ${wrong}`)
  return { name, value: value as number | number[] }
}

/** Writes the `--set` values into `sysctl`, in order; returns the names whose value changed. */
export function applySettings(sysctl: Sysctl, set: Record<string, string>, release: string): Set<SysctlName> {
  const before = { ...sysctl }
  for (const [name, text] of Object.entries(set)) {
    const setting = parseSetting(name, text, release)
    write(sysctl, setting.name, setting.value)
  }
  return new Set(NAMES.filter((name) => !sameValue(before[name], sysctl[name])))
}

/** Every sysctl by name, as text; lists with blanks between the numbers. */
export function printSettings(sysctl: Sysctl): Record<string, string> {
  return Object.fromEntries(NAMES.map((name) => [name, [sysctl[name]].flat().join(' ')]))
}
