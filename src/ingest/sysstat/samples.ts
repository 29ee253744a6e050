/** What all readers of sysstat's output have in common around their grammar: collecting, reporting, last checks. */

import type { ByteSource } from '../../base/byte-source.js'
import { excerpt, InputError } from '../../base/errors.js'
import type { SeriesMeta } from '../../trace/series.js'
import type { IngestOptions } from '../format.js'
import { IssueList } from '../series/issue-list.js'
import type { SampleReader } from '../series/recorded-series.js'
import { SampleStore } from '../series/sample-store.js'
import { SysstatCollector } from './collector.js'

export abstract class SysstatSamples implements SampleReader {
  readonly meta: SeriesMeta
  readonly issues: IssueList
  readonly store = new SampleStore()
  protected readonly collector: SysstatCollector

  constructor(
    protected readonly source: ByteSource,
    protected readonly options: IngestOptions,
    format: string,
    tool: string,
  ) {
    this.meta = { file: source.name, format, tool }
    this.issues = new IssueList(source.name, options.strict)
    this.collector = new SysstatCollector(this.store, this.meta, options.pageSize ?? 4096, this.issues)
  }

  abstract read(): AsyncIterable<void>
  abstract report(): Record<string, unknown>

  /**
   * Refuses what has nothing of memory in it, and says what is missing.
   * @param others names of tables that were there but say nothing of memory
   */
  protected finish(others: Iterable<string>, what: string, command: string): void {
    const { collector, issues } = this
    if (collector.rows === 0 && collector.dropped === 0) throw this.nothing([...others], what, command)
    if (collector.pagingRows === 0) {
      issues.add(
        'no-paging-table',
        `no paging table (-B): scan and steal counts are not known. Run: ${command}`,
        'kept',
      )
    }
  }

  protected skippedLines(skipped: number, first: string, line: number, of: number, what: string): void {
    if (skipped === 0) return
    const most = skipped * 2 > of ? ', more than half of the file' : ''
    const message = `${skipped} lines are no output of ${what}${most}; first: ${excerpt(first)}`
    this.issues.add('skipped-lines', message, 'dropped', line)
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
