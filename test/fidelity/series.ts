/** Replay and kernel side by side over time, for finding where they part. */

import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import type { Counters } from '../../src/replay/records.js'
import type { Scenario } from './recordings.js'
import { replayScenario } from './replay-scenario.js'

const LEVELS = ['nr_free_pages', 'nr_inactive_anon', 'nr_active_anon', 'nr_inactive_file', 'nr_active_file']
const COUNTERS = [
  ...['pgscan_kswapd', 'pgscan_direct', 'pgscan_anon', 'pgscan_file', 'pgsteal_anon', 'pgsteal_file'],
  ...['pswpin', 'pswpout', 'pgmajfault', 'pgactivate', 'pgdeactivate', 'pageoutrun'],
  ...['workingset_refault_anon', 'workingset_refault_file', 'nr_dirtied', 'nr_written'],
]

/** One sample: levels at `t`, counters since t = 0. */
interface Row {
  t: number
  values: Counters
}

function kernelRows(s: Scenario, run: string): Row[] {
  const path = join(s.folder, run, 'vmstat.ndjson.gz')
  if (!existsSync(path)) throw new Error(`${path} is missing: series need --recordings with the recorder's own folders`)
  const text = gunzipSync(readFileSync(path)).toString('utf8').trim()
  const rows = text.split('\n').map((line) => JSON.parse(line) as { t: number; counters: Counters })
  const base = rows.filter((r) => r.t <= 0).at(-1) ?? rows[0]
  return rows
    .filter((r) => r.t > 0)
    .map(({ t, counters }) => ({
      t,
      values: Object.fromEntries(
        Object.entries(counters).map(([k, v]) => [k, k.startsWith('nr_') && !EVENTS.has(k) ? v : v - base.counters[k]]),
      ),
    }))
}

/** Named like levels, but they only grow. */
const EVENTS = new Set(['nr_dirtied', 'nr_written', 'nr_vmscan_write', 'nr_vmscan_immediate_reclaim'])

/**
 * @param columns other names than the usual ones
 * @returns lines of text: for each name the kernel's value, then the replay's
 */
export async function seriesOf(s: Scenario, run: string, columns: string[]): Promise<string> {
  const kernel = kernelRows(s, run)
  const sample = Math.round((kernel[1].t - kernel[0].t) * 20) / 20
  const { intervals } = await replayScenario(s, { sampleSeconds: sample })
  const sums: Counters = {}
  const replay = intervals.map((r): Row => {
    for (const [name, n] of Object.entries(r.counters)) sums[name] = (sums[name] ?? 0) + n
    return { t: r.t, values: { ...sums, ...r.levels } }
  })
  const names = columns.length ? columns : [...LEVELS, ...COUNTERS]
  const seen = names.filter((n) => kernel.some((r) => r.values[n]) || replay.some((r) => r.values[n]))
  const width = (n: string) => Math.max(15, n.length)
  const lines = [`${'t'.padStart(6)} ${seen.map((n) => n.padStart(width(n))).join(' ')}`]
  for (const k of kernel) {
    const r = replay.reduce((a, b) => (Math.abs(b.t - k.t) < Math.abs(a.t - k.t) ? b : a))
    const cells = seen.map((n) => `${k.values[n] ?? 0}/${r.values[n] ?? 0}`.padStart(width(n)))
    lines.push(`${k.t.toFixed(2).padStart(6)} ${cells.join(' ')}`)
  }
  return `${lines.join('\n')}\n`
}
