/** Issues of one input: the first of each kind in full, the rest counted, so that a broken file cannot fill the memory. */

import { InputError } from '../../base/errors.js'
import type { InputIssue } from '../../trace/series.js'

/** Issues of one code that are listed each; further ones are counted in the last. */
const LISTED = 20

/** What belongs to a format and is nobody's fault: said, but no reason to refuse the input under `strict`. */
const NOTES = new Set(['since-boot-row', 'no-scan-counts', 'throttle-in-pgscand'])

export class IssueList {
  readonly items: InputIssue[] = []
  private readonly counts = new Map<string, number>()

  constructor(
    private readonly file: string,
    private readonly strict = false,
  ) {}

  /** @throws InputError with the issue's message where issues are to be errors */
  add(code: string, message: string, action: InputIssue['action'], line?: number): void {
    if (this.strict && !NOTES.has(code))
      throw new InputError(message, { file: this.file, line, code: 'TM_INPUT_VALUE' })
    const n = (this.counts.get(code) ?? 0) + 1
    this.counts.set(code, n)
    if (n <= LISTED)
      this.items.push({ file: this.file, ...(line === undefined ? {} : { line }), code, message, action })
  }

  /** An issue of the whole recording: said at most once. */
  once(code: string, message: string, action: InputIssue['action']): void {
    if (!this.counts.has(code)) this.add(code, message, action)
  }

  count(code: string): number {
    return this.counts.get(code) ?? 0
  }

  /** Says of each code that ran over how many more there were. */
  close(): void {
    for (const [code, n] of this.counts) {
      if (n <= LISTED) continue
      const last = this.items.findLast((issue) => issue.code === code) as InputIssue
      this.items.push({ file: this.file, code, message: `${n - LISTED} more of ${code}`, action: last.action })
    }
    this.counts.clear()
  }
}
