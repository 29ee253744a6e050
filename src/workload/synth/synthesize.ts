/** Generates an allocation trace from a profile: the same shape gives the same events. */

import type { AllocationTrace, EventBatch, TraceHeader } from '../../trace/events.js'
import { EventWriter } from '../event-writer.js'
import { Random } from '../random.js'
import { PROFILES, type ProfileName } from './profiles.js'
import type { Shape } from './shape.js'

const PAGE_SIZE = 4096

/** A generated trace; its memory does not grow with its length. */
export function synthesize(name: ProfileName, shape: Shape): AllocationTrace {
  return {
    kind: 'allocation',
    header: headerOf(name, shape),
    async *batches() {
      yield* batchesOf(name, shape)
    },
  }
}

function headerOf(name: ProfileName, shape: Shape): TraceHeader {
  const files = PROFILES[name].files(shape)
  return {
    trace: 'allocation/1',
    page_size: PAGE_SIZE,
    machine: {
      memory_mb: shape.memoryMb,
      swap_mb: shape.swapMb,
      ...(Object.keys(files).length > 0 && { files }),
    },
    note: `${name}, ${shape.seconds} s, seed ${shape.seed}: ${PROFILES[name].about}`,
  }
}

function* batchesOf(name: ProfileName, shape: Shape): Generator<EventBatch> {
  const writer = new EventWriter()
  const { batch } = writer
  let before = 0
  writer.clear()
  for (const _ of PROFILES[name].steps(writer, shape, new Random(shape.seed))) {
    if (!writer.due) continue
    before = numbered(batch, before)
    yield batch
    writer.clear()
  }
  numbered(batch, before)
  if (batch.length > 0) yield batch
}

/** Events have their ordinals where others have lines. @returns that of the last */
function numbered(batch: EventBatch, before: number): number {
  for (let i = 0; i < batch.length; i++) batch.line[i] = before + i + 1
  return before + batch.length
}
