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
