import { describe, expect, it } from 'vitest'
import { stripPrefix } from '../../../src/ingest/oom-report/line-prefix.js'

const TEXT = 'Out of memory: Killed process 10 (java) total-vm:9kB'

describe('prefixes of a kernel line', () => {
  it.each([
    ['nothing', ''],
    ['dmesg', '[  123.456789] '],
    ['dmesg -r', '<4>[  123.456789] '],
    ['dmesg -x', 'kern  :warn  : [  123.456789] '],
    ['dmesg -T', '[Tue Mar  1 10:00:00 2022] '],
    ['dmesg -T in German', '[Di Aug 12 10:00:00 2025] '],
    ['dmesg -T in Japanese', '[月  1月 26 10:00:00 2026] '],
    ['dmesg -e', '[Mar 1 10:00] '],
    ['dmesg -d', '[  +0.000012] '],
    ['dmesg with callers', '[  123.456789][ T1778] '],
    ['dmesg in an interrupt', '[  123.456789][    C0] '],
    ['syslog', 'Jan  5 15:19:27 web1 kernel: '],
    ['syslog with kernel stamps', 'Jan  5 15:19:27 web1 kernel: [ 5864.708440] '],
    ['syslog without host', 'Jan  5 15:19:27 kernel: [ 5864.708440] '],
    ['syslog with facility', 'Jan  5 15:19:27 web1 user.warn kernel: '],
    ['syslog with two colons', 'Jan  5 15:19:27 web1 kernel: : [12.345678] '],
    ['rsyslog, ISO times', '2024-02-03T10:11:12.000100+01:00 web1 kernel: [ 5864.708440] '],
    ['rsyslog, ISO times, no identifier', '2024-02-03T10:11:12.000Z web1 [ 5864.708440] '],
    ['a collector with ISO times', '2024-02-03T10:11:12.000Z [ 5864.708440] '],
    ['RFC 5424', '<4>1 2024-02-03T10:11:12.000Z web1 kernel - - - [ 5864.708440] '],
    ['RFC 5424 with data', '<4>1 2024-02-03T10:11:12.000Z web1 kernel 0 - [meta x="1"] '],
    ['the identifier twice', 'Jan  5 15:19:27 web1 kernel: kernel: [ 5864.708440] '],
    ['busybox', 'Jan  1 00:00:00 (none) kern.alert kernel: '],
    ['journalctl -o short-precise', 'Jun 04 08:09:10.123456 web1 kernel: '],
    ['journalctl -o short-iso', '2024-06-04T08:09:10+0200 web1 kernel: '],
    ['journalctl -o short-unix', '1717481350.123456 web1 kernel: '],
    ['journalctl -o short-monotonic', '[ 5864.708440] web1 kernel: '],
    ['journalctl in French', 'janv. 05 15:19:27 web1 kernel: '],
    ['/dev/kmsg', '4,1234,123456789,-,caller=T1;'],
    ['kernel alone', 'kernel: '],
    ['a list', '   '],
    ['tabs', '\t\t[  123.456789] '],
    ['a mail', '> > [  123.456789] '],
    ['an HTML mail', '&gt;&gt; &lt;4&gt;[  123.456789]&nbsp;'],
    ['colours', '\u001b[32m[  123.456789] \u001b[0m\u001b[31m'],
  ])('%s', (_name, prefix) => {
    const line = stripPrefix(prefix + TEXT)
    expect(line.text).toBe(TEXT)
    expect(line.foreign).toBe(false)
  })

  it('keeps stamps, host and caller', () => {
    expect(stripPrefix('Jan  5 15:19:27 web1 kernel: [ 5864.708440][ T12] x')).toMatchObject({
      clock: 'Jan  5 15:19:27',
      host: 'web1',
      uptime: 5864.70844,
      caller: 'T12',
      prefixed: true,
    })
    expect(stripPrefix('4,1,2500000,-,caller=C3;x')).toMatchObject({ uptime: 2.5, caller: 'C3' })
  })

  it('leaves the bracket of a task row and of a table header alone', () => {
    const row = '[ 1234]     0  1234     5700      200'
    expect(stripPrefix(`[   12.345678] ${row}`).text).toBe(row)
    expect(stripPrefix(row)).toMatchObject({ text: row, prefixed: false })
    expect(stripPrefix('[  pid  ]   uid  tgid').text).toBe('[  pid  ]   uid  tgid')
  })

  it.each([
    'Jan  5 15:19:27 web1 systemd[1]: x.service: A process of this unit has been killed by the OOM killer.',
    'Jan  5 15:19:27 web1 node-problem-detector[7]: I0105 Killed process 10 (java)',
    '2024-02-03T10:11:12Z web1 dockerd: Killed process 10 (java)',
    '[ 5864.708440] web1 systemd[1]: x',
  ])('knows a daemon: %s', (raw) => {
    expect(stripPrefix(raw).foreign).toBe(true)
  })
})
