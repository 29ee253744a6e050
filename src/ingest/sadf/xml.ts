/** `sadf -x` as a series, from sysstat 7 (DTD 1.0, decimal commas) to 12.7. */

import { InputError } from '../../base/errors.js'
import { textChunks } from '../../base/text-chunks.js'
import { type XmlHandler, XmlPull } from '../../base/xml-pull.js'
import type { SeriesFormat } from '../format.js'
import { round } from '../sysstat/report.js'
import { SysstatSamples } from '../sysstat/samples.js'
import { StampLine, stampSeconds } from '../sysstat/stamp.js'
import { cleanText } from '../text/clean.js'
import { type DecimalMark, parseNumber } from '../text/numbers.js'
import { EntryRows, isReadActivity } from './entries.js'

export const sadfXml: SeriesFormat = {
  name: 'sadf-x',
  kind: 'series',
  describe: 'sadf -x: one XML document',
  detect: ({ text }) => /^\s*</.test(text) && /<sysstat[\s>]/.test(text.slice(0, 4096)),
  reader: (source, options) => new SadfXmlSamples(source, options, 'sadf-x', 'sadf -x'),
}

type Attributes = Record<string, string>

interface XmlHostReport {
  nodename: string
  entries: number
  restarts: Attributes[]
  comments: Attributes[]
  paging_rows: number
  first?: [Attributes, Attributes]
  last?: [Attributes, Attributes]
  integrated?: Record<string, number>
}

/** Attributes that say of an activity how it is given, not what. */
const NOTES = new Set(['per', 'unit'])

class SadfXmlSamples extends SysstatSamples implements XmlHandler {
  private readonly pull = new XmlPull(this)
  private readonly rows = new EntryRows(this.collector, new StampLine())
  private readonly mark: DecimalMark = { code: 0 }
  private readonly hosts: XmlHostReport[] = []
  private readonly others = new Set<string>()
  private element = ''
  /** Attributes of the open `timestamp`. */
  private timestamp: Attributes | undefined
  /** The open activity whose values are elements of their own, and these values. */
  private open_: { name: string; values: Attributes } | undefined

  report(): Record<string, unknown> {
    return {
      hosts: this.hosts.map(({ integrated, ...host }) => {
        if (integrated === undefined) return host
        return { ...host, integrated: Object.fromEntries(Object.entries(integrated).map(([k, v]) => [k, round(v, 1)])) }
      }),
    }
  }

  async *read(): AsyncGenerator<void> {
    for await (const chunk of textChunks(this.source)) {
      const text = cleanText(chunk)
      this.parse(() => this.pull.push(text))
      yield
    }
    this.parse(() => this.pull.end())
    this.finish(this.others, 'sadf -x', 'sadf -x /var/log/sa/saDD -- -B -r -S -W')
  }

  private parse(work: () => void): void {
    try {
      work()
    } catch (error) {
      if (error instanceof InputError) throw error
      throw new InputError(`not valid XML: ${(error as Error).message}`, {
        file: this.source.name,
        line: this.pull.line,
      })
    }
  }

  open(name: string, attributes: Attributes): void {
    this.element = name
    if (name === 'host') this.newHost(attributes.nodename ?? '')
    else if (name === 'timestamp') this.newEntry(attributes)
    else if (name === 'boot') this.restart(attributes)
    else if (name === 'comment') this.hosts.at(-1)?.comments.push(attributes)
    else if (this.timestamp !== undefined && isReadActivity(name)) this.activity(name, attributes)
    else if (this.timestamp !== undefined && this.open_ === undefined && this.others.size < 100) this.others.add(name)
  }

  close(name: string): void {
    if (name === 'timestamp') this.timestamp = undefined
    if (name !== this.open_?.name) return
    const { values } = this.open_
    this.open_ = undefined
    if (Object.keys(values).length > 0) this.rows.activity(name, this.numbers(name, values), this.pull.line)
  }

  text(text: string): void {
    if (this.open_ !== undefined) this.open_.values[this.element] = text
    else if (this.element === 'release') this.meta.kernel = text
    else if (this.element === 'number-of-cpus') this.meta.cpus = Number(text)
  }

  private newHost(nodename: string): void {
    if (this.hosts.length > 0) throw this.wrong('two hosts in one file', `host ${this.meta.host}`, nodename)
    this.meta.host = nodename
    this.hosts.push({ nodename, entries: 0, restarts: [], comments: [], paging_rows: 0 })
  }

  private newEntry(attributes: Attributes): void {
    const host = this.hosts.at(-1)
    if (host === undefined) throw this.wrong('a timestamp outside of a host', '<host nodename=…>', '<timestamp>')
    host.entries++
    this.timestamp = attributes
    const text = `${attributes.date} ${attributes.time}`
    const seconds = stampSeconds(text)
    if (Number.isNaN(seconds)) throw this.wrong('not a time', 'date="YYYY-MM-DD" time="HH:MM:SS"', text)
    if (!this.rows.at(seconds, Number(attributes.interval))) {
      throw this.wrong('time goes backwards', 'a time after the entry before', text)
    }
  }

  private activity(name: string, attributes: Attributes): void {
    const values = Object.fromEntries(Object.entries(attributes).filter(([key]) => !NOTES.has(key)))
    this.open_ = { name, values }
    if (name !== 'paging') return
    const host = this.hosts.at(-1) as XmlHostReport
    host.paging_rows++
    host.last = [this.timestamp as Attributes, attributes]
    host.first ??= host.last
    for (const key of ['pgscank', 'pgscand', 'pgsteal']) {
      if (values[key] === undefined) continue
      host.integrated ??= {}
      const rate = Number(values[key].replace(',', '.'))
      host.integrated[key] = (host.integrated[key] ?? 0) + rate * Number(this.timestamp?.interval)
    }
  }

  private numbers(activity: string, values: Attributes): Record<string, number> {
    const numbers: Record<string, number> = {}
    for (const [name, text] of Object.entries(values)) {
      const value = parseNumber(text, 0, text.length, this.mark)
      if (Number.isNaN(value)) throw this.wrong('not a number', `a number for ${activity} ${name}`, text)
      numbers[name] = value
    }
    return numbers
  }

  private restart(attributes: Attributes): void {
    this.hosts.at(-1)?.restarts.push(attributes)
    const seconds = stampSeconds(`${attributes.date} ${attributes.time}`)
    if (!Number.isNaN(seconds)) this.store.breakAt(seconds)
  }

  private wrong(message: string, expected: string, found: string): InputError {
    return this.broken(message, this.pull.line, expected, found)
  }
}
