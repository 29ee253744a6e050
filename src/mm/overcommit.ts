/**
 * Overcommit accounting: may a process have this much more address space? (`__vm_enough_memory`; see
 * Documentation/vm/overcommit-accounting.) Sizes in pages unless a name says kB.
 */

/** How mode 0 guesses: against RAM + swap (since 5.2), or against what could be freed now. */
export type GuessRule = 'total' | 'available'

export interface OvercommitRules {
  guess: GuessRule
  /** vm.overcommit_kbytes exists (since 3.14). */
  overcommitKbytes: boolean
}

/** By kernel profile. */
export const OVERCOMMIT_RULES: Readonly<Record<string, OvercommitRules>> = {
  '3.10': { guess: 'available', overcommitKbytes: false },
  '4.6': { guess: 'available', overcommitKbytes: true },
  '4.19': { guess: 'available', overcommitKbytes: true },
  '5.4': { guess: 'total', overcommitKbytes: true },
  '5.10': { guess: 'total', overcommitKbytes: true },
  '6.1': { guess: 'total', overcommitKbytes: true },
  '6.6': { guess: 'total', overcommitKbytes: true },
  '6.12': { guess: 'total', overcommitKbytes: true },
}

/** Rules of a profile; 6.1's for a profile that is not in the table. */
export function overcommitRules(profile: string): OvercommitRules {
  return OVERCOMMIT_RULES[profile] ?? OVERCOMMIT_RULES['6.1']
}

/** The sysctls the decision reads, by their names. */
export interface OvercommitSysctl {
  'vm.overcommit_memory': number
  'vm.overcommit_ratio': number
  'vm.overcommit_kbytes': number
  'vm.admin_reserve_kbytes': number
  'vm.user_reserve_kbytes': number
}

/** What the guess of releases before 5.2 adds up. */
export interface AvailableMemory {
  freePages: number
  /** nr_file_pages: page cache with shmem, swap cache and buffers. */
  filePages: number
  shmemPages: number
  freeSwap: number
  slabReclaimable: number
  totalreserve: number
}

export interface OvercommitState {
  totalRam: number
  totalSwap: number
  /** Pages of RAM held by hugetlb. */
  hugetlbPages?: number
  /** Committed_AS before the request. */
  committed: number
  /** Needed by the `available` guess only. */
  available?: AvailableMemory
}

export interface OvercommitRequest {
  pages: number
  /** CAP_SYS_ADMIN: the admin reserve is open to it. */
  privileged: boolean
  /** Address space of the process before the request (total_vm); 0 for requests without a process. */
  totalVm: number
}

export interface OvercommitDecision {
  granted: boolean
  mode: number
  pages: number
  committed: number
  /** What the request was compared with; Infinity under mode 1. May be negative when the reserves exceed the limit. */
  allowed: number
  /** The comparison in words. */
  reason: string
}

/** CommitLimit of /proc/meminfo, pages (`vm_commit_limit`). */
export function vmCommitLimit(sysctl: OvercommitSysctl, state: OvercommitState, rules: OvercommitRules): number {
  const kbytes = rules.overcommitKbytes ? sysctl['vm.overcommit_kbytes'] : 0
  const ram =
    kbytes > 0
      ? Math.floor(kbytes / 4)
      : Math.floor(((state.totalRam - (state.hugetlbPages ?? 0)) * sysctl['vm.overcommit_ratio']) / 100)
  return ram + state.totalSwap
}

/**
 * Decides one request of accounted memory: private writable or shared anonymous mappings, brk, stack growth, fork.
 * The caller adds `pages` to Committed_AS when it is granted.
 */
export function vmEnoughMemory(
  request: OvercommitRequest,
  sysctl: OvercommitSysctl,
  state: OvercommitState,
  rules: OvercommitRules,
): OvercommitDecision {
  const mode = sysctl['vm.overcommit_memory']
  const { pages } = request
  const { committed } = state
  const decided = (granted: boolean, allowed: number, reason: string): OvercommitDecision => ({
    granted,
    mode,
    pages,
    committed,
    allowed,
    reason,
  })
  if (mode === 1) return decided(true, Number.POSITIVE_INFINITY, 'vm.overcommit_memory=1 grants every request')
  if (mode === 0 && rules.guess === 'total') {
    const allowed = state.totalRam + state.totalSwap
    const granted = pages <= allowed
    const sizes = `RAM ${state.totalRam} + swap ${state.totalSwap} = ${allowed}`
    return decided(granted, allowed, `request ${pages} ${granted ? '<=' : '>'} ${sizes}`)
  }
  if (mode === 0) return guessAvailable(request, sysctl, state, decided)
  return strict(request, sysctl, state, rules, decided)
}

type Decide = (granted: boolean, allowed: number, reason: string) => OvercommitDecision

/** Mode 0 before 5.2: free memory and everything that could be dropped or swapped out. */
function guessAvailable(r: OvercommitRequest, sysctl: OvercommitSysctl, state: OvercommitState, decided: Decide) {
  const a = state.available
  if (!a) throw new Error('overcommit: the guess by available memory needs OvercommitState.available')
  const free = a.freePages + a.filePages - a.shmemPages + a.freeSwap + a.slabReclaimable
  const words =
    `free ${a.freePages} + file ${a.filePages} - shmem ${a.shmemPages} + free swap ${a.freeSwap} + ` +
    `reclaimable slab ${a.slabReclaimable} = ${free}`
  if (free <= a.totalreserve) return decided(false, free - a.totalreserve, `${words} <= reserve ${a.totalreserve}`)
  const admin = r.privileged ? 0 : Math.floor(sysctl['vm.admin_reserve_kbytes'] / 4)
  const allowed = free - a.totalreserve - admin
  const granted = allowed > r.pages
  const less = `${words}, less reserve ${a.totalreserve}${admin > 0 ? ` and admin reserve ${admin}` : ''}`
  return decided(granted, allowed, `request ${r.pages} ${granted ? '<' : '>='} ${allowed} (${less})`)
}

/** Mode 2: Committed_AS stays below CommitLimit less the reserves. */
function strict(
  r: OvercommitRequest,
  sysctl: OvercommitSysctl,
  state: OvercommitState,
  rules: OvercommitRules,
  decided: Decide,
) {
  const limit = vmCommitLimit(sysctl, state, rules)
  const admin = r.privileged ? 0 : Math.floor(sysctl['vm.admin_reserve_kbytes'] / 4)
  const user = Math.min(Math.floor(r.totalVm / 32), Math.floor(sysctl['vm.user_reserve_kbytes'] / 4))
  const allowed = limit - admin - user
  const granted = state.committed + r.pages < allowed
  const reserves = [
    ...(admin > 0 ? [`admin reserve ${admin}`] : []),
    ...(user > 0 ? [`user reserve ${user}`] : []),
  ].join(' and ')
  const less = reserves === '' ? '' : ` (CommitLimit ${limit} less ${reserves})`
  const comparison = `committed ${state.committed} + request ${r.pages} ${granted ? '<' : '>='} limit ${allowed}`
  return decided(granted, allowed, comparison + less)
}
