/**
 * What a memcg report says of the cgroup: `mem_cgroup_print_oom_context` and `…_meminfo` of mm/memcontrol.c.
 * https://github.com/torvalds/linux/blob/v6.6/mm/memcontrol.c
 */

import type { OomMemcg, OomUsage } from './report.js'

/** cgroup v1 before 4.20(~): who was hit, in words. */
const LIMIT_OF = /^Task in (.+) killed as a result of limit of (.+)$/
const USAGE = /^(memory|memory\+swap|swap|kmem): usage (\d{1,20}) ?kB, limit (\d{1,20}) ?kB, failcnt (\d{1,20})/
const STATS = /^Memory cgroup stats for (.+?):(?: |$)/
/** PAGE_COUNTER_MAX in kB lies above 4 PiB whatever the page size, on 32 bit at 8 TiB less one page. */
const UNLIMITED_KB = 4 * 1024 ** 4
const UNLIMITED_32 = new Set([8589934588, 2147483647, 2147483644])

export function startsMemcgInfo(text: string): boolean {
  return (
    text.startsWith('Task in ') ||
    /^(?:memory|memory\+swap|swap|kmem): usage/.test(text) ||
    text.startsWith('Memory cgroup stats for')
  )
}

/** True while the rest of a wrapped line may follow. */
export function memcgIsOpen(text: string): boolean {
  if (text.startsWith('Task in ')) return !LIMIT_OF.test(text)
  if (text.startsWith('Memory cgroup stats for')) return !STATS.test(text)
  return /^(?:memory|memory\+swap|swap|kmem): usage/.test(text) && !USAGE.test(text)
}

export function emptyMemcg(): OomMemcg {
  return { path: null, memory: null, memsw: null, swap: null, kmem: null }
}

/** Reads one line into `m`. @returns the chosen task's cgroup, '' when the line has none, null when it is no such line */
export function readMemcgInfo(text: string, m: OomMemcg): string | null {
  const limit = LIMIT_OF.exec(text)
  if (limit) {
    m.path ??= limit[2].trim()
    return limit[1].trim()
  }
  const u = USAGE.exec(text)
  if (u) {
    const kb = Number(u[3])
    const usage: OomUsage = {
      usage_kb: Number(u[2]),
      limit_kb: kb >= UNLIMITED_KB || UNLIMITED_32.has(kb) ? null : kb,
      failcnt: Number(u[4]),
    }
    const key = u[1] === 'memory+swap' ? 'memsw' : (u[1] as 'memory' | 'swap' | 'kmem')
    m[key] ??= usage
    return ''
  }
  const stats = STATS.exec(text)
  if (!stats) return null
  m.path ??= stats[1].trim()
  return ''
}
