import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { openInput } from '../../src/ingest/registry.js'
import { loadMachine } from '../../src/machine/load.js'
import { resolveMachine } from '../../src/machine/resolve.js'
import { replayTrace } from '../../src/replay/replay.js'
import type { CounterSeries } from '../../src/trace/series.js'
import { calibrate } from '../../src/workload/calibrate.js'
import { collect, DEFAULT_DEMAND, reconstruct } from '../../src/workload/reconstruct.js'
import { machine, nowhere, samplesOf } from './helpers.js'

const RECORDING = fileURLToPath(new URL('../../traces/w-db.base/', import.meta.url))

const streaming = samplesOf({
  pgfault: [4000, 20, 20, 20, 20],
  pgmajfault: [0, 0, 0, 0, 0],
  pgpgin: [0, 16000, 16000, 16000, 16000],
  pgfree: [0, 0, 3000, 4000, 4000],
  pgscan_kswapd: [0, 0, 3000, 4000, 4000],
  pgscan_direct: [0, 0, 0, 0, 0],
  pgsteal: [0, 0, 3000, 4000, 4000],
})
const small = () => machine('64M', '64M')

describe('calibrate', () => {
  it('comes to the same result each time, no worse than where it began, within its budget', () => {
    const m = small()
    const first = calibrate(streaming, m, { trials: 1 })
    expect(first.trials).toBe(1)
    const seen: number[] = []
    const result = calibrate(streaming, m, { trials: 5, onTrial: (n) => seen.push(n) })
    expect(seen).toEqual([1, 2, 3, 4, 5])
    expect(result.trials).toBe(5)
    expect(result.error).toBeLessThanOrEqual(first.error)
    expect(calibrate(streaming, m, { trials: 5 })).toEqual(result)
  })

  it('comes to the recorded reads and scans', () => {
    const result = calibrate(streaming, small())
    expect(result.error).toBeLessThan(0.2)
    const pgpgin = result.counters.find((d) => d.name === 'pgpgin')
    expect(pgpgin?.recorded).toBe(64000)
    expect(pgpgin?.error).toBeLessThan(0.02)
  })

  it('gives a trace that replays as the trial did', async () => {
    const m = small()
    const result = calibrate(streaming, m, { trials: 3 })
    const r = reconstruct(streaming, m, result.options)
    const { counters } = await replayTrace(r.trace, { config: r.configFor(m), files: r.files, sink: nowhere })
    for (const d of result.counters) {
      if (d.name.startsWith('pgscan') || d.name === 'pgsteal') continue
      expect(counters[d.name], d.name).toBe(d.replayed)
    }
  })

  it('leaves alone what is given', () => {
    const result = calibrate(streaming, small(), { options: { rereads: 3, chunkPages: 100 }, trials: 8 })
    expect(result.options).toMatchObject({ rereads: 3, chunkPages: 100 })
  })

  it('says when there is nothing to compare, and when a recording is too large', () => {
    expect(calibrate(samplesOf({}), machine())).toMatchObject({ error: 0 })
    const large = calibrate(streaming, small(), { pageEvents: 1000 })
    expect(large).toMatchObject({ trials: 0, error: Number.NaN, counters: [], options: DEFAULT_DEMAND })
  })
})

describe.skipIf(!existsSync(`${RECORDING}sar.txt`))('a recording of a real kernel', () => {
  it('is reproduced within a fifth, and its what-if goes the right way', async () => {
    const described = loadMachine(`${RECORDING}machine.json`)
    const recorded = resolveMachine({ machine: described })
    const samples = await collect((await openInput(`${RECORDING}sar.txt`)) as CounterSeries)
    const result = calibrate(samples, recorded)
    expect(result.error).toBeLessThan(0.2)
    const r = reconstruct(samples, recorded, result.options)
    const swapped: number[] = []
    for (const swappiness of ['60', '150']) {
      const m = resolveMachine({ machine: described, set: { 'vm.swappiness': swappiness } })
      const { counters } = await replayTrace(r.trace, {
        config: r.configFor(m),
        files: r.files,
        sink: nowhere,
        check: true,
      })
      swapped.push(counters.pswpout)
    }
    expect(swapped[0]).toBeLessThan(500)
    expect(swapped[1]).toBeGreaterThan(2000)
  }, 120_000)
})
