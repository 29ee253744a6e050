import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { inspectInput } from '../../src/ingest/inspect.js'
import { SHARED } from './helpers.js'

const recordings = `${SHARED}kernel-lab/recordings/`
const present = SHARED !== undefined && existsSync(recordings)
const scenarios = present ? readdirSync(recordings) : []
const withSar = scenarios.filter((name) => existsSync(`${recordings}${name}/run1/sadf.json.gz`))

/**
 * Recordings of a real kernel of which everything is known: what sar made of the counters, and the counters themselves.
 */
describe.skipIf(!present)('recordings of the kernel lab', () => {
  it.each(withSar)('%s: stolen pages are those of the kernel, though sysstat counted them twice', async (name) => {
    const folder = `${recordings}${name}/run1/`
    const { delta } = JSON.parse(readFileSync(`${folder}summary.json`, 'utf8'))
    const stolen = delta.pgsteal_kswapd + delta.pgsteal_direct
    for (const file of ['sar.txt', 'sadf.csv.gz', 'sadf.json.gz']) {
      const report = await inspectInput(folder + file)
      if (report.kind !== 'series') throw new Error('not a series')
      expect(report.raw.pgsteal).toBeGreaterThan(stolen * 1.9)
      expect(Math.abs(report.repaired.pgsteal - stolen)).toBeLessThan(stolen * 0.02)
    }
    const snapshots = await inspectInput(`${folder}vmstat.ndjson.gz`)
    expect(snapshots).toMatchObject({ repaired: { pgsteal: stolen, pgscan_kswapd: delta.pgscan_kswapd } })
  })

  it('all traces are read', async () => {
    for (const name of scenarios) {
      const report = await inspectInput(`${recordings}${name}/trace.ndjson.gz`)
      expect(report).toMatchObject({ kind: 'allocation', format: 'allocation-ndjson', issues: [] })
    }
  })
})

if (!present) console.log('skipped: ../shared/kernel-lab is not there')
