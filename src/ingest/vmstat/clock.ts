/** Times of vmstat rows on one growing scale: from -t, from a recorder, or counted where there are none. */

import { excerpt, InputError } from '../../base/errors.js'
import type { IssueList } from '../series/issue-list.js'
import type { RowBlock } from '../series/row-block.js'
import type { VmstatRow } from './reader.js'
import { stampSeconds } from './stamp.js'

const DAY = 86_400
/** Clocks go back by an hour when summer time ends. */
const SUMMER_TIME = 3700

type Scale = 'stamp' | 'clock' | 'run' | 'counted'

export class VmstatClock {
  /** The row given last began a new scale: nothing tells how long before it the last one was. */
  restarted = false
  /** The row given last has a time of its own. */
  timed = false
  /** Some rows have no times. */
  counted = false
  private scale: Scale | undefined
  private shift = 0
  /** Time of the row given last, seconds. */
  last = 0

  constructor(
    private readonly file: string,
    private readonly interval: number | undefined,
    private readonly issues: IssueList,
  ) {}

  /** Time of a row, seconds. @throws InputError when time goes backwards */
  next(row: VmstatRow, line: number): number {
    const [scale, value] = this.own(row, line)
    this.timed = scale !== 'counted'
    // Rows below a date line are counted on from it.
    const goesOn = scale === this.scale || (scale === 'counted' && this.scale === 'run' && !row.first)
    this.restarted = !goesOn
    if (!goesOn) {
      if (this.scale !== undefined) {
        this.issues.add('unknown-gap', 'the time between this row and the one before is not known', 'kept', line)
      }
      this.scale = scale
      this.shift = this.last - value
    }
    if (scale === 'counted') {
      this.counted = true
      this.last = this.restarted ? this.last : this.last + (this.interval ?? 1)
      return this.last
    }
    let time = value + this.shift
    if (scale === 'clock') time = this.last + ((((time - this.last) % DAY) + DAY) % DAY)
    if (scale === 'clock' && time - this.last > DAY / 2) throw this.backwards(row.clock as string, line)
    if (time < this.last) {
      if (this.last - time > SUMMER_TIME) throw this.backwards(row.stamp ?? 'an earlier date line', line)
      time = Math.max(time + 3600, this.last)
    }
    this.last = time
    return time
  }

  /**
   * Times of rows that {@link goesOn} is true of: makes of the printed times in `rows` the ends and lengths of their
   * intervals.
   * @param printed the text of such a time
   * @throws InputError when time goes backwards
   */
  plain(rows: RowBlock, printed: (seconds: number) => string | undefined): void {
    const { end, dt, length } = rows
    const stamped = this.scale === 'stamp'
    const interval = this.interval ?? 1
    this.restarted = false
    this.timed = stamped
    if (!stamped) this.counted = true
    let { last } = this
    for (let i = 0; i < length; i++) {
      let time = stamped ? end[i] + this.shift : last + interval
      if (time < last) {
        if (last - time > SUMMER_TIME) throw this.backwards(printed(end[i]) as string, rows.line[i])
        time = Math.max(time + 3600, last)
      }
      end[i] = time
      dt[i] = time > last ? time - last : Number.NaN
      last = time
    }
    this.last = last
  }

  /** Whether rows without any time, or else rows with times of -t, would go on with the scale of the row before. */
  goesOn(stamped: boolean): boolean {
    return stamped ? this.scale === 'stamp' : this.scale === 'counted' || this.scale === 'run'
  }

  private own(row: VmstatRow, line: number): [Scale, number] {
    if (row.stamp !== undefined) {
      const seconds = stampSeconds(row.stamp)
      if (!Number.isNaN(seconds)) return ['stamp', seconds]
      this.issues.add('extra-text', `text after the last column: ${excerpt(row.stamp, 40)}`, 'kept', line)
    }
    if (row.clock !== undefined) {
      const [h, m, s] = row.clock.split(':').map(Number)
      if (!Number.isNaN(h + m + s)) return ['clock', h * 3600 + m * 60 + s]
    }
    return Number.isNaN(row.runTime) ? ['counted', 0] : ['run', row.runTime]
  }

  private backwards(found: string, line: number): InputError {
    return new InputError('time goes backwards', {
      file: this.file,
      line,
      expected: 'a time after the row before',
      found,
      code: 'TM_INPUT_VALUE',
    })
  }
}
