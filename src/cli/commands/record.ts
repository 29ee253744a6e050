/** `tidemark record [OUT]` */

import { Command, Option } from 'commander'
import { UsageError } from '../../base/errors.js'
import { openHost } from '../../record/host-files.js'
import { type RecordingSummary, record } from '../../record/recorder.js'
import type { RecordingHeader } from '../../trace/recording-format.js'
import { parseDuration } from '../duration.js'
import { examples } from '../options.js'
import { OutputClosed, type Terminal } from '../terminal.js'
import { number, shellWord, visible } from '../text.js'
import { packageVersion } from '../version.js'

interface RecordFlags {
  interval: number
  duration?: number
  cgroup?: string[]
  append?: boolean
  proc?: string
}

/** Shortest and longest interval, seconds: a sample takes about a millisecond, and a timer at most 24 days. */
const LEAST = 0.01
const MOST = 86_400

export function recordCommand(terminal: Terminal): Command {
  const command = new Command('record')
    .summary("record this host's memory counters, to be replayed")
    .description(
      'Record this Linux host: a description of the machine, then samples of /proc/vmstat, /proc/meminfo, pressure stall times, zones and cgroups. The file is valid at any time; Ctrl-C ends it.',
    )
    .argument('[out]', 'file to write, gzip if it ends in .gz; tidemark-HOST-TIME.ndjson.gz unless given')
    .addOption(
      new Option('--interval <time>', 'time between samples: 500ms, 1s, 1m')
        .argParser((text) => parseDuration(text, LEAST, MOST))
        .default(1, '1s'),
    )
    .option('--duration <time>', 'how long to record: 90s, 10m, 2h, 1d; until Ctrl-C unless given', (text) =>
      parseDuration(text, LEAST),
    )
    .option('--cgroup <path>', 'cgroup (v2) to record as well; may be given again', collect)
    .option('--append', 'go on with a recording that is there, also after a restart of the host')
    .option('--proc <folder>', 'read from a folder that holds /proc and /sys as proc and sys, instead of this host')
    .addHelpText('after', DETAILS)
  return examples(
    command,
    'tidemark record',
    'tidemark record --interval 1s --duration 10m web1.ndjson.gz',
    'tidemark record db.ndjson.gz --cgroup /system.slice/postgresql.service',
    'tidemark record day.ndjson.gz --interval 5s --append      # as a service: goes on after a restart',
    'tidemark replay web1.ndjson.gz --set vm.swappiness=10     # the machine is in the recording',
  ).action((out: string | undefined, flags: RecordFlags) => run(out, flags, terminal))
}

const DETAILS = `
What cannot be read (no PSI, no cgroup v2, a restricted /proc) is left out and said once on standard error.
No privileges are needed. SIGINT, SIGTERM and SIGHUP end the recording with one more sample; a recorder
that is killed loses at most the line it was writing. A file that is there is never overwritten.

Units in the file are those of the kernel: pages and events in /proc/vmstat (pgpgin and pgpgout in KiB),
kB in /proc/meminfo, microseconds of stall time, bytes in cgroups.

Exit status: 0 recorded, also when it was ended by a signal, 2 wrong usage, 3 /proc/vmstat cannot be read,
4 the file cannot be written (what was sampled before stays readable), 130 a second signal.`

function collect(text: string, sofar: string[] = []): string[] {
  return [...sofar, text]
}

async function run(out: string | undefined, flags: RecordFlags, terminal: Terminal): Promise<void> {
  if (out === '-' || out === '/dev/stdout') {
    throw new UsageError('record writes to a file', 'A pipe needs a name: mkfifo pipe; tidemark record pipe')
  }
  const host = openHost(flags.proc)
  const path = out ?? defaultName(host.value('/proc/sys/kernel/hostname'), new Date())
  const stop = stopSignal()
  try {
    const summary = await record({
      host,
      out: path,
      append: flags.append,
      interval: flags.interval,
      duration: flags.duration,
      cgroups: flags.cgroup,
      tool: `tidemark ${packageVersion()}`,
      signal: stop.signal,
      note: (message) => terminal.note(`note: ${visible(message)}`),
      onStart: (header) => say(terminal, started(header, path, flags)),
    })
    await say(terminal, ended(summary))
  } finally {
    stop.release()
  }
}

/** A recording goes on when nobody reads what it prints. */
async function say(terminal: Terminal, line: string): Promise<void> {
  try {
    await terminal.write(`${line}\n`)
  } catch (error) {
    if (!(error instanceof OutputClosed)) throw error
  }
}

/** Aborts at the first signal; a second one ends the process at once. */
function stopSignal(): { signal: AbortSignal; release: () => void } {
  const controller = new AbortController()
  const names = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const
  const onSignal = (): void => {
    if (controller.signal.aborted) process.exit(130)
    controller.abort()
  }
  for (const name of names) process.on(name, onSignal)
  return {
    signal: controller.signal,
    release: () => {
      for (const name of names) process.off(name, onSignal)
    },
  }
}

/** `tidemark-web1-20260301T120000Z.ndjson.gz` */
function defaultName(host: string | undefined, now: Date): string {
  const time = now.toISOString().replace(/[-:]|\.\d+/g, '')
  return `tidemark-${(host ?? 'host').replace(/[^\w.-]/g, '_')}-${time}.ndjson.gz`
}

function started({ host = 'this host' }: RecordingHeader, path: string, { interval, duration }: RecordFlags): string {
  const until = duration === undefined ? 'until Ctrl-C' : `for ${duration} s`
  return visible(`recording ${host} every ${interval} s ${until} to ${path}`)
}

function ended({ path, samples, seconds, bytes, microsecondsPerSample }: RecordingSummary): string {
  const cost = `${number(bytes)} bytes, ${number(microsecondsPerSample)} us a sample`
  return `${number(samples)} samples in ${seconds.toFixed(1)} s, ${cost}; next: tidemark replay ${visible(shellWord(path))}`
}
