/** A stored run as text for a terminal. */

import type { ReplayResult } from './replay-result.js'
import { ms, number, seconds, visible, wrapped } from './text.js'

const pct = (value: number | null): string => (value === null ? '-' : `${value.toFixed(1)} %`)

/** The run in a dozen lines, ending in a newline. */
export function formatReplay(r: ReplayResult): string {
  const changed = Object.entries(r.changed).map(([name, value]) => `${name}=${value}`)
  const lines = [
    `run ${r.run}  ${visible(r.trace)}  (${r.format})`,
    ...wrapped('machine', `${visible(r.machine)}, rules of Linux ${r.kernel}`),
    ...(changed.length > 0 ? wrapped('changed', changed.join(', ')) : []),
    ...wrapped(
      'replayed',
      `${number(r.events)} events, ${number(r.page_events)} page accesses, ${seconds(r.duration_s)} simulated`,
    ),
    ...(r.sample ? wrapped('sampled', sampleText(r.sample)) : []),
    ...calibrated(r),
    ...wrapped('faults', `${number(r.faults.minor)} minor, ${number(r.faults.major)} major`),
    ...wrapped('reclaim', reclaim(r)),
    ...came(r),
    ...wrapped('stalls', stalls(r)),
    ...wrapped('OOM', kills(r)),
  ]
  if (r.refused_mmaps > 0)
    lines.push(...wrapped('refused', `${number(r.refused_mmaps)} mmaps by overcommit accounting`))
  for (const warning of r.warnings) lines.push(...wrapped('warning', visible(warning)))
  return `${lines.join('\n')}\n`
}

/** How far the answers can be trusted, where not all pages were replayed. */
export function sampleText({ rate, seed, error_pct }: NonNullable<ReplayResult['sample']>): string {
  return (
    `${rate} of the pages (seed ${seed}), counters scaled back: within about ${error_pct.toFixed(0)} % of a ` +
    'replay of all pages in the mean (measured, see README)'
  )
}

/** How far the answers can be trusted, where the trace was reconstructed. */
function calibrated({ calibration: c }: ReplayResult): string[] {
  if (c === undefined) return []
  const told = c.counters
    .filter((d) => d.recorded > 0)
    .map((d) => `${d.name} ${signed((100 * (d.replayed - d.recorded)) / d.recorded)}`)
  return wrapped(
    'calibrated',
    `by ${c.trials} trial ${c.trials === 1 ? 'replay' : 'replays'}: under the recorded settings the replay is off by ${pct(c.error_pct)} in the mean` +
      (told.length === 0 ? '' : ` (${told.join(', ')})`),
  )
}

const signed = (value: number): string => `${value < 0 ? '' : '+'}${value.toFixed(0)} %`

function reclaim({ reclaim: m }: ReplayResult): string {
  if (m.scanned === 0) return 'none: free memory stayed above the low watermarks'
  return (
    `${number(m.reclaimed)} of ${number(m.scanned)} scanned pages reclaimed (${pct(m.efficiency_pct)}): ` +
    `kswapd ${pct(m.kswapd_pct)}, direct ${pct(m.direct_pct)}`
  )
}

/** What came back, and what went through swap; nothing where nothing was reclaimed. */
function came({ reclaim: m }: ReplayResult): string[] {
  if (m.reclaimed === 0 && m.swapped_out === 0) return []
  const back = m.refaults_anon + m.refaults_file
  const refaults = `${number(back)} refaults (anon ${number(m.refaults_anon)}, file ${number(m.refaults_file)})`
  return wrapped('afterwards', `${refaults}; swap ${number(m.swapped_out)} out, ${number(m.swapped_in)} in`)
}

function stalls({ stalls: s, psi }: ReplayResult): string {
  const pressure = psi.some_us > 0 ? `; memory pressure ${ms(psi.some_us)} some, ${ms(psi.full_us)} full` : ''
  if (s.count === 0) return `none${pressure}`
  const who = s.processes.map((p) => `${visible(p.comm)} ${ms(p.total_us)}`).join(', ')
  return `${number(s.count)} taking ${ms(s.total_us)}, the longest ${ms(s.longest_us)} (${who})${pressure}`
}

function kills(r: ReplayResult): string {
  if (r.oom_kills === 0) return 'nobody was killed'
  const named = r.victims.map((v) => {
    const where = v.cgroup === '' ? '' : ` by the limit of ${visible(v.cgroup)}`
    return `${visible(v.comm)} (pid ${v.pid}) at ${seconds(v.t)}${where}`
  })
  const more = r.oom_kills - r.victims.length
  return `killed ${named.join(', ')}${more > 0 ? ` and ${number(more)} more` : ''}`
}

/** Where the runs are, and what to ask of them. */
export function formatNext(results: readonly ReplayResult[], db: string, quotedDb: string): string {
  const last = results[results.length - 1]
  const where = quotedDb === '' ? '' : ` --db ${quotedDb}`
  const names = ['summary', 'reclaim-efficiency']
  if (last.stalls.count > 0) names.push('stalls')
  if (last.oom_kills > 0) names.push('oom')
  if (results.length > 1 || Object.keys(last.changed).length > 0) names.push('compare')
  return [`stored in ${db}; ask it:`, ...names.map((name) => `  tidemark query ${name}${where}`), ''].join('\n')
}
