/**
 * What the query_range API of Prometheus answers: a JSON document with a list of `[time, "value"]` for each metric, one
 * metric after another.
 */

import { InputError } from '../../base/errors.js'
import { type JsonKind, type JsonPath, type JsonVisitor, JsonWalker } from '../../base/json-walker.js'
import { linePieces, textChunks } from '../../base/text-chunks.js'
import type { SeriesFormat } from '../format.js'
import { Differences } from '../proc-vmstat/differences.js'
import { BaseSamples } from '../series/base-samples.js'
import { procName } from './names.js'

export const prometheusRange: SeriesFormat = {
  name: 'prometheus-range',
  kind: 'series',
  describe: 'answer of the query_range API of Prometheus for node_vmstat_* and node_memory_*',
  detect: ({ text }) =>
    /^\s*\{\s*"status"\s*:/.test(text) && /"resultType"\s*:\s*"(matrix|vector)"/.test(text.slice(0, 4096)),
  reader: (source, options) => new RangeSamples(source, options, 'prometheus-range', 'Prometheus'),
}

/** Moments that are held: the metrics come one after another, so all times are needed before the first difference. */
const MAX_MOMENTS = 200_000

class RangeSamples extends BaseSamples implements JsonVisitor {
  private readonly walker = new JsonWalker(this)
  private readonly moments = new Map<number, Map<string, number>>()
  private name: string | undefined
  private instance: string | undefined
  private readonly metrics = new Set<string>()
  private line = 1

  report(): Record<string, unknown> {
    return { metrics: [...this.metrics], moments: this.moments.size }
  }

  async *read(): AsyncGenerator<void> {
    for await (const chunk of textChunks(this.source)) {
      for (const piece of linePieces(chunk)) {
        this.walker.pushFrom(this.source.name, this.line, piece)
        if (piece.endsWith('\n')) this.line++
      }
      yield
    }
    if (!this.walker.done) {
      throw new InputError('the JSON document ends early: the file is cut off', {
        file: this.source.name,
        line: this.line,
      })
    }
    if (this.moments.size < 2) {
      throw this.refused(
        'fewer than two moments of node_vmstat_* or node_memory_*',
        'Ask the query_range API with the raw metrics, not their rates.',
      )
    }
    const differences = new Differences(this.source.name, this.store, this.issues, this.pagesPerKb)
    const times = [...this.moments.keys()].sort((a, b) => a - b)
    this.meta.startEpoch = times[0]
    for (const time of times) differences.add(time, this.moments.get(time) as Map<string, number>, 0)
    differences.close()
    yield
  }

  take(path: JsonPath, kind: JsonKind): boolean {
    if (path[0] !== 'data' || path[1] !== 'result') return false
    if (path.length === 4 && path[3] === 'metric') return true
    if (path.length === 5 && path[3] === 'values') return kind === 'array'
    return false
  }

  item(path: JsonPath, value: unknown): void {
    if (path[3] === 'metric') this.metric(value as Record<string, string>)
    else if (this.name !== undefined) this.value(this.name, value as [unknown, unknown])
  }

  private metric(labels: Record<string, string>): void {
    const metric = labels?.__name__ ?? ''
    this.name = procName(metric)
    if (this.name === undefined) return
    this.metrics.add(metric)
    const { instance } = labels
    if (this.instance !== undefined && instance !== undefined && instance !== this.instance) {
      throw this.broken('two hosts in one file', this.line, `instance ${this.instance}`, instance)
    }
    if (instance !== undefined) this.meta.host = this.instance = instance
  }

  private value(name: string, [time, text]: [unknown, unknown]): void {
    const value = Number(text)
    if (typeof time !== 'number' || Number.isNaN(value)) {
      throw this.broken('not a value of a metric', this.line, '[time, "value"]', JSON.stringify([time, text]))
    }
    let moment = this.moments.get(time)
    if (moment === undefined) {
      if (this.moments.size >= MAX_MOMENTS)
        throw this.broken('too many moments', this.line, `at most ${MAX_MOMENTS}`, String(time))
      moment = new Map()
      this.moments.set(time, moment)
    }
    moment.set(name, this.isBytes(name) ? value / 1024 : value)
  }

  /** Names of /proc/meminfo begin with a capital letter, and node_exporter gives them in bytes. */
  private isBytes(name: string): boolean {
    return /^[A-Z]/.test(name)
  }
}
