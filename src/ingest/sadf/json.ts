/** `sadf -j` as a series: entries are cut out of `statistics` while the document streams by. */

import { InputError } from '../../base/errors.js'
import { type JsonKind, type JsonPath, type JsonVisitor, JsonWalker } from '../../base/json-walker.js'
import { linePieces, textChunks } from '../../base/text-chunks.js'
import type { SeriesFormat } from '../format.js'
import { SysstatSamples } from '../sysstat/samples.js'
import { StampLine, stampSeconds } from '../sysstat/stamp.js'
import { cleanText } from '../text/clean.js'
import { EntryRows, isReadActivity } from './entries.js'
import { type HostReport, SadfHostReport } from './host-report.js'
import { repairJsonLine } from './json-repair.js'

export const sadfJson: SeriesFormat = {
  name: 'sadf-j',
  kind: 'series',
  describe: 'sadf -j: one JSON document',
  detect: ({ text }) => /^\s*\{\s*"sysstat"\s*:/.test(text),
  reader: (source, options) => new SadfJsonSamples(source, options, 'sadf-j', 'sadf -j'),
}

type Entry = Record<string, unknown>

const HOST_FIELDS = new Set(['nodename', 'release', 'number-of-cpus', 'file-date', 'timezone'])

class SadfJsonSamples extends SysstatSamples implements JsonVisitor {
  private readonly walker = new JsonWalker(this)
  private readonly rows = new EntryRows(this.collector, new StampLine())
  private readonly hosts: SadfHostReport[] = []
  private line = 1
  private valid = true
  private defect: string | undefined

  report(): Record<string, unknown> {
    const hosts: HostReport[] = this.hosts.map((host) => host.result())
    return { valid_json: this.valid, ...(this.defect === undefined ? {} : { error_in_json: this.defect }), hosts }
  }

  async *read(): AsyncGenerator<void> {
    const file = this.source.name
    for await (const chunk of textChunks(this.source)) {
      for (const piece of linePieces(cleanText(chunk))) {
        this.feed(piece)
        if (piece.endsWith('\n')) this.line++
      }
      yield
    }
    if (!this.walker.done) {
      throw new InputError('the JSON document ends early: the file is cut off', {
        file,
        line: this.line,
        expected: 'the closing brackets',
        hint: 'Close it by hand ("]}]}}") or write it again from the sa file.',
      })
    }
    const others = this.hosts.flatMap((host) => host.activities())
    this.finish(others, 'sadf -j', 'sadf -j /var/log/sa/saDD -- -B -r -S -W')
  }

  private feed(piece: string): void {
    const { text, defect, column } = repairJsonLine(piece)
    if (defect !== undefined && this.valid) {
      this.valid = false
      const what = defect === 'missing-comma' ? 'a comma is missing before "fchosts"' : 'numbers have decimal commas'
      const who =
        defect === 'missing-comma'
          ? 'sysstat 11.1.5 to 11.2.0 writes this'
          : 'sysstat before 11.5.2 writes the numbers of the locale'
      this.defect = `not valid JSON at line ${this.line} column ${column}: ${what}. ${who}`
      this.issues.add(`json-${defect}`, this.defect, 'repaired', this.line)
    }
    this.walker.pushFrom(this.source.name, this.line, text, piece)
  }

  take(path: JsonPath, kind: JsonKind): boolean {
    if (path.length === 3 && kind === 'object') this.newHost()
    if (path.length === 4) return HOST_FIELDS.has(path[3] as string)
    return path.length === 5 && path[0] === 'sysstat' && path[1] === 'hosts'
  }

  item(path: JsonPath, value: unknown): void {
    const host = this.hosts.at(-1)
    if (host === undefined) return
    if (path.length === 4) this.hostField(path[3] as string, value, host)
    else if (typeof value !== 'object' || value === null) return
    else if (path[3] === 'statistics') this.entry(value as Entry, host)
    else if (path[3] === 'restarts') this.restart(value as Entry, host)
    else if (path[3] === 'comments') host.comments.push(value as Entry)
  }

  private newHost(): void {
    if (this.hosts.length > 0) throw this.wrong('two hosts in one file', 'one host', 'a second one')
    this.hosts.push(new SadfHostReport())
  }

  private hostField(name: string, value: unknown, host: SadfHostReport): void {
    if (name === 'nodename') this.meta.host = host.nodename = String(value)
    else if (name === 'release') this.meta.kernel = host.release = String(value)
    else if (name === 'number-of-cpus' && typeof value === 'number') this.meta.cpus = host.cpus = value
  }

  private entry(entry: Entry, host: SadfHostReport): void {
    const stamp = entry.timestamp as Record<string, unknown> | undefined
    const text = stamp === undefined ? '' : `${stamp.date} ${stamp.time}`
    const seconds = stampSeconds(text)
    if (Number.isNaN(seconds))
      throw this.wrong(
        'an entry without a time',
        '"timestamp": {"date", "time", "interval"}',
        JSON.stringify(stamp ?? entry),
      )
    const interval = Number(stamp?.interval)
    host.entry(entry, interval)
    if (!this.rows.at(seconds, interval)) throw this.wrong('time goes backwards', 'a time after the entry before', text)
    for (const [name, values] of Object.entries(entry)) {
      if (isReadActivity(name)) this.rows.activity(name, this.numbers(name, values), this.line)
    }
  }

  private numbers(activity: string, values: unknown): Record<string, number> {
    if (typeof values !== 'object' || values === null)
      throw this.wrong(`"${activity}" is no object`, 'names and numbers', JSON.stringify(values))
    for (const [name, value] of Object.entries(values)) {
      if (typeof value === 'number') continue
      throw this.wrong('not a number', `a number for ${activity}.${name}`, JSON.stringify(value))
    }
    return values as Record<string, number>
  }

  private restart(value: Entry, host: SadfHostReport): void {
    host.restarts.push(value)
    const boot = value.boot as Record<string, unknown> | undefined
    const seconds = stampSeconds(`${boot?.date} ${boot?.time}`)
    if (!Number.isNaN(seconds)) this.store.breakAt(seconds)
  }

  private wrong(message: string, expected: string, found: string): InputError {
    return this.broken(message, this.line, expected, found)
  }
}
