/** The same log as other tools, mail programs and terminals would show it says the same. */

import { describe, expect, it } from 'vitest'
import { judgeOomReport, parseOomReports } from '../../../src/ingest/oom-report/index.js'
import { stripPrefix } from '../../../src/ingest/oom-report/line-prefix.js'
import { fixtureText, reportLines } from './fixtures.js'

const SOURCES: Record<string, string> = {
  'el6-2.6.32.log': fixtureText('el6-2.6.32.log'),
  'deb10-4.19-sacrificed-child.log': fixtureText('deb10-4.19-sacrificed-child.log'),
  'memcg-6.1-group.log.gz': fixtureText('memcg-6.1-group.log.gz'),
  'ppc64le-6.12-64k-pages.log': fixtureText('ppc64le-6.12-64k-pages.log'),
  'a plain report': reportLines({
    tasks: Array.from({ length: 40 }, (_, i) => ({ pid: 100 + i, rss: 900 * i, swap: 7 * i, name: `task ${i}` })),
    chosen: 139,
    score: 354,
  }).join('\n'),
}

const bare = (text: string): string[] =>
  text.split('\n').flatMap((raw) => {
    const line = stripPrefix(raw)
    return line.foreign ? [] : [line.text]
  })
const stamped = (text: string): string[] => bare(text).map((l, i) => `[${String(1000 + i).padStart(5)}.000000] ${l}`)
const syslog = (text: string): string[] => bare(text).map((l) => `Jan  2 03:04:05 box kernel: ${l}`)

/** At the last blank before the width, as mail programs do. */
function soft(line: string, width: number): string[] {
  const out: string[] = []
  let rest = line
  while (rest.length > width) {
    const at = rest.lastIndexOf(' ', width)
    if (at <= 0) break
    out.push(rest.slice(0, at))
    rest = rest.slice(at + 1)
  }
  return [...out, rest]
}

/** Wherever the line is full, as terminals do. */
const hard = (text: string, width: number): string =>
  stamped(text)
    .flatMap((l) => l.match(new RegExp(`.{1,${width}}`, 'g')) ?? [''])
    .join('\n')

const FORMS: Record<string, (text: string) => string> = {
  'dmesg -t': (t) => bare(t).join('\n'),
  dmesg: (t) => stamped(t).join('\n'),
  syslog: (t) => syslog(t).join('\n'),
  '/dev/kmsg': (t) =>
    bare(t)
      .map((l, i) => `4,${i},${1000 + i},-;${l}`)
      .join('\n'),
  'a quoted HTML mail': (t) =>
    stamped(t)
      .map((l) => `&gt; ${l.replace(/</g, '&lt;')}`)
      .join('\r\n'),
  'a mail wrapped at 76': (t) =>
    stamped(t)
      .flatMap((l) => soft(l, 76))
      .join('\n'),
  'a quoted mail wrapped at 72': (t) =>
    syslog(t)
      .flatMap((l) => soft(l, 72))
      .map((l) => `> ${l} `)
      .join('\n'),
  'a mail wrapped at 76, without stamps': (t) =>
    bare(t)
      .flatMap((l) => soft(l, 76))
      .join('\n'),
  'a terminal of 80 columns': (t) => hard(t, 80),
  'a terminal of 100 columns': (t) => hard(t, 100),
  'a log with other messages in it': (t) =>
    syslog(t)
      .flatMap((l) => [
        l,
        'Jan  2 03:04:05 box kernel: IN=eth0 OUT= LEN=40',
        'Jan  2 03:04:05 box sshd[7]: Killed process 1 (x)',
      ])
      .join('\n'),
}

const essence = (text: string) =>
  parseOomReports(text).map((report) => {
    const v = judgeOomReport(report)
    return {
      kernel: report.kernel,
      gfp: report.gfp,
      order: report.order,
      constraint: report.constraint,
      chosen: report.chosen,
      killed: report.killed.map(({ pid, name, total_vm_kb }) => ({ pid, name, total_vm_kb })),
      // A name that is broken leaves no sign that it was: rows are known by their pids.
      tasks: v.candidates.map(({ name: _name, ...t }) => t),
      zones: v.zones,
      totalpages: v.totalpages,
      agrees: v.agrees,
      saved_by: v.saved_by && [v.saved_by.pid, v.saved_by.oom_score_adj, v.saved_by.then_victim.pid],
    }
  })

describe.each(Object.keys(SOURCES))('%s', (name) => {
  it.each(Object.keys(FORMS))('as %s', (form) => {
    expect(essence(FORMS[form](SOURCES[name]))).toEqual(essence(SOURCES[name]))
  })
})
