/**
 * The sysctls the model obeys, as numbers, with the kernel's defaults.
 * Names are those of `sysctl -a`; see Documentation/admin-guide/sysctl/vm.rst for what each means.
 */

export interface Sysctl {
  'vm.swappiness': number
  'vm.min_free_kbytes': number
  'vm.watermark_scale_factor': number
  'vm.watermark_boost_factor': number
  'vm.lowmem_reserve_ratio': number[]
  'vm.percpu_pagelist_high_fraction': number
  'vm.zone_reclaim_mode': number
  'vm.min_unmapped_ratio': number
  'vm.min_slab_ratio': number
  'vm.vfs_cache_pressure': number
  'vm.page-cluster': number
  'vm.dirty_ratio': number
  'vm.dirty_bytes': number
  'vm.dirty_background_ratio': number
  'vm.dirty_background_bytes': number
  'vm.dirty_expire_centisecs': number
  'vm.dirty_writeback_centisecs': number
  'vm.laptop_mode': number
  'vm.overcommit_memory': number
  'vm.overcommit_ratio': number
  'vm.overcommit_kbytes': number
  'vm.admin_reserve_kbytes': number
  'vm.user_reserve_kbytes': number
  'vm.panic_on_oom': number
  'vm.oom_kill_allocating_task': number
  'vm.oom_dump_tasks': number
}

export type SysctlName = keyof Sysctl

interface SysctlSpec {
  default: number | number[]
  min: number
  max: number
}

/**
 * Defaults and accepted range. `min_free_kbytes`, `admin_reserve_kbytes` and `user_reserve_kbytes` depend on the size
 * of memory: the value here (−1) means "as computed at boot".
 */
export const SYSCTLS: Record<SysctlName, SysctlSpec> = {
  'vm.swappiness': { default: 60, min: 0, max: 200 },
  'vm.min_free_kbytes': { default: -1, min: 0, max: 2 ** 31 - 1 },
  'vm.watermark_scale_factor': { default: 10, min: 1, max: 3000 },
  'vm.watermark_boost_factor': { default: 15000, min: 0, max: 2 ** 31 - 1 },
  'vm.lowmem_reserve_ratio': { default: [256, 256, 32, 0, 0], min: 0, max: 2 ** 31 - 1 },
  'vm.percpu_pagelist_high_fraction': { default: 0, min: 0, max: 2 ** 31 - 1 },
  'vm.zone_reclaim_mode': { default: 0, min: 0, max: 7 },
  'vm.min_unmapped_ratio': { default: 1, min: 0, max: 100 },
  'vm.min_slab_ratio': { default: 5, min: 0, max: 100 },
  'vm.vfs_cache_pressure': { default: 100, min: 0, max: 2 ** 31 - 1 },
  'vm.page-cluster': { default: 3, min: 0, max: 31 },
  'vm.dirty_ratio': { default: 20, min: 0, max: 100 },
  'vm.dirty_bytes': { default: 0, min: 0, max: Number.MAX_SAFE_INTEGER },
  'vm.dirty_background_ratio': { default: 10, min: 0, max: 100 },
  'vm.dirty_background_bytes': { default: 0, min: 0, max: Number.MAX_SAFE_INTEGER },
  'vm.dirty_expire_centisecs': { default: 3000, min: 0, max: 2 ** 31 - 1 },
  'vm.dirty_writeback_centisecs': { default: 500, min: 0, max: 2 ** 31 - 1 },
  'vm.laptop_mode': { default: 0, min: 0, max: 2 ** 31 - 1 },
  'vm.overcommit_memory': { default: 0, min: 0, max: 2 },
  'vm.overcommit_ratio': { default: 50, min: 0, max: 2 ** 31 - 1 },
  'vm.overcommit_kbytes': { default: 0, min: 0, max: Number.MAX_SAFE_INTEGER },
  'vm.admin_reserve_kbytes': { default: -1, min: 0, max: Number.MAX_SAFE_INTEGER },
  'vm.user_reserve_kbytes': { default: -1, min: 0, max: Number.MAX_SAFE_INTEGER },
  'vm.panic_on_oom': { default: 0, min: 0, max: 2 },
  'vm.oom_kill_allocating_task': { default: 0, min: 0, max: 1 },
  'vm.oom_dump_tasks': { default: 1, min: 0, max: 1 },
}

export function isSysctlName(name: string): name is SysctlName {
  return Object.hasOwn(SYSCTLS, name)
}

/** A fresh set of defaults; the three that depend on memory size are −1. */
export function defaultSysctl(): Sysctl {
  const out: Record<string, number | number[]> = {}
  for (const [name, spec] of Object.entries(SYSCTLS)) {
    out[name] = Array.isArray(spec.default) ? [...spec.default] : spec.default
  }
  return out as unknown as Sysctl
}

/**
 * Reads a value as `sysctl` would print or take it.
 * @returns the number (list for `vm.lowmem_reserve_ratio`), or a message saying what was expected
 */
export function parseSysctl(name: SysctlName, text: string | number): number | number[] | { expected: string } {
  const spec = SYSCTLS[name]
  const words = String(text).trim().split(/\s+/)
  const numbers = words.map((w) => (/^[0-9]+$/.test(w) ? Number(w) : Number.NaN))
  const bad = numbers.some((v) => !(v >= spec.min && v <= spec.max))
  if (Array.isArray(spec.default)) {
    if (bad || numbers.length < 1 || numbers.length > 5) return { expected: 'one to five whole numbers' }
    return [...numbers, ...spec.default.slice(numbers.length)]
  }
  if (bad || numbers.length !== 1) return { expected: `a whole number from ${spec.min} to ${spec.max}` }
  return numbers[0]
}
