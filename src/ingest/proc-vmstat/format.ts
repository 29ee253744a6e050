/** Snapshots of /proc/vmstat (and /proc/meminfo) that a shell loop, pbench, pt-stalk or another recorder appended. */

import type { SeriesFormat } from '../format.js'
import { TextLines } from '../text/text-lines.js'
import { SnapshotSamples } from './samples.js'

const NAME =
  /^\s*(nr_free_pages|nr_inactive_anon|nr_zone_inactive_anon|pgpgin|pgpgout|pswpin|pswpout|pgfault|pgfree) \d+\s*$/

export const procVmstat: SeriesFormat = {
  name: 'proc-vmstat',
  kind: 'series',
  describe: 'snapshots of /proc/vmstat, with times between them',
  detect: ({ lines }) => lines.filter((line) => NAME.test(line)).length >= 3,
  reader: (source, options) => new ProcVmstatSamples(source, options, 'proc-vmstat'),
}

class ProcVmstatSamples extends SnapshotSamples {
  async *read(): AsyncGenerator<void> {
    const lines = new TextLines(this.source)
    for await (const block of lines.blocks()) {
      for (let i = 0; i < block.length; i++) if (block[i] !== '') this.lines.take(block[i], lines.line + i + 1)
      this.lineCount += block.length
      yield
    }
    this.finish('/proc/vmstat', lines)
  }
}
