/** What every reader of a recording has: what it read from, its issues, its samples. */

import type { ByteSource } from '../../base/byte-source.js'
import { excerpt, InputError } from '../../base/errors.js'
import type { SeriesMeta } from '../../trace/series.js'
import type { IngestOptions } from '../format.js'
import type { TextLines } from '../text/text-lines.js'
import { IssueList } from './issue-list.js'
import type { SampleReader } from './recorded-series.js'
import type { RecorderTraits } from './repair.js'
import { SampleStore } from './sample-store.js'

export abstract class BaseSamples implements SampleReader {
  readonly meta: SeriesMeta
  readonly issues: IssueList
  readonly store = new SampleStore()
  /** Pages in a KiB: the size of a page is the caller's to know, unless the recording says it. */
  protected pagesPerKb: number
  private skipped = 0
  private firstSkipped = ''
  private firstSkippedLine = 0

  constructor(
    protected readonly source: ByteSource,
    protected readonly options: IngestOptions,
    format: string,
    tool?: string,
  ) {
    this.meta = { file: source.name, format, ...(tool === undefined ? {} : { tool }) }
    this.issues = new IssueList(source.name, options.strict)
    this.pagesPerKb = 1024 / (options.pageSize ?? 4096)
  }

  traits(): RecorderTraits {
    return { sysstat: false, vmeff: false, kbavail: false, ownInterval: false }
  }

  abstract read(): AsyncIterable<void>
  abstract report(): Record<string, unknown>

  /** A line that is not the format's; the first is shown. */
  protected skip(text: string, line: number): void {
    if (this.skipped++ > 0) return
    this.firstSkipped = text
    this.firstSkippedLine = line
  }

  /** Reports the skipped lines, and those that are no UTF-8. `of`: lines of the file. */
  protected closeSkipped(what: string, of: number, text?: Pick<TextLines, 'notUtf8' | 'notUtf8Line'>): void {
    if (text !== undefined && text.notUtf8 > 0) {
      const message = `${text.notUtf8} lines are not valid UTF-8: names may be wrong`
      this.issues.add('not-utf8', message, 'kept', text.notUtf8Line)
    }
    if (this.skipped === 0) return
    const most = this.skipped * 2 > of ? ', more than half of the file' : ''
    const message = `${this.skipped} lines are no output of ${what}${most}; first: ${excerpt(this.firstSkipped)}`
    this.issues.add('skipped-lines', message, 'dropped', this.firstSkippedLine)
  }

  protected broken(message: string, line: number | undefined, expected: string, found: string): InputError {
    return new InputError(message, { file: this.source.name, line, expected, found, code: 'TM_INPUT_VALUE' })
  }

  protected refused(message: string, hint?: string): InputError {
    return new InputError(message, { file: this.source.name, hint, code: 'TM_INPUT_REFUSED' })
  }
}
