/** What all readers of sysstat's output have in common around their grammar: collecting and last checks. */

import type { ByteSource } from '../../base/byte-source.js'
import { InputError } from '../../base/errors.js'
import type { IngestOptions } from '../format.js'
import { BaseSamples } from '../series/base-samples.js'
import type { RecorderTraits } from '../series/repair.js'
import { SysstatCollector } from './collector.js'

export abstract class SysstatSamples extends BaseSamples {
  protected readonly collector: SysstatCollector
  /** sadf gives the length of each interval, sar only the times. */
  protected readonly ownInterval: boolean = true

  constructor(source: ByteSource, options: IngestOptions, format: string, tool: string) {
    super(source, options, format, tool)
    this.collector = new SysstatCollector(this.store, this.meta, options.pageSize ?? 4096, this.issues)
  }

  override traits(): RecorderTraits {
    const { vmeff, kbavail } = this.collector
    return { sysstat: true, vmeff, kbavail, ownInterval: this.ownInterval }
  }

  /** sadf has dates. */
  epochOf(time: number): number | undefined {
    return time
  }

  /**
   * Refuses what has nothing of memory in it, and says what is missing.
   * @param others names of tables that were there but say nothing of memory
   */
  protected finish(others: Iterable<string>, what: string, command: string): void {
    const { collector, issues } = this
    if (collector.kept === 0 && collector.dropped === 0) throw this.nothing([...others], what, command)
    if (collector.pagingRows === 0) {
      issues.add(
        'no-paging-table',
        `no paging table (-B): scan and steal counts are not known. Run: ${command}`,
        'kept',
      )
    }
  }

  private nothing(others: string[], what: string, command: string): InputError {
    if (others.length > 0) {
      return new InputError(`${what} without a table of memory. Reclaim needs the -B table`, {
        file: this.source.name,
        expected: 'a table with pgpgin/s pgpgout/s ... pgsteal/s',
        found: others[0],
        hint: `Run: ${command}`,
        code: 'TM_INPUT_REFUSED',
      })
    }
    return new InputError(`${what} without a row of data`, {
      file: this.source.name,
      expected: 'rows below the header of a table',
      hint: 'The recording was stopped before the first interval ended.',
    })
  }
}
