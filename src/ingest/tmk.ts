/** Allocation traces in tidemark's own binary form. What it looks like: `trace/tmk/layout.ts`. */

import type { ByteSource } from '../base/byte-source.js'
import { EventBatch, type TraceHeader } from '../trace/events.js'
import { TmkFile } from '../trace/tmk/file.js'
import { BLOCK_EVENTS } from '../trace/tmk/layout.js'
import { isTmk } from '../trace/tmk/parts.js'
import { TmkStream } from '../trace/tmk/stream.js'
import type { AllocationFormat, WrittenTrace } from './format.js'

export const allocationTmk: AllocationFormat = {
  name: 'tmk',
  kind: 'allocation',
  describe: 'allocation trace as binary columns, written by tidemark convert',
  detect: ({ bytes }) => isTmk(bytes),
  open: async (source) => {
    const { path } = source
    if (path === undefined) return new StreamedTmk(source, await TmkStream.open(source.name, source.chunks()))
    await source.close()
    const file = TmkFile.open(path)
    file.close()
    return new TmkTrace(source, path, file.header)
  },
}

/** A file: its end is known to be whole before the first event is handed out. */
class TmkTrace implements WrittenTrace {
  readonly kind = 'allocation'
  readonly format = 'tmk'

  constructor(
    private readonly source: ByteSource,
    private readonly path: string,
    readonly header: TraceHeader,
  ) {}

  async *batches(): AsyncGenerator<EventBatch> {
    const file = TmkFile.open(this.path)
    const batch = new EventBatch(BLOCK_EVENTS)
    try {
      while (file.nextBatch(batch)) {
        this.source.delivered = file.position
        yield batch
      }
      this.source.delivered = file.size
    } finally {
      file.close()
    }
  }
}

/** A pipe or gzip data: damage at the end is noticed at the end. */
class StreamedTmk implements WrittenTrace {
  readonly kind = 'allocation'
  readonly format = 'tmk'
  readonly header: TraceHeader

  constructor(
    private readonly source: ByteSource,
    private readonly stream: TmkStream,
  ) {
    this.header = stream.header
  }

  async *batches(): AsyncGenerator<EventBatch> {
    try {
      yield* this.stream.batches()
    } finally {
      await this.source.close()
    }
  }
}
