/** The lines of a recording: headers, samples with their groups complete, and what is wrong with a line. */

import { excerpt, InputError } from '../../base/errors.js'
import { type RecordingHeader, type SampleStamp, STAMP_KEYS } from '../../trace/recording-format.js'
import type { IssueList } from '../series/issue-list.js'
import { Groups } from './groups.js'
import { readRecordingHeader } from './header.js'

export interface RecordingSink {
  header(header: RecordingHeader, line: number): void
  /** @param groups undefined where the sample builds on lines that are missing */
  sample(stamp: SampleStamp, groups: Groups | undefined, line: number): void
}

type Line = Record<string, unknown>

export class RecordingDecoder {
  private readonly groups = new Groups()
  private begun = false
  /** Number that the next sample of the session must have, and the time it must exceed. */
  private next = 0
  private time = Number.NEGATIVE_INFINITY
  /** A line that is no JSON: cut off where the file or the session ends with it. */
  private broken: { text: string; line: number } | undefined
  private orphans = 0
  private orphanLine = 0

  constructor(
    private readonly file: string,
    private readonly issues: IssueList,
    private readonly sink: RecordingSink,
  ) {}

  /** @throws InputError for a header that is none, and where nothing begins with one */
  take(text: string, line: number): void {
    const value = parse(text)
    const isHeader = value !== undefined && 'recording' in value
    this.settleBroken(isHeader)
    if (!this.begun && !isHeader) throw this.noHeader(text, line)
    if (value === undefined) this.broken = { text, line }
    else if (isHeader) this.header(readRecordingHeader(value, this.file, line), line)
    else this.sample(value, line)
  }

  /** To be called at the end of the input. */
  end(): void {
    this.settleBroken(true)
    this.settleOrphans()
  }

  private noHeader(found: string, line: number): InputError {
    return new InputError('the first line is no header', { file: this.file, line, expected: '{"recording":…}', found })
  }

  /** Reports a line that is no JSON, now that it is known what follows. */
  private settleBroken(isEnd: boolean): void {
    if (this.broken === undefined) return
    const { text, line } = this.broken
    this.broken = undefined
    if (isEnd)
      this.issues.add(
        'cut-line',
        'the last line is cut off: the recorder was killed, or the file is a part',
        'dropped',
        line,
      )
    else this.drop(`not a line of a recording: ${excerpt(text)}`, line)
  }

  /** Leaves a line out. What changed in it is not known, so later changes are of no use either. */
  private drop(message: string, line: number): void {
    this.issues.add('broken-line', message, 'dropped', line)
    this.groups.forget()
  }

  private header(header: RecordingHeader, line: number): void {
    this.settleOrphans()
    this.begun = true
    this.next = 0
    this.time = Number.NEGATIVE_INFINITY
    this.groups.forget()
    this.sink.header(header, line)
  }

  private sample(value: Line, line: number): void {
    const wrong = this.apply(value, line)
    if (wrong !== undefined) this.drop(wrong, line)
  }

  /** @returns what is wrong with the line; undefined where it was passed on */
  private apply(value: Line, line: number): string | undefined {
    const { n, t, e, s } = value
    const stamped =
      Number.isInteger(n) && Number.isFinite(t) && [e, s].every((v) => v === undefined || Number.isFinite(v))
    if (!stamped) return 'a sample without its number or time'
    const stamp = { n, t, e, s } as SampleStamp
    if (stamp.n < this.next || stamp.t <= this.time) {
      return `sample ${stamp.n} comes after sample ${this.next - 1}: lines are doubled or out of order`
    }
    if (stamp.n > this.next) {
      this.issues.add('lost-lines', `${stamp.n - this.next} samples before this one are missing`, 'dropped', line)
      this.groups.forget()
    }
    this.next = stamp.n + 1
    this.time = stamp.t
    for (const key in value) {
      const wrong = STAMP_KEYS.has(key) ? undefined : this.groups.take(key, value[key])
      if (wrong !== undefined) return wrong
    }
    if (this.groups.get('vmstat') !== undefined) {
      this.settleOrphans()
      this.sink.sample(stamp, this.groups, line)
    } else {
      if (this.orphans++ === 0) this.orphanLine = line
      this.sink.sample(stamp, undefined, line)
    }
    return undefined
  }

  private settleOrphans(): void {
    if (this.orphans === 0) return
    const message = `${this.orphans} samples tell only what changed since lines that are missing; their counts are in the next interval`
    this.issues.add('incomplete-samples', message, 'dropped', this.orphanLine)
    this.orphans = 0
  }
}

function parse(text: string): Line | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Line) : undefined
  } catch {
    return undefined
  }
}
