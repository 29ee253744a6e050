/** Which release's rules a report follows, from its kernel release or else from its shape. */

import { BADNESS_RULES, type BadnessRules } from '../../../mm/oom-badness.js'
import type { OomReport } from '../report.js'

export interface KernelRule {
  /** Releases that have it, for people. */
  name: string
  /** True when the report does not name its kernel and the rule was taken from its shape. */
  inferred: boolean
  /**
   * `pages`: points are pages, by `badness`. `thousandths`: whole thousandths of totalpages (2.6.36 to 3.4).
   * `unknown`: rated by total_vm, run time and nice level, which a report does not print.
   */
  unit: 'pages' | 'thousandths' | 'unknown'
  /** For `pages`. For `thousandths` its flags hold and its arithmetic does not. */
  badness: BadnessRules
  /** Of equal points the first or the last task of the list (`select_bad_process`). */
  ties: 'first' | 'last'
  /** Before 5.1 a child of the chosen task dies in its place (`oom_kill_process`). */
  sacrificesChild: boolean
}

const RULES = {
  ancient: rule('before 2.6.36', 'unknown', '3.10', 'first', true),
  thousandths: rule('2.6.36 to 3.4, RHEL 6', 'thousandths', '3.10', 'first', true),
  adjBonus: rule('3.5 to 3.12', 'pages', '3.10', 'first', true),
  ownBonus: rule('3.13 to 4.16, RHEL 7', 'pages', '4.6', 'first', true),
  noBonus: rule('4.17 to 5.0, RHEL 8', 'pages', '4.19', 'first', true),
  noSacrifice: rule('5.1 and 5.2', 'pages', '4.19', 'first', false),
  lastWins: rule('5.3 to 5.8', 'pages', '5.4', 'last', false),
  noFloor: rule('5.9 and later', 'pages', '5.10', 'last', false),
} as const

function rule(
  name: string,
  unit: KernelRule['unit'],
  profile: string,
  ties: KernelRule['ties'],
  sacrificesChild: boolean,
): Omit<KernelRule, 'inferred'> {
  return { name, unit, badness: BADNESS_RULES[profile], ties, sacrificesChild }
}

/** `major.minor` as a number that sorts: 4.19 → 4019. */
export function releaseNumber(release: string): number | null {
  const m = /^(\d+)\.(\d+)/.exec(release)
  return m ? Number(m[1]) * 1000 + Math.min(Number(m[2]), 999) : null
}

/** The rule of a report. Distributions that took later rules into an old release are known: RHEL 6 and 7. */
export function kernelRule(report: OomReport): KernelRule {
  const named = report.kernel === null ? null : byRelease(report.kernel, report)
  return named ? { ...named, inferred: false } : { ...byShape(report), inferred: true }
}

function byRelease(release: string, report: OomReport): Omit<KernelRule, 'inferred'> | null {
  const n = releaseNumber(release)
  if (n === null) return null
  if (n < 3000) {
    const patch = Number(/^2\.6\.(\d+)/.exec(release)?.[1] ?? 0)
    const backported = report.table?.columns.includes('oom_score_adj') ?? release.includes('.el6')
    return patch >= 36 || backported ? RULES.thousandths : RULES.ancient
  }
  if (n === 3010 && /\.el7|alios7/.test(release)) return RULES.ownBonus
  if (n < 3005) return RULES.thousandths
  if (n < 3013) return RULES.adjBonus
  if (n < 4017) return RULES.ownBonus
  if (n < 5001) return RULES.noBonus
  if (n < 5003) return RULES.noSacrifice
  return n < 5009 ? RULES.lastWins : RULES.noFloor
}

/** The columns name the generation; inside of it the wording of the verdict does. */
function byShape(report: OomReport): Omit<KernelRule, 'inferred'> {
  const columns = report.table?.columns ?? []
  if (columns.includes('cpu')) return columns.includes('oom_score_adj') ? RULES.thousandths : RULES.ancient
  if (columns.includes('nr_ptes')) return RULES.ownBonus
  if (columns.includes('rss_anon')) return RULES.noFloor
  if (report.score !== null) return columns.includes('pgtables_bytes') ? RULES.noBonus : RULES.ownBonus
  return report.memory?.totals.unstable !== undefined ? RULES.lastWins : RULES.noFloor
}

/** Kernels whose own badness is known to be wrong, and what is known about them. */
const FAULTY: [RegExp, string][] = [
  [
    /^5\.8\.0-rc\d+-next-202007/,
    'this linux-next of July 2020 carried a patch that broke oom_badness, so the fault is the kernel’s',
  ],
]

export function knownFault(report: OomReport): string | null {
  return FAULTY.find(([re]) => report.kernel !== null && re.test(report.kernel))?.[1] ?? null
}
