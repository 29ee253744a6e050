/**
 * Pages of node_exporter as Prometheus scrapes them (text exposition format). One page is one moment; a file with many
 * pages, one appended after another, is a recording.
 */

import type { SeriesFormat } from '../format.js'
import { SnapshotSamples } from '../proc-vmstat/samples.js'
import { dateSeconds } from '../text/dates.js'
import { TextLines } from '../text/text-lines.js'
import { procName } from './names.js'

export const prometheusText: SeriesFormat = {
  name: 'prometheus',
  kind: 'series',
  describe: 'pages of node_exporter, node_vmstat_* and node_memory_*',
  detect: ({ lines }) =>
    lines.some((line) => /^(# (HELP|TYPE) )?node_(vmstat|memory)_\w+/.test(line)) ||
    lines.filter((line) => /^# (HELP|TYPE) \w+ /.test(line)).length >= 4,
  reader: (source, options) => new PrometheusSamples(source, options, 'prometheus', 'node_exporter'),
}

/** `name{labels} value [milliseconds]`. */
const SAMPLE = /^([a-zA-Z_:][\w:]*)(?:\{[^}]*\})?\s+(\S+)(?:\s+(-?\d+))?\s*$/

class PrometheusSamples extends SnapshotSamples {
  private firstLine = ''
  /** Metrics of memory that were read. */
  private metrics = 0
  private scrape = Number.NaN

  override report(): Record<string, unknown> {
    return { lines: this.lineCount, first_line: this.firstLine, metrics: this.metrics, ...super.report() }
  }

  override async *read(): AsyncGenerator<void> {
    const lines = new TextLines(this.source)
    for await (const block of lines.blocks()) {
      for (let i = 0; i < block.length; i++) if (block[i] !== '') this.take(block[i], lines.line + i + 1)
      this.lineCount += block.length
      yield
    }
    if (this.metrics === 0) {
      throw this.refused(
        'metrics of Prometheus, but none of node_vmstat_* or node_memory_*',
        'Scrape node_exporter, not another exporter.',
      )
    }
    this.finish('node_exporter (a page is one moment)', lines)
  }

  private take(text: string, line: number): void {
    if (line === 1) this.firstLine = text.slice(0, 120)
    if (text.startsWith('#')) return
    const m = SAMPLE.exec(text)
    if (m === null) {
      const time = dateSeconds(text)
      if (Number.isNaN(time)) this.skip(text, line)
      else this.lines.begin(time)
      return
    }
    const name = procName(m[1])
    if (name === undefined) return
    const value = Number(m[2])
    if (Number.isNaN(value)) throw this.broken('not a number', line, `a value for ${m[1]}`, m[2])
    this.metrics++
    const time = m[3] === undefined ? Number.NaN : Number(m[3]) / 1000
    if (!Number.isNaN(time) && time !== this.scrape) {
      this.scrape = time
      this.lines.begin(time)
    }
    // Bytes of node_memory_* into the kB of /proc/meminfo.
    this.lines.value(name, m[1].startsWith('node_memory_') ? value / 1024 : value, line)
  }
}
