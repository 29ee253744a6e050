/**
 * From clock times to seconds that only grow. A table's times start with its header, which carries the time of the
 * sample before the first row; all tables of a segment start together.
 */

import type { RowBlock } from '../series/row-block.js'

const DAY = 86_400
const HALF_DAY = DAY / 2
/** A clock set back at the end of summer time goes back by less than an hour and something. */
const SUMMER_TIME = 3700

/** Where one table stands in the current segment. */
export interface TableClock {
  segment: number
  /** Clock of its header or last row, seconds of the day. */
  clock: number
  /** The same on the growing scale. */
  end: number
}

export class Timeline {
  segment = 0
  /** Rows were seen since the last restart. */
  private used = false
  private startClock = Number.NaN
  private start = 0
  private last = 0
  /** 12-hour clock without AM/PM. */
  ambiguous = false

  /** The host was restarted: what follows is a new segment, if anything follows. */
  restart(): void {
    if (!this.used) return
    this.segment++
    this.used = false
    this.startClock = Number.NaN
  }

  /** A header of a table, met at `clock`. */
  header(table: TableClock, clock: number): void {
    if (Number.isNaN(this.startClock)) {
      this.startClock = clock
      this.start = this.used || this.segment > 0 ? this.last + this.forward(this.last, clock) : clock
    }
    if (table.segment !== this.segment) {
      table.segment = this.segment
      table.clock = clock
      table.end = this.start + nearest(clock - this.startClock)
      return
    }
    // A header that is repeated carries the time of the row before it; a later time is a recording that goes on.
    const ahead = this.ahead(table.clock, clock)
    if (ahead > 0 && ahead < HALF_DAY) {
      table.clock = clock
      table.end += ahead
    }
  }

  /**
   * Gives the rows from `from` on their times, by their clocks, and moves the table on.
   * @returns the first row whose clock went backwards, neither past midnight nor by the end of summer time; without one
   *   the number of rows
   */
  rows(table: TableClock, rows: RowBlock, from: number): number {
    const { clock, end, dt, midnight, length } = rows
    const round = this.ambiguous ? HALF_DAY : DAY
    let before = table.clock
    let time = table.end
    if (from === 0) rows.longest = 0
    let i = rows.follow(from, before, time)
    let { longest } = rows
    if (i > from) {
      midnight.fill(0, from, i)
      before = clock[i - 1]
      time = end[i - 1]
    }
    for (; i < length; i++) {
      const now = clock[i]
      let ahead = now - before
      midnight[i] = 0
      if (ahead < 0) {
        ahead += round
        if (ahead > HALF_DAY) {
          if (-SUMMER_TIME > now - before || now < 3600 || now >= 4 * 3600) break
          ahead = now - before + 3600
          if (ahead < 0) break
        } else if (!this.ambiguous) midnight[i] = 1
      }
      before = now
      time += ahead
      end[i] = time
      dt[i] = ahead === 0 ? Number.NaN : ahead
      longest = ahead === 0 ? Number.NaN : Math.max(longest, ahead)
    }
    if (i === from) return i
    // A header between two rows may have moved the table on.
    rows.longest = from === 0 ? longest : Math.max(longest, end[from] - end[from - 1])
    rows.span = (from === 0 ? 0 : rows.span) + time - table.end
    table.clock = before
    table.end = time
    rows.segment = this.segment
    this.used = true
    // Times only grow.
    if (time > this.last) this.last = time
    return i
  }

  /** Seconds from one clock time to the next one, past midnight where it is smaller. */
  private ahead(from: number, to: number): number {
    const round = this.ambiguous ? HALF_DAY : DAY
    return to >= from ? to - from : to - from + round
  }

  private forward(last: number, clock: number): number {
    return (((clock - last) % DAY) + DAY) % DAY
  }
}

/** The same difference of clocks within half a day, forwards or backwards. */
function nearest(difference: number): number {
  if (difference > HALF_DAY) return difference - DAY
  return difference < -HALF_DAY ? difference + DAY : difference
}
