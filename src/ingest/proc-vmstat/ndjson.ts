/** Snapshots as NDJSON, `{"t": seconds, "counters": {"pgfault": …}}`: what the kernel lab records. */

import { InputError } from '../../base/errors.js'
import type { SeriesFormat } from '../format.js'
import { TextLines } from '../text/text-lines.js'
import { SnapshotSamples } from './samples.js'

export const vmstatNdjson: SeriesFormat = {
  name: 'vmstat-ndjson',
  kind: 'series',
  describe: 'snapshots of /proc/vmstat as NDJSON, {"t":…,"counters":{…}}',
  detect: ({ lines }) => lines.slice(0, 3).some((line) => /^\{"t":\s*-?[\d.]+,\s*"counters":\s*\{/.test(line)),
  reader: (source, options) => new VmstatNdjsonSamples(source, options, 'vmstat-ndjson'),
}

class VmstatNdjsonSamples extends SnapshotSamples {
  async *read(): AsyncGenerator<void> {
    const lines = new TextLines(this.source)
    for await (const block of lines.blocks()) {
      for (let i = 0; i < block.length; i++) {
        if (block[i].trim() !== '') this.snapshot(block[i], lines.line + i + 1)
      }
      this.lineCount += block.length
      yield
    }
    this.finish('/proc/vmstat', lines)
  }

  private snapshot(text: string, line: number): void {
    let value: { t?: unknown; counters?: unknown }
    try {
      value = JSON.parse(text)
    } catch (error) {
      throw new InputError(`not valid JSON: ${(error as Error).message}`, { file: this.source.name, line, found: text })
    }
    const { t, counters } = value ?? {}
    if (typeof t !== 'number' || typeof counters !== 'object' || counters === null) {
      throw new InputError('not a snapshot', {
        file: this.source.name,
        line,
        expected: '{"t":…,"counters":{…}}',
        found: text,
      })
    }
    this.lines.begin(t)
    for (const [name, count] of Object.entries(counters)) {
      if (typeof count !== 'number') {
        throw new InputError('not a number', {
          file: this.source.name,
          line,
          expected: `a count for ${name}`,
          found: JSON.stringify(count),
        })
      }
      this.lines.value(name, count, line)
    }
  }
}
