/** `sadf -d` as a series. */

import { InputError } from '../../base/errors.js'
import type { SeriesFormat } from '../format.js'
import { SysstatSamples } from '../sysstat/samples.js'
import { SysstatTee } from '../sysstat/tee.js'
import { SadfCsvReader } from './csv-reader.js'
import { RawTables } from './raw-tables.js'
import { RestartBreaks } from './restart-breaks.js'

export const sadfCsv: SeriesFormat = {
  name: 'sadf-d',
  kind: 'series',
  describe: 'sadf -d: tables separated by semicolons',
  detect: ({ lines }) => lines.some((line) => /^#\s*hostname[;,]interval[;,]timestamp/.test(line)),
  reader: (source, options) => new SadfCsvSamples(source, options, 'sadf-d', 'sadf -d'),
}

class SadfCsvSamples extends SysstatSamples {
  private readonly raw = new RawTables()

  report(): Record<string, unknown> {
    return this.raw.result()
  }

  async *read(): AsyncGenerator<void> {
    const sink = new SysstatTee([this.collector, new RestartBreaks(this.store)])
    const skip = (text: string, line: number): void => this.skip(text, line)
    const raw = this.options.report ? this.raw : undefined
    const reader = new SadfCsvReader(this.source.name, sink, this.issues, skip, raw)
    yield* reader.read(this.source)
    this.meta.host = reader.host
    if (reader.horizontal) {
      throw new InputError('written with sadf -h, which puts all items on one line', {
        file: this.source.name,
        hint: 'Run sadf -d without -h.',
        code: 'TM_INPUT_REFUSED',
      })
    }
    this.finish(reader.otherTables, 'sadf -d', 'sadf -d /var/log/sa/saDD -- -B -r -S -W')
    this.closeSkipped('sadf -d', reader.lines)
  }
}
