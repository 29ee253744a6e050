/** What `sadf -j` holds of one host, as recorded. */

import { round } from '../sysstat/report.js'

type Entry = Record<string, unknown>
interface PagingRow {
  timestamp: unknown
  values: Record<string, number>
}

export interface HostReport {
  nodename: string | null
  release: string | null
  cpus: number | null
  entries: number
  activities: string[]
  restarts: Entry[]
  comments: Entry[]
  paging?: { rows: number; first: PagingRow; last: PagingRow; integrated: Record<string, number> }
}

export class SadfHostReport {
  nodename: string | null = null
  release: string | null = null
  cpus: number | null = null
  readonly restarts: Entry[] = []
  readonly comments: Entry[] = []
  private entries = 0
  private readonly names = new Set<string>()
  private rows = 0
  private first: PagingRow | undefined
  private last: PagingRow | undefined
  private readonly integrated = new Map<string, number>()

  entry(entry: Entry, interval: number): void {
    this.entries++
    for (const name of Object.keys(entry)) if (name !== 'timestamp') this.names.add(name)
    const values = entry.paging as Record<string, number> | undefined
    if (typeof values !== 'object' || values === null) return
    this.rows++
    this.last = { timestamp: entry.timestamp, values }
    this.first ??= this.last
    for (const name of ['pgscank', 'pgscand', 'pgsteal']) {
      if (typeof values[name] === 'number')
        this.integrated.set(name, (this.integrated.get(name) ?? 0) + values[name] * interval)
    }
  }

  activities(): string[] {
    return [...this.names].sort()
  }

  result(): HostReport {
    const report: HostReport = {
      nodename: this.nodename,
      release: this.release,
      cpus: this.cpus,
      entries: this.entries,
      activities: this.activities(),
      restarts: this.restarts,
      comments: this.comments,
    }
    if (this.first !== undefined && this.last !== undefined) {
      const integrated = Object.fromEntries([...this.integrated].map(([name, sum]) => [name, round(sum, 1)]))
      report.paging = { rows: this.rows, first: this.first, last: this.last, integrated }
    }
    return report
  }
}
