/** Recordings as the tools of hosts print them, as long as one likes: made up, the same each time. */

import { closeSync, openSync, writeSync } from 'node:fs'
import { randomSource } from '../traces/random.js'

const START = Date.UTC(2024, 4, 31) / 1000

const two = (n: number): string => String(n).padStart(2, '0')
const clock = (second: number): string =>
  `${two(Math.floor(second / 3600) % 24)}:${two(Math.floor(second / 60) % 60)}:${two(second % 60)}`
const date = (second: number): string => new Date((START + second) * 1000).toISOString().slice(0, 10)

/** Writes lines to a file in large pieces. */
function writeLines(path: string, lines: Iterable<string>): void {
  const fd = openSync(path, 'w')
  let text = ''
  for (const line of lines) {
    text += `${line}\n`
    if (text.length < 1 << 20) continue
    writeSync(fd, text)
    text = ''
  }
  writeSync(fd, text)
  closeSync(fd)
}

/** `sar -B 1` of several days, 24-hour clock, column names again every 40 rows. */
export function writeSarText(path: string, rows: number): void {
  const random = randomSource(21)
  const cell = (most: number): string => ((random() % (most * 100)) / 100).toFixed(2).padStart(9)
  writeLines(
    path,
    (function* () {
      yield 'Linux 5.4.0-42-generic (web1) \t05/31/24 \t_x86_64_\t(4 CPU)'
      for (let i = 0; i < rows; i++) {
        if (i % 40 === 0) {
          yield ''
          yield `${clock(i)}     pgpgin/s pgpgout/s   fault/s  majflt/s  pgfree/s pgscank/s pgscand/s pgsteal/s    %vmeff`
        }
        const scanned = cell(900)
        const rest = [cell(4000), cell(4000), cell(90000), cell(90), cell(90000)].join(' ')
        yield `${clock(i + 1)}     ${rest} ${scanned}      0.00 ${scanned}    100.00`
      }
    })(),
  )
}

/** Seconds of an interval of a day's `sar`, as cron has it. */
const DAY_INTERVAL = 600

/**
 * `sar -B` of a day of a busy host of 64 GiB, as sysstat's cron job keeps it: files read all day long, twice as many in
 * office hours, a backup at 2:00 that streams through the page cache, and processes that come and go.
 */
export function writeSarDay(path: string): void {
  const random = randomSource(23)
  const about = (value: number): number => value * (0.8 + (random() % 400) / 1000)
  const cell = (value: number): string => value.toFixed(2).padStart(9)
  writeLines(
    path,
    (function* () {
      yield 'Linux 6.1.0-18-amd64 (db7) \t05/31/24 \t_x86_64_\t(16 CPU)'
      yield ''
      yield `${clock(0)}     pgpgin/s pgpgout/s   fault/s  majflt/s  pgfree/s pgscank/s pgscand/s pgsteal/s    %vmeff`
      for (let t = DAY_INTERVAL; t < 86_400; t += DAY_INTERVAL) {
        const hour = t / 3600
        const busy = hour > 8 && hour < 18 ? 2 : 1
        const backup = hour > 2 && hour < 3
        const read = about(backup ? 15_000 : 1500 * busy)
        const written = about(400 * busy)
        const faults = about(4000 * busy)
        // Memory is full all day: what comes in takes the place of something.
        const stolen = read + written
        const scanned = stolen / about(0.85)
        const direct = backup ? 0.02 * scanned : 0
        yield [
          `${clock(t)}    `,
          ...[4 * read, 4 * written, faults, about(2), faults + stolen, scanned - direct, direct, stolen].map(cell),
          cell((100 * stolen) / scanned),
        ].join(' ')
      }
    })(),
  )
}

/** `sadf -d -- -B`, one sample a second. */
export function writeSadfCsv(path: string, rows: number): void {
  const random = randomSource(22)
  const cell = (most: number): string => ((random() % (most * 100)) / 100).toFixed(2)
  writeLines(
    path,
    (function* () {
      yield '# hostname;interval;timestamp;pgpgin/s;pgpgout/s;fault/s;majflt/s;pgfree/s;pgscank/s;pgscand/s;pgsteal/s;%vmeff'
      for (let i = 0; i < rows; i++) {
        const scanned = cell(900)
        const rest = [cell(4000), cell(4000), cell(90000), cell(90), cell(90000)].join(';')
        yield `web1;1;${START + i + 1};${rest};${scanned};0.00;${scanned};100.00`
      }
    })(),
  )
}

/** `vmstat -t 1`. */
export function writeVmstat(path: string, rows: number): void {
  const random = randomSource(23)
  const cell = (most: number, width: number): string => String(random() % most).padStart(width)
  writeLines(
    path,
    (function* () {
      yield 'procs -----------memory---------- ---swap-- -----io---- --system-- -----cpu------ ---timestamp---'
      yield ' r  b   swpd   free   buff  cache   si   so    bi    bo   in   cs us sy id wa st'
      for (let i = 0; i < rows; i++) {
        const memory = `${cell(99999, 6)} ${cell(999999, 6)} ${cell(99999, 6)} ${cell(999999, 6)}`
        const swap = `${cell(99, 4)} ${cell(99, 4)} ${cell(9999, 5)} ${cell(9999, 5)}`
        yield ` 1  0 ${memory} ${swap} ${cell(9999, 4)} ${cell(9999, 4)}  5  1 94  0  0 ${date(i)} ${clock(i)} UTC`
      }
    })(),
  )
}
