/** `sar` text as a series. */

import type { ByteSource } from '../../base/byte-source.js'
import { excerpt, InputError } from '../../base/errors.js'
import type { SeriesMeta } from '../../trace/series.js'
import type { Head, IngestOptions, SeriesFormat } from '../format.js'
import { IssueList } from '../series/issue-list.js'
import { RecordedSeries, type SampleReader } from '../series/recorded-series.js'
import { SampleStore } from '../series/sample-store.js'
import { SysstatCollector } from '../sysstat/collector.js'
import { looksLikeHeader } from '../sysstat/tables.js'
import { TextLines } from '../text/text-lines.js'
import { type Clock, readClock } from './clock.js'
import { readBanner, SarReader } from './reader.js'

export const sarText: SeriesFormat = {
  name: 'sar-text',
  kind: 'series',
  describe: 'what sar prints: -B, -r, -S, -W and other tables, live or from a file, any locale',
  detect: (head) => detectSar(head),
  open: async (source, options) => new RecordedSeries(new SarSamples(source, options)),
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

class SarSamples implements SampleReader {
  readonly meta: SeriesMeta
  readonly issues: IssueList
  readonly store = new SampleStore()

  constructor(
    private readonly source: ByteSource,
    private readonly options: IngestOptions,
  ) {
    this.meta = { file: source.name, format: sarText.name, tool: 'sar' }
    this.issues = new IssueList(source.name, options.strict)
  }

  async *read(): AsyncGenerator<void> {
    const { source, store, meta, issues } = this
    const collector = new SysstatCollector(store, meta, this.options.pageSize ?? 4096)
    const reader = new SarReader(source.name, collector, issues)
    yield* reader.read(new TextLines(source))
    if (reader.rows === 0) throw nothing(source.name, reader)
    if (issues.count('no-seconds') > 0) {
      throw new InputError('times carry no seconds (locale nb_NO), so intervals cannot be known', {
        file: source.name,
        hint: 'Run: LC_ALL=C sar ... or use sadf -j',
        code: 'TM_INPUT_REFUSED',
      })
    }
    if (collector.pagingRows === 0) {
      issues.add('no-paging-table', 'no -B table: scan and steal counts are not known. Run: sar -A', 'kept')
    }
    if (reader.skipped > 0) {
      const first = `first: ${excerpt(reader.firstSkipped)}`
      issues.add(
        'skipped-lines',
        `${reader.skipped} lines are no output of sar; ${first}`,
        'dropped',
        reader.firstSkippedLine,
      )
    }
  }
}

function nothing(file: string, reader: SarReader): InputError {
  if (reader.otherTables.size > 0) {
    const first = [...reader.otherTables][0]
    return new InputError('sar text without a table of memory. Reclaim needs the -B table', {
      file,
      expected: 'a header with pgpgin/s pgpgout/s ... pgsteal/s',
      found: first,
      hint: 'Run: sar -A -f /var/log/sa/saDD (or sar -B -r -S -W)',
      code: 'TM_INPUT_REFUSED',
    })
  }
  return new InputError('sar text without a row of data', {
    file,
    expected: 'rows below a header such as "12:10:01 AM pgpgin/s pgpgout/s ..."',
    hint: 'The recording was stopped before the first interval ended.',
  })
}
