/**
 * Traces that are no record of intervals: events of the kernel, access heat, cache traces. They are recognised, so that
 * `inspect` can say what they are, and refused where they would have to be replayed.
 */

import type { Head, SeriesFormat } from './format.js'
import { BaseSamples } from './series/base-samples.js'
import { TextLines } from './text/text-lines.js'

function eventTrace(name: string, describe: string, detect: (head: Head) => boolean, why: string): SeriesFormat {
  return {
    name,
    kind: 'series',
    describe,
    detect,
    reader: (source, options) => new CountedLines(source, options, name, why),
  }
}

class CountedLines extends BaseSamples {
  private lines = 0
  private firstLine = ''

  constructor(
    source: ConstructorParameters<typeof BaseSamples>[0],
    options: ConstructorParameters<typeof BaseSamples>[1],
    format: string,
    private readonly why: string,
  ) {
    super(source, options, format)
  }

  report(): Record<string, unknown> {
    return { lines: this.lines, first_line: this.firstLine }
  }

  async *read(): AsyncGenerator<void> {
    const lines = new TextLines(this.source)
    for await (const block of lines.blocks()) {
      if (this.lines === 0) this.firstLine = block[0].slice(0, 120)
      this.lines += block.length
      yield
    }
    throw this.refused(
      this.why,
      'Replay a recording of counters (sar, sadf, vmstat, /proc/vmstat) or an allocation trace.',
    )
  }
}

const FTRACE_LINE = /^\s*.+-\d+\s+(\(\s*[\d-]+\)\s+)?\[\d{3}\]\s+(\S{4,5}\s+)?\d+\.\d+: \w+: /
const PERF_LINE = /^\s*\S.*\s\d+\s+\[\d{3}\]\s+\d+\.\d+:\s+\w+:\w+:/

export const ftrace = eventTrace(
  'ftrace',
  'ftrace or perf script text of vmscan events (recognised, not replayed)',
  ({ lines }) => lines[0]?.startsWith('# tracer:') || lines.filter((l) => FTRACE_LINE.test(l)).length >= 2,
  'reclaim events of ftrace: they say what the kernel did, not what processes asked for',
)

export const damon = eventTrace(
  'damon',
  'DAMON records (recognised, not replayed)',
  ({ lines }) =>
    lines.some((l) => /damon:damon_aggregated:/.test(l) || /^# start_addr\s+end_addr\s+length\s+nr_accesses/.test(l)),
  'records of DAMON: they say how hot memory is, not what was reclaimed',
)

export const perfScript = eventTrace(
  'perf-script',
  'perf script text (recognised, not replayed)',
  ({ lines }) => lines.filter((l) => PERF_LINE.test(l)).length >= 2,
  'events of perf script: they say what the kernel did, not what processes asked for',
)

export const cacheTrace = eventTrace(
  'cachetrace',
  'cache traces with one access a row (recognised, not replayed)',
  ({ lines }) =>
    /^version,time,op,size,lbn$/.test(lines[0]?.trim() ?? '') ||
    /^Timestamp,Hostname,Disk,Type,Offset,Size/.test(lines[0] ?? ''),
  'a cache trace: accesses to objects, no record of reclaim',
)
