/** `sar` text as a series. */

import { HEAD_BYTES } from '../../base/byte-source.js'
import { InputError } from '../../base/errors.js'
import type { Head, SeriesFormat } from '../format.js'
import { SysstatReport } from '../sysstat/report.js'
import { SysstatSamples } from '../sysstat/samples.js'
import { looksLikeHeader } from '../sysstat/tables.js'
import { SysstatTee } from '../sysstat/tee.js'
import { readBanner } from './banner.js'
import { bannerDay } from './banner-date.js'
import { type Clock, readClock } from './clock.js'
import { KernelRows } from './kernel-rows.js'
import { SarReader } from './reader.js'

export const sarText: SeriesFormat = {
  name: 'sar-text',
  kind: 'series',
  describe: 'what sar prints: -B, -r, -S, -W and other tables, live or from a file, any locale',
  detect: (head) => detectSar(head),
  reader: (source, options) => new SarSamples(source, options, 'sar-text', 'sar'),
}

/** A banner, or a line with a time and the names of one of sar's tables. */
function detectSar({ lines }: Head): boolean {
  const clock: Clock = { seconds: 0, end: 0, minutesOnly: false, ambiguous: false }
  for (const line of lines) {
    if (line.startsWith('Linux ') && readBanner(line)?.date.match(/\d/)) return true
    if (readClock(line, clock) && looksLikeHeader(line.slice(clock.end).trim().split(/\s+/))) return true
  }
  return false
}

class SarSamples extends SysstatSamples {
  protected override readonly ownInterval = false
  readonly clockScale = true
  private reported: SysstatReport | undefined

  override epochOf(time: number): number | undefined {
    const day = bannerDay(this.options.date ?? this.collector.date)
    return day === undefined ? undefined : day + time
  }

  report(): Record<string, unknown> {
    return this.reported?.result(this.issues.count('no-seconds') > 0) ?? {}
  }

  async *read(): AsyncGenerator<void> {
    const { source, collector, issues } = this
    if (this.options.report) this.reported = new SysstatReport()
    const sink = this.reported === undefined ? collector : new SysstatTee([collector, this.reported])
    const kernel = source.head.length < HEAD_BYTES ? undefined : KernelRows.open()
    const reader = new SarReader(source.name, sink, issues, (text, line) => this.skip(text, line), kernel)
    yield* reader.read(source)
    this.finish(reader.otherTables, 'sar text', 'sar -A -f /var/log/sa/saDD (or sar -B -r -S -W)')
    if (issues.count('no-seconds') > 0) {
      throw new InputError('times carry no seconds (locale nb_NO), so intervals cannot be known', {
        file: source.name,
        hint: 'Run: LC_ALL=C sar ... or use sadf -j',
        code: 'TM_INPUT_REFUSED',
      })
    }
    if (reader.wholeNumbers) {
      issues.add('no-decimals', 'printed with --dec=0: rates below 0.5 a second are lost', 'kept')
    }
    this.closeSkipped('sar', reader.lines)
  }
}
