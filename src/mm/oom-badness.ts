/**
 * How bad is a process to the OOM killer? `oom_badness` by kernel release, and /proc/<pid>/oom_score.
 * Pages in, points (pages) out. See proc(5) for the files, `mm/oom_kill.c` for the rule.
 */

/** What differs between releases. */
export interface BadnessRules {
  /** Page tables count as ⌊bytes / 4096⌋, as pages of PTEs and PMDs, or as pages of PTEs only. */
  pageTables: 'bytes' | 'ptes+pmds' | 'ptes'
  /** What CAP_SYS_ADMIN is worth: 3 % of the task's own points, 30 points of oom_score_adj, or nothing. */
  rootBonus: 'none' | 'own-3%' | 'adj-30'
  /** An eligible task has at least one point (before 5.9); later points may be negative. */
  floorOfOne: boolean
  /** A task between vfork and exec is passed over (since 4.8). */
  skipsVfork: boolean
  /** A task whose memory the reaper took already is passed over (since 4.7). */
  skipsReaped: boolean
  /** oom_score is (1000 + points·1000/total)·2/3 (since 5.9), or points·1000/total. */
  score: 'shifted' | 'plain'
}

const MODERN: BadnessRules = {
  pageTables: 'bytes',
  rootBonus: 'none',
  floorOfOne: false,
  skipsVfork: true,
  skipsReaped: true,
  score: 'shifted',
}
const FLOORED: BadnessRules = { ...MODERN, floorOfOne: true, score: 'plain' }

/** By kernel profile. */
export const BADNESS_RULES: Readonly<Record<string, BadnessRules>> = {
  '3.10': { ...FLOORED, pageTables: 'ptes', rootBonus: 'adj-30', skipsVfork: false, skipsReaped: false },
  '4.6': { ...FLOORED, pageTables: 'ptes+pmds', rootBonus: 'own-3%', skipsVfork: false, skipsReaped: false },
  '4.19': FLOORED,
  '5.4': FLOORED,
  '5.10': MODERN,
  '6.1': MODERN,
  '6.6': MODERN,
  '6.12': MODERN,
}

/** Rules of a profile; 6.1's for a profile that is not in the table. */
export function badnessRules(profile: string): BadnessRules {
  return BADNESS_RULES[profile] ?? MODERN
}

/** A process as the OOM killer sees it. Only the sizes are required; the flags default to an ordinary process. */
export interface BadnessTask {
  /** Resident pages: anonymous + file + shmem. */
  rss: number
  /** Swap entries, pages. */
  swap: number
  /** Page tables in bytes, as reports since 4.15 print them. */
  pgtablesBytes?: number
  /** Page-table pages, as older reports print them; also used when bytes are not known. */
  nrPtes?: number
  nrPmds?: number
  /** −1000 to 1000. */
  oomScoreAdj: number
  /** CAP_SYS_ADMIN; counts where the release has a root bonus. */
  privileged?: boolean
  init?: boolean
  kthread?: boolean
  /** False for a process that has given up its memory already. */
  hasMm?: boolean
  /** The reaper has been here (MMF_OOM_SKIP). */
  reaped?: boolean
  inVfork?: boolean
  /** False when the process is outside the memcg, cpuset or memory policy that ran out. */
  inScope?: boolean
}

export interface Badness {
  eligible: boolean
  /** Why not eligible, or ''. */
  reason: string
  /** Pages; 0 when not eligible. */
  points: number
  /** The addends; `points` is their sum, or 1 where the floor of one applied. */
  breakdown: {
    rss: number
    swap: number
    pageTables: number
    /** 0 or negative. For 3.10 what the 30 points of adj are worth. */
    rootBonus: number
    /** oom_score_adj × ⌊totalpages / 1000⌋. */
    adj: number
  }
}

const trunc = (x: number) => Math.trunc(x) || 0

function pageTablePages(task: BadnessTask, rules: BadnessRules): number {
  const ptes = task.nrPtes ?? 0
  const pmds = task.nrPmds ?? 0
  const bytes = task.pgtablesBytes
  if (rules.pageTables === 'bytes') return bytes === undefined ? ptes + pmds : Math.floor(bytes / 4096)
  // A model that keeps only bytes has no split; page-table pages are the closest there is.
  if (task.nrPtes === undefined && bytes !== undefined) return Math.floor(bytes / 4096)
  return rules.pageTables === 'ptes' ? ptes : ptes + pmds
}

/** Why the task cannot be chosen, or ''. */
function ineligibility(task: BadnessTask, rules: BadnessRules): string {
  if (task.init) return 'init'
  if (task.kthread) return 'kernel thread'
  if (task.inScope === false) return 'outside the constraint'
  if (task.hasMm === false) return 'no memory of its own'
  if (task.oomScoreAdj === -1000) return 'oom_score_adj -1000'
  if (rules.skipsReaped && task.reaped) return 'already reaped'
  if (rules.skipsVfork && task.inVfork) return 'in vfork'
  return ''
}

/**
 * Points of a task (`oom_badness`).
 *
 * @param totalpages pages of the constraint: RAM + swap for a global OOM, the limit + usable swap for a memcg
 */
export function oomBadness(task: BadnessTask, totalpages: number, rules: BadnessRules): Badness {
  const reason = ineligibility(task, rules)
  const pageTables = pageTablePages(task, rules)
  const perMille = Math.floor(totalpages / 1000)
  const used = task.rss + task.swap + pageTables
  let rootBonus = 0
  if (task.privileged && rules.rootBonus === 'own-3%') rootBonus = -Math.floor((used * 3) / 100) || 0
  if (task.privileged && rules.rootBonus === 'adj-30') rootBonus = -30 * perMille || 0
  const breakdown = {
    rss: task.rss,
    swap: task.swap,
    pageTables,
    rootBonus,
    adj: task.oomScoreAdj * perMille || 0,
  }
  if (reason !== '') return { eligible: false, reason, points: 0, breakdown }
  const sum = used + rootBonus + breakdown.adj
  return { eligible: true, reason, points: rules.floorOfOne ? Math.max(1, sum) : sum, breakdown }
}

/**
 * What /proc/<pid>/oom_score shows for these points; 0 for a task that is not eligible.
 *
 * @param totalpages pages of RAM + swap of the whole machine
 */
export function oomScore(badness: Badness, totalpages: number, rules: BadnessRules): number {
  if (!badness.eligible) return 0
  const share = trunc((badness.points * 1000) / totalpages)
  return rules.score === 'plain' ? share : trunc(((1000 + share) * 2) / 3)
}
