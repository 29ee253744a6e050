/** How large and how long a generated trace is, and the step in which its profiles move. */

import { machineFromTrace } from '../../machine/from-trace.js'
import { resolveMachine } from '../../machine/resolve.js'

/** What a generated trace is made for. */
export interface Shape {
  memoryMb: number
  swapMb: number
  /** Pages that the kernel manages of that memory: what profiles measure by. */
  memory: number
  /** Those of them that are free after boot and not kept back as the minimum watermarks. */
  spare: number
  /** Pages of swap. */
  swap: number
  /** Length of the trace. */
  seconds: number
  seed: number
}

const PAGES_PER_MB = 256

/** @throws UsageError for a machine that is too small */
export function shapeOf(asked: Pick<Shape, 'memoryMb' | 'swapMb' | 'seconds' | 'seed'>): Shape {
  const header = { memory_mb: asked.memoryMb, swap_mb: asked.swapMb }
  const { config } = resolveMachine({ trace: machineFromTrace(header, 'synth') })
  let [memory, spare] = [0, 0]
  for (const { managed, free, min } of config.nodes.flatMap(({ zones }) => zones)) {
    memory += managed
    spare += Math.max(0, free - min)
  }
  return { ...asked, memory, spare, swap: asked.swapMb * PAGES_PER_MB }
}

/** Steps a second. */
export const TICKS = 10

/** Steps of the whole trace. */
export function ticksOf(shape: Shape): number {
  return shape.seconds * TICKS
}

/** A share of something, as whole pages, one at least. */
export function share(pages: number, part: number): number {
  return Math.max(1, Math.floor(pages * part))
}

/** What step `k` of `n` adds where `total` grows evenly: pages before it, and pages of it. */
export function growth(total: number, k: number, n: number): { start: number; count: number } {
  const start = Math.floor((total * k) / n)
  return { start, count: Math.floor((total * (k + 1)) / n) - start }
}
