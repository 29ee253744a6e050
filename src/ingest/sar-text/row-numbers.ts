/** The values of a row, read with care: any decimal mark, `--human` units, remarks behind the last column. */

import { InputError } from '../../base/errors.js'
import type { IssueList } from '../series/issue-list.js'
import { type DecimalMark, parseNumber } from '../text/numbers.js'

export class RowNumbers {
  readonly mark: DecimalMark = { code: 0 }
  private human = false

  constructor(
    private readonly file: string,
    private readonly issues: IssueList,
  ) {}

  /**
   * Reads up to `wanted` numbers of `text` from `start` on into `values`, at `to` and each `stride` further
   * on; returns how many there are.
   * @throws InputError for a word that is no number
   */
  read(
    text: string,
    start: number,
    wanted: number,
    line: number,
    values: Float64Array,
    to: number,
    stride: number,
  ): number {
    let i = start
    let n = 0
    for (;;) {
      let c = text.charCodeAt(i)
      while (c === 0x20 || c === 0x09) c = text.charCodeAt(++i)
      if (i >= text.length) return n
      const from = i
      while (i < text.length && c !== 0x20 && c !== 0x09) c = text.charCodeAt(++i)
      if (n === wanted) {
        const rest = JSON.stringify(text.slice(from, from + 40))
        this.issues.add('extra-text', `text after the last column: ${rest}`, 'kept', line)
        return n
      }
      values[to + n++ * stride] = this.number(text, from, i, line)
    }
  }

  private number(text: string, start: number, end: number, line: number): number {
    const value = parseNumber(text, start, end, this.mark, true)
    if (Number.isNaN(value)) {
      const word = text.slice(start, end)
      if (!/^-?(nan|inf)$/i.test(word)) throw this.broken(word, line)
      this.issues.add('not-a-number', `${word} in a row: a value that sar could not compute`, 'dropped', line)
    } else if (!this.human && text.charCodeAt(end - 1) > 0x39) {
      this.human = true
      this.issues.add('human-units', 'printed with --human: levels have two or three digits only', 'kept', line)
    }
    return value
  }

  private broken(found: string, line: number): InputError {
    const mark =
      this.mark.code === 0 ? '' : this.mark.code === 0x2c ? 'with a decimal comma and ' : 'with a decimal point and '
    const expected = mark === '' ? 'a number without thousands separators' : `a number ${mark}no thousands separators`
    return new InputError('not a number', { file: this.file, line, expected, found, code: 'TM_INPUT_VALUE' })
  }
}
