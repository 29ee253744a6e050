/**
 * Counter series in tidemark's own forms, as `tidemark convert` writes them from any recording.
 *
 *     {"series":"counters/1","host":"web1","kernel":"6.1.0","start_epoch":1717165805,"recorded_as":"sar-text"}
 *     {"t":600,"dt":600,"segment":0,"pgpgin":5120,"pgscan_kswapd":96,"nr_free_pages":20112}
 *
 * `t` is the end of the interval in seconds since the start of the first one, `dt` its length, `segment` goes up when
 * the host was restarted. Counters are counts over the interval, after repair; what was not recorded is left out. As
 * CSV: the header behind `# `, a line with the names of the columns, a row a sample, empty cells for what is missing.
 */

import { SERIES_COUNTERS, SERIES_LEVELS, type SeriesColumn } from '../trace/series.js'
import type { SeriesFormat } from './format.js'
import { BaseSamples } from './series/base-samples.js'
import type { RecorderTraits } from './series/repair.js'
import { TextLines } from './text/text-lines.js'

const COLUMNS = new Set<string>([...SERIES_COUNTERS, ...SERIES_LEVELS])
const HEADER = /^(?:# ?)?\{"series":"counters\//

export const seriesNdjson: SeriesFormat = {
  name: 'series-ndjson',
  kind: 'series',
  describe: 'counter series as NDJSON, written by tidemark convert',
  detect: ({ lines }) => HEADER.test(lines[0]) && lines[0].startsWith('{'),
  reader: (source, options) => new NdjsonSamples(source, options, 'series-ndjson'),
}

export const seriesCsv: SeriesFormat = {
  name: 'series-csv',
  kind: 'series',
  describe: 'counter series as CSV, written by tidemark convert',
  detect: ({ lines }) => (HEADER.test(lines[0]) && lines[0].startsWith('#')) || /^t,dt,segment,/.test(lines[0] ?? ''),
  reader: (source, options) => new CsvSamples(source, options, 'series-csv'),
}

abstract class CanonicalSamples extends BaseSamples {
  private rows = 0
  private lastTime = Number.NEGATIVE_INFINITY
  private lastSegment = 0
  private started: number | undefined

  override traits(): RecorderTraits {
    return { sysstat: false, vmeff: false, kbavail: false, ownInterval: true }
  }

  epochOf(time: number): number | undefined {
    return this.started === undefined ? undefined : this.started + time
  }

  report(): Record<string, unknown> {
    return { rows: this.rows, columns: [...this.store.columns.keys()] }
  }

  async *read(): AsyncGenerator<void> {
    const lines = new TextLines(this.source)
    for await (const block of lines.blocks()) {
      for (let i = 0; i < block.length; i++) {
        if (block[i].trim() !== '') this.take(block[i], lines.line + i + 1)
      }
      yield
    }
    if (this.rows === 0) throw this.refused('a series without samples')
  }

  protected abstract take(text: string, line: number): void

  protected header(text: string, line: number): void {
    const value = this.parse(text, line)
    if (value.series !== 'counters/1') {
      throw this.broken('a series of a version that is not known', line, '"series":"counters/1"', text)
    }
    const { meta } = this
    if (typeof value.host === 'string') meta.host = value.host
    if (typeof value.kernel === 'string') meta.kernel = value.kernel
    if (typeof value.tool === 'string') meta.tool = value.tool
    if (typeof value.cpus === 'number') meta.cpus = value.cpus
    if (typeof value.start_epoch === 'number') this.started = value.start_epoch
    if (typeof value.machine === 'object' && value.machine !== null) {
      meta.machine = value.machine as Record<string, unknown>
    }
  }

  protected parse(text: string, line: number): Record<string, unknown> {
    try {
      return JSON.parse(text) as Record<string, unknown>
    } catch (error) {
      throw this.broken(`not valid JSON: ${(error as Error).message}`, line, 'one JSON object a line', text)
    }
  }

  /** One sample, from pairs of name and value. */
  protected sample(fields: Iterable<[string, unknown]>, text: string, line: number): void {
    let t = Number.NaN
    let dt = Number.NaN
    let segment = 0
    const values: [SeriesColumn, number][] = []
    for (const [name, value] of fields) {
      if (typeof value !== 'number' || !Number.isFinite(value)) {
        throw this.broken(`"${name}" is not a number`, line, 'a number', JSON.stringify(value))
      }
      if (name === 't') t = value
      else if (name === 'dt') dt = value
      else if (name === 'segment') segment = value
      else if (COLUMNS.has(name)) values.push([name as SeriesColumn, value])
      else this.issues.once('unknown-column', `a column "${name}" is not known and was left out`, 'dropped')
    }
    if (Number.isNaN(t) || !(dt > 0)) throw this.broken('a sample without a time', line, '"t" and "dt"', text)
    if (t <= this.lastTime) throw this.broken('time goes backwards', line, `t above ${this.lastTime}`, String(t))
    if (segment < this.lastSegment || !Number.isInteger(segment)) {
      throw this.broken('"segment" goes backwards', line, `${this.lastSegment} or more`, String(segment))
    }
    this.lastTime = t
    this.lastSegment = segment
    const at = this.store.sample(segment, t, dt, line)
    for (const [column, value] of values) this.store.set(at, column, value, 'plain')
    this.rows++
  }
}

class NdjsonSamples extends CanonicalSamples {
  private begun = false

  protected take(text: string, line: number): void {
    if (this.begun) this.sample(Object.entries(this.parse(text, line)), text, line)
    else this.header(text, line)
    this.begun = true
  }
}

class CsvSamples extends CanonicalSamples {
  private names: string[] = []

  protected take(text: string, line: number): void {
    if (text.startsWith('#')) {
      if (HEADER.test(text)) this.header(text.replace(/^# ?/, ''), line)
      return
    }
    const cells = text.split(',').map((cell) => cell.trim())
    if (this.names.length === 0) {
      this.names = cells
      return
    }
    if (cells.length !== this.names.length) {
      const expected = `${this.names.length} cells`
      throw this.broken(`row has ${cells.length} cells`, line, expected, text)
    }
    this.sample(this.cells(cells), text, line)
  }

  private *cells(cells: string[]): Generator<[string, unknown]> {
    for (let i = 0; i < cells.length; i++) {
      if (cells[i] === '') continue
      const value = Number(cells[i])
      yield [this.names[i], Number.isNaN(value) ? cells[i] : value]
    }
  }
}
