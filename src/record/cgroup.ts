/** Control groups, version 2 (Documentation/admin-guide/cgroup-v2.rst). */

import { UsageError } from '../base/errors.js'
import { CGROUP_PREFIX } from '../trace/recording-format.js'
import type { HostFiles } from './host-files.js'
import { mounts } from './mounts.js'
import { NamedValues } from './named-values.js'
import { NameKeeper, pressureTotals, type Source } from './sources.js'

/** Limits and protections, bytes or `max`. */
const LIMITS = ['min', 'low', 'high', 'max', 'swap.high', 'swap.max', 'zswap.max']
/** Stands for `max` where a limit is a number. */
export const NO_LIMIT = -1

/** Where cgroup v2 is mounted; undefined where it is not, as on hosts that still use version 1. */
export function cgroupMount(host: HostFiles): string | undefined {
  const mount = mounts(host).find(({ type }) => type === 'cgroup2')
  if (mount !== undefined) return mount.point
  return host.has('/sys/fs/cgroup/cgroup.controllers') ? '/sys/fs/cgroup' : undefined
}

/**
 * The path of a cgroup below the mount, as /proc/PID/cgroup writes it, from what a user gives: that path, or the folder.
 * @throws UsageError for a path that is none
 */
export function cgroupPath(text: string, mount: string | undefined): string {
  const inside = mount !== undefined && `${text}/`.startsWith(`${mount}/`) ? text.slice(mount.length) : text
  const path = `/${inside
    .split('/')
    .filter((part) => part !== '' && part !== '.')
    .join('/')}`
  if (text.trim() !== '' && !path.split('/').includes('..')) return path
  throw new UsageError(`--cgroup ${text}: expected a path such as /system.slice/nginx.service`)
}

/** The limits of a cgroup as text, `max` where there is none; undefined where the cgroup is not there. */
export function cgroupLimits(host: HostFiles, mount: string, path: string): Record<string, string> | undefined {
  const files = [...LIMITS, 'oom.group'].map((name) => `memory.${name}`)
  const known = files
    .map((file) => [file, host.value(`${mount}${path}/${file}`)] as const)
    .filter((entry): entry is [string, string] => entry[1] !== undefined)
  return known.length === 0 ? undefined : Object.fromEntries(known)
}

/**
 * Use, events and stall time of a cgroup: `current` and `swap.current` (bytes), `stat.*` of memory.stat (bytes and
 * events), `events.*`, `pressure.*` (microseconds) and its limits (`max`: bytes, −1 for none; at the slower pace).
 */
export function cgroupSource(host: HostFiles, mount: string, path: string): Source {
  const folder = `${mount}${path === '/' ? '' : path}`
  const keeper = new NameKeeper()
  const tables = ['stat', 'events'].map((name) => ({
    prefix: `${name}.`,
    file: `memory.${name}`,
    values: new NamedValues(),
  }))
  let limits: [string, number][] = []
  return {
    key: `${CGROUP_PREFIX}${path}`,
    missing: `no cgroup ${path} with the memory controller: it is recorded as soon as it is there`,
    read: (slow) => {
      const names: string[] = []
      const values: number[] = []
      const add = (name: string, value: number): void => {
        if (!Number.isFinite(value)) return
        names.push(name)
        values.push(value)
      }
      for (const name of ['current', 'swap.current']) {
        const value = host.value(`${folder}/memory.${name}`)
        if (value !== undefined) add(name, Number(value))
      }
      for (const { prefix, file, values: table } of tables) {
        const bytes = host.bytes(`${folder}/${file}`)
        if (bytes === undefined) continue
        table.read(bytes)
        table.names.forEach((name, i) => {
          add(prefix + name, table.values[i])
        })
      }
      if (names.length === 0) {
        limits = []
        return undefined
      }
      for (const { kind, total } of pressureTotals(host.text(`${folder}/memory.pressure`) ?? ''))
        add(`pressure.${kind}`, total)
      if (slow || limits.length === 0) limits = readLimits(host, folder)
      for (const [name, value] of limits) add(name, value)
      return { names: keeper.keep(names), values }
    },
  }
}

function readLimits(host: HostFiles, folder: string): [string, number][] {
  const limits: [string, number][] = []
  for (const name of LIMITS) {
    const value = host.value(`${folder}/memory.${name}`)
    if (value !== undefined) limits.push([name, value === 'max' ? NO_LIMIT : Number(value)])
  }
  return limits
}
