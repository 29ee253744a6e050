/** Lines of `name value` into snapshots: a time line begins one, or else a name that the current one has already. */

import { dateSeconds } from '../text/dates.js'

export interface TakenSnapshot {
  values: Map<string, number>
  /** Seconds since 1970, NaN where no time stood before it. */
  time: number
  line: number
}

const PAIR = /^\s*([A-Za-z_][\w()]*):?[\s=]+(-?\d+)(?: kB)?\s*$/
const TIMES = [
  /** pbench, crucible: `timestamp: 1424904529.705`, `DATE:1700000000.5`. */
  /^\s*(?:timestamp|date|time|epoch|ts)\s*[:=]\s*(\d{9,11}(?:\.\d+)?)\s*$/i,
  /** pt-stalk: `TS 1323455002.003 2011-12-10 09:00:00`. */
  /^TS (\d{9,11}(?:\.\d+)?)\b/,
]

export class SnapshotLines {
  private current: TakenSnapshot | undefined
  private time = Number.NaN

  constructor(
    private readonly deliver: (snapshot: TakenSnapshot) => void,
    private readonly skip: (text: string, line: number) => void,
  ) {}

  take(text: string, line: number): void {
    const pair = PAIR.exec(text)
    if (pair !== null && !Number.isNaN(Number(pair[2])) && !/^(timestamp|date|time|epoch|ts)$/i.test(pair[1])) {
      this.value(pair[1], Number(pair[2]), line)
      return
    }
    if (text.trim() === '') return
    const time = timeOf(text)
    if (!Number.isNaN(time)) {
      this.begin(time)
      return
    }
    this.skip(text, line)
  }

  /** The snapshot that follows was taken at `time`. */
  begin(time: number): void {
    this.flush()
    this.time = time
  }

  value(name: string, value: number, line: number): void {
    if (this.current?.values.has(name)) this.flush()
    this.current ??= { values: new Map(), time: this.time, line }
    this.current.values.set(name, value)
  }

  /** Ends the current snapshot. */
  flush(): void {
    const { current } = this
    this.current = undefined
    this.time = Number.NaN
    if (current !== undefined) this.deliver(current)
  }
}

function timeOf(text: string): number {
  for (const form of TIMES) {
    const m = form.exec(text)
    if (m !== null) return Number(m[1])
  }
  return dateSeconds(text.replace(/^TS \S+ /, ''))
}
