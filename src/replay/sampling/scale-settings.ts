/** Settings in bytes and kilobytes, as a machine of a fraction of the size has them. */

import { parseBytes } from '../../mm/memcg.js'
import { parseSysctl, type Sysctl, type SysctlName } from '../../mm/sysctl.js'

type Values = Record<string, number | string>

/**
 * Sysctls that name an amount of memory reclaim works with. What overcommit accounting reads is not among them: it
 * reckons with the sizes that processes ask for.
 */
const AMOUNTS: readonly SysctlName[] = ['vm.min_free_kbytes', 'vm.dirty_bytes', 'vm.dirty_background_bytes']
/** Files of a cgroup that name an amount of memory. */
const LIMITS = /^memory\.(?:max|high|low|min|swap\.max|swap\.high)$/

/** An amount for a machine of 1/`every` of the size; one that is set stays set. */
const part = (amount: number, every: number): number => (amount > 0 ? Math.max(1, Math.round(amount / every)) : amount)

/** What a trace writes to sysctls. A value that is none is left for the replay to refuse. */
export function scaledSysctl(set: Values, every: number): Values {
  return scaled(set, (name, value) => {
    if (!(AMOUNTS as readonly string[]).includes(name)) return value
    const parsed = parseSysctl(name as SysctlName, value)
    return typeof parsed === 'number' ? part(parsed, every) : value
  })
}

/** What a trace writes to the files of a cgroup. */
export function scaledCgroup(set: Values, every: number): Values {
  return scaled(set, (name, value) => {
    const text = String(value).trim()
    return LIMITS.test(name) && text !== 'max' ? Math.round(parseBytes(text) / every) : value
  })
}

/** The sysctls in force when a replay begins. */
export function scaledSysctls(sysctl: Sysctl, every: number): Sysctl {
  const amounts = AMOUNTS.map((name) => [name, part(sysctl[name] as number, every)])
  return { ...sysctl, ...Object.fromEntries(amounts) }
}

function scaled(set: Values, value: (name: string, value: number | string) => number | string): Values {
  return Object.fromEntries(Object.entries(set).map(([name, v]) => [name, value(name, v)]))
}
