/**
 * What one OOM report of a kernel log says, as printed: no arithmetic, no judgement. Everything may be missing, because
 * logs are cut, filtered and quoted; `null` means that the report does not say.
 *
 * Units are the kernel's: `_kb` is KiB, `total_vm`, `rss`, `swapents` are pages.
 */

/** One row of the task table (`dump_task` in mm/oom_kill.c). */
export interface OomTask {
  pid: number
  /** Differs from `pid` when the thread-group leader is gone and the row shows another thread. */
  tgid: number
  uid: number
  /** comm: at most 15 bytes. */
  name: string
  /** Pages. */
  total_vm: number
  /** Pages, resident: anonymous, file and shmem. */
  rss: number
  /** Page-table pages (`nr_ptes` + `nr_pmds` + `nr_puds`), null where the table has no such columns. */
  pgtable_pages: number | null
  /** Page tables in bytes (`pgtables_bytes`, 4.15 and later), null where the table has no such column. */
  pgtable_bytes: number | null
  /** Swap entries, null where the table has no such column (before 3.7, RHEL 6). */
  swapents: number | null
  oom_score_adj: number
  /** 1-based line of the log. */
  line: number
}

export interface OomTaskTable {
  /** Columns after the pid, as the header names them. */
  columns: string[]
  /** False when the header was lost and the columns were inferred from the rows. */
  header: boolean
  tasks: OomTask[]
  /** Rows that could not be read (cut lines), and rows beyond the limit. */
  broken: number
}

/** One zone line of `show_free_areas`; kB. */
export interface OomZone {
  node: number
  zone: string
  free_kb: number
  min_kb: number | null
  low_kb: number | null
  high_kb: number | null
  present_kb: number | null
  managed_kb: number | null
  /** Free pages of the CMA area, which unmovable requests may not take; part of `free_kb`. */
  free_cma_kb: number
  /** `lowmem_reserve[]`, pages by zone index: what requests for higher zones must leave. */
  reserve: number[]
}

/** The `Mem-Info:` block (`__show_mem`, `show_free_areas`). */
export interface OomMemory {
  /** System totals in pages by the report's names: `active_anon`, `free`, `slab_unreclaimable`, … */
  totals: Record<string, number>
  zones: OomZone[]
  /** Nodes that have zone lines, in order. */
  nodes: number[]
  /** Smallest block of the buddy lists: the page size, kB. */
  page_kb: number | null
  /** Free blocks of the buddy lists by order, summed over the zones printed. */
  free_blocks: number[]
  swap_free_kb: number | null
  swap_total_kb: number | null
  pages_ram: number | null
  pages_highmem: number | null
  pages_reserved: number | null
  pages_pagecache: number | null
  /** Huge pages set aside (hugetlb), kB. */
  hugetlb_kb: number
}

/** A `usage …kB, limit …kB` line; limit null: unlimited. */
export interface OomUsage {
  usage_kb: number
  limit_kb: number | null
  failcnt: number
}

/** What a memcg report says (`mem_cgroup_print_oom_meminfo`). */
export interface OomMemcg {
  /** The cgroup whose limit was hit. */
  path: string | null
  memory: OomUsage | null
  /** cgroup v1: memory plus swap. */
  memsw: OomUsage | null
  /** cgroup v2: swap alone. */
  swap: OomUsage | null
  kmem: OomUsage | null
}

export interface OomProcess {
  pid: number
  name: string
}

/** A `Killed process` line; sizes kB, null where the line does not have them. */
export interface OomKilled extends OomProcess {
  total_vm_kb: number | null
  anon_rss_kb: number | null
  file_rss_kb: number | null
  shmem_rss_kb: number | null
}

/** An `oom_reaper:` line: what was left of the victim afterwards, kB. */
export interface OomReaped extends OomProcess {
  anon_rss_kb: number | null
}

export interface OomReport {
  /** As the user named it. */
  file: string
  /** First and last line of the report, 1-based. */
  lines: [number, number]
  /** Host of the syslog prefix. */
  host: string | null
  /** Seconds since boot of the first line that has a kernel time stamp. */
  uptime: number | null
  /** Wall-clock stamp of the first line, as printed. */
  clock: string | null
  /** Kernel release from the report's `CPU:`/`Pid:` line, or else from the last `Linux version` line of the log. */
  kernel: string | null
  kernel_from: 'report' | 'log' | null
  /** Who asked for memory; null when the report lost its first line. */
  invoker: { name: string; pid: number | null; oom_score_adj: number | null } | null
  /** `gfp_mask` as printed, names included. */
  gfp: string | null
  order: number | null
  /** Raised with SysRq-f. */
  manual: boolean
  /** Raised from a page fault without an allocation of its own (`pagefault_out_of_memory`). */
  pagefault: boolean
  nodemask: string | null
  cpuset: string | null
  mems_allowed: string | null
  /** From the `oom-kill:` line (5.0 and later), without `CONSTRAINT_`. */
  constraint: string | null
  /** The cgroup of the chosen task. */
  task_memcg: string | null
  memcg: OomMemcg | null
  memory: OomMemory | null
  table: OomTaskTable | null
  /** The task that the selection took: `Kill process …`, `oom-kill:`, or else the first `Killed process`. */
  chosen: OomProcess | null
  /** Printed score of the chosen task (up to 4.20), thousandths of totalpages. */
  score: number | null
  /** The tasks that got SIGKILL, in order, each once. */
  killed: OomKilled[]
  /** Processes killed because they share the victim's memory. */
  sharing: OomProcess[]
  /** cgroup whose `memory.oom.group` made it a group kill. */
  group: string | null
  reaped: OomReaped[]
  /** vm.oom_kill_allocating_task: no selection took place. */
  allocating_task: boolean
  /** The kernel said that nothing can be killed. */
  no_victim: boolean
  /** The chosen task was exiting already and was not killed. */
  already_exiting: boolean
  panic: string | null
  /** Somebody cut lines out (`[...]`, `<snip>`), or the log lost messages. */
  elided: boolean
  /** Processes that earlier reports of the same log killed, the last ones. */
  earlier: OomProcess[]
}

/**
 * The whole task table and the verdict are there, so that the kernel's choice can be checked. A few damaged rows (syslog
 * daemons run lines together) do not count: at most 1 in 50.
 */
export function isComplete(r: OomReport): boolean {
  const { table } = r
  if (table === null || !table.header || table.tasks.length === 0 || table.broken * 50 > table.tasks.length)
    return false
  return !r.elided && (r.chosen !== null || r.no_victim)
}
