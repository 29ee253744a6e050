import { describe, expect, it } from 'vitest'
import { machineFromTrace } from '../../src/machine/from-trace.js'
import { resolveMachine } from '../../src/machine/resolve.js'
import { Replay } from '../../src/replay/replay.js'
import { OP } from '../../src/trace/events.js'
import { Random } from '../../src/workload/random.js'
import { PROFILE_NAMES, type ProfileName } from '../../src/workload/synth/profiles.js'
import { type Shape, shapeOf } from '../../src/workload/synth/shape.js'
import { synthesize } from '../../src/workload/synth/synthesize.js'
import { Zipf } from '../../src/workload/synth/zipf.js'
import { nowhere, sum } from './helpers.js'

const shape = (memoryMb = 64, over: { swapMb?: number; seconds?: number; seed?: number } = {}): Shape =>
  shapeOf({ memoryMb, swapMb: memoryMb / 2, seconds: 20, seed: 1, ...over })

/** Digest of every event; throws where time runs back or a page is outside of its region or file. */
async function summed(name: ProfileName, of = shape()) {
  const trace = synthesize(name, of)
  return sum(trace, (trace.header.machine?.files ?? {}) as Record<string, number>)
}

async function replayed(name: ProfileName, of = shape()) {
  const trace = synthesize(name, of)
  const machine = resolveMachine({ trace: machineFromTrace(trace.header.machine ?? {}, name) })
  const victims: string[] = []
  let refused = 0
  const replay = new Replay({
    config: machine.config,
    files: machine.files,
    sampleSeconds: 1,
    postSeconds: 2,
    check: true,
    sink: { ...nowhere, oom: (r) => void victims.push(r.victim_comm), refusedMmap: () => void refused++ },
  })
  for await (const batch of trace.batches()) replay.feed(batch)
  const { counters, warnings } = replay.finish()
  return { counters, warnings, victims, refused }
}

describe.each(PROFILE_NAMES)('%s', (name) => {
  it('is the same for the same seed, another for another', async () => {
    const first = await summed(name)
    expect(await summed(name)).toEqual(first)
    expect((await summed(name, shape(64, { seed: 2 }))).digest).not.toBe(first.digest)
    expect(first.last).toBeLessThanOrEqual(20)
  })

  it.each([32, 128])('kills nothing but what leaks, on %i MiB', async (memory) => {
    const { victims, refused, warnings } = await replayed(name, shape(memory))
    expect({ victims, refused, warnings }).toEqual({
      victims: name === 'leak' ? ['leaker'] : [],
      refused: 0,
      warnings: [],
    })
  })

  it('may be short and without swap', async () => {
    const { last } = await summed(name, shape(32, { swapMb: 0, seconds: 2 }))
    expect(last).toBeLessThanOrEqual(2)
  })
})

describe('a replay shows what the profile is named for', () => {
  it.each([
    [64, 32],
    [128, 16],
    [512, 32],
  ])('anon-growth swaps out, on %i MiB with %i of swap', async (memoryMb, swapMb) => {
    const { counters, victims } = await replayed('anon-growth', shape(memoryMb, { swapMb }))
    expect(counters.pswpout).toBeGreaterThan(1000)
    expect(victims).toEqual([])
  })

  it('streaming-reads reclaims the file, not the server', async () => {
    const { counters } = await replayed('streaming-reads')
    expect(counters.pgsteal_file).toBeGreaterThan(2 * shape().memory)
    expect(counters.pswpout).toBeLessThan(counters.pgsteal_file / 100)
  })

  it('zipf refaults heap and file', async () => {
    const { counters } = await replayed('zipf')
    expect(counters.workingset_refault_anon).toBeGreaterThan(100)
    expect(counters.workingset_refault_file).toBeGreaterThan(1000)
  })

  it('burst wakes kswapd at every burst', async () => {
    const { counters } = await replayed('burst')
    expect(counters.pageoutrun).toBeGreaterThanOrEqual(2)
    expect(counters.pgsteal_kswapd).toBeGreaterThan(1000)
  })

  it('churn leaves no process behind', async () => {
    const trace = synthesize('churn', shape())
    const live = new Set<number>()
    let spawned = 0
    for await (const b of trace.batches()) {
      for (let i = 0; i < b.length; i++) {
        if (b.op[i] === OP.spawn) spawned += live.add(b.task[i]) && 1
        if (b.op[i] === OP.exit) live.delete(b.task[i])
      }
    }
    expect({ spawned, live: live.size }).toEqual({ spawned: 20, live: 0 })
  })
})

describe('a generated trace', () => {
  it('states its machine', () => {
    expect(synthesize('zipf', shape()).header).toMatchObject({
      trace: 'allocation/1',
      page_size: 4096,
      machine: { memory_mb: 64, swap_mb: 32, files: { table: expect.any(Number) } },
    })
    expect(synthesize('leak', shape()).header.machine).toEqual({ memory_mb: 64, swap_mb: 32 })
  })

  it('comes in the same batch again and again, however long it is', async () => {
    const seen = new Set<unknown>()
    let [events, batches] = [0, 0]
    for await (const batch of synthesize('churn', shape(32, { seconds: 20_000 })).batches()) {
      seen.add(batch)
      events += batch.length
      batches++
    }
    expect(events).toBe(100_000)
    expect(batches).toBeGreaterThan(10)
    expect(seen.size).toBe(1)
  })

  it('numbers its events', async () => {
    const lines: number[] = []
    for await (const b of synthesize('churn', shape(32)).batches()) lines.push(...b.line.subarray(0, b.length))
    expect(lines).toEqual(lines.map((_, i) => i + 1))
  })
})

it('Zipf favours few pages and stays in its object', () => {
  const zipf = new Zipf(1000, new Random(1), 1)
  const uses = new Array<number>(1000).fill(0)
  for (const page of zipf.draw(100_000)) uses[page]++
  expect(uses).toHaveLength(1000)
  const sorted = uses.toSorted((a, b) => b - a)
  expect(sorted.slice(0, 100).reduce((a, b) => a + b)).toBeGreaterThan(60_000)
  expect(sorted[999]).toBeGreaterThan(0)
  expect(uses.indexOf(sorted[0])).not.toBe(0)
})
