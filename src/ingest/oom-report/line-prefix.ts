/**
 * Takes off everything that logging, mailing and posting put before a line of the kernel: colours, HTML entities, quote
 * marks, log levels, syslog and journal prefixes, time stamps, printk's caller.
 */

export interface LogLine {
  /** The kernel's text, trimmed. */
  text: string
  /** A prefix was there: the line is the beginning of a message and not the rest of a wrapped one. */
  prefixed: boolean
  /** Written by a daemon; such lines repeat or quote kernel messages and must not be believed. */
  foreign: boolean
  host: string | null
  /** CONFIG_PRINTK_CALLER: `T123` or `C0`. */
  caller: string | null
  /** Seconds since boot. */
  uptime: number | null
  /** Wall-clock stamp as printed. */
  clock: string | null
}

const ANSI = /\u001b\[[0-9;?]*[ -/]*[@-~]/g
const ENTITY = /&(?:#(\d{1,7})|#x([0-9a-f]{1,6})|(gt|lt|amp|quot|apos|nbsp));/gi
const NAMED: Record<string, string> = { gt: '>', lt: '<', amp: '&', quot: '"', apos: "'", nbsp: ' ' }
const BLANKS = /[\u0000-\u001f\u007f\u00a0\u2000-\u200b\u202f\u3000\ufeff]/g
const QUOTE = /^ *(?:[>|] ?)+/
/** Version of RFC 5424 behind the level. */
const VERSION = /^ *1 (?=\d{4}-\d\d-\d\dT)/
const LEVEL = /^ *<\d{1,3}>/
/** `dmesg -x`. */
const FACILITY = /^ *(?:kern|user|daemon|syslog) *:(?:emerg|alert|crit|err|warn|notice|info|debug) *: */
/** /dev/kmsg: `level,sequence,microseconds,flags[,caller=T1];text`. */
const KMSG = /^\d{1,4},\d+,(\d{1,18}),[^;]{0,40}?(?:caller=([TC]\d+))?;/
/** syslog and `journalctl -o short*`: months are localised (`Mär`, `janv.`, `1月`). */
const DATE =
  /^ *((?:\p{L}[\p{L}.]{1,5}|\d{1,2}月) +\d{1,2}(?: +\d{4})? +\d\d:\d\d:\d\d(?:\.\d+)?|\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d+)?(?:Z| ?[+-]\d\d:?\d\d)?|\d{9,11}\.\d{3,9}) +/u
const KERNEL =
  /^ *(?:([^ :[\]]+) +)?(?:[a-z0-9]+\.(?:emerg|alert|crit|err|error|warn|warning|notice|info|debug) +)?kernel(?:\[\d+\])? *: ?(?:: )?/
/** RFC 5424: `<4>1 DATE HOST kernel PROCID MSGID [DATA] text`, here from behind the date on. */
const RFC5424 = /^ *([^ :[\]]+) +kernel +[^ ]{1,64} +[^ ]{1,64} +(?:-|\[[^\]]{0,200}\]) ?/
const KERNEL_AGAIN = /^ *kernel: ?/
/** A host in front of the kernel's own stamp, without the identifier. */
const HOST = /^ *([^ :[\]]+) +(?=\[ *\d{1,10}\.\d{3,9}\])/
/** `HOST daemon[pid]: …` after a date. */
const DAEMON = /^ *[^ :[\]]+ +[\w.@/()+-]+(?:\[\d+\])?: /
/** The same after a bracketed stamp only, where the pid is what tells it from a kernel message. */
const DAEMON_PID = /^ *(?:[^ :[\]]+ +)?[\w.@/()+-]+\[\d+\]: /
const UPTIME = /^ *\[ *(\d{1,10})\.(\d{3,9})(?:[@,]\d+)?\] ?/
const CALLER = /^ *\[ *([TC]\d+)\] ?/
/** `dmesg -T` and `-e`: anything with a clock in it, or a difference `+0.000012`. */
const CLOCK = /^ *\[ *((?:[^[\]]{0,40}?\d\d:\d\d[^[\]]{0,20})|\+\d+\.\d+)\] ?/

/** Splits one physical line. Never fails: a line without any prefix is its own text. */
export function stripPrefix(raw: string): LogLine {
  let s = raw
  if (s.includes('\u001b')) s = s.replace(ANSI, '')
  if (s.includes('&')) s = s.replace(ENTITY, entity)
  s = s.replace(BLANKS, ' ')
  const line: LogLine = {
    text: '',
    prefixed: false,
    foreign: false,
    host: null,
    caller: null,
    uptime: null,
    clock: null,
  }
  const take = (re: RegExp): RegExpExecArray | null => {
    const m = re.exec(s)
    if (m) {
      s = s.slice(m[0].length)
      line.prefixed = true
    }
    return m
  }
  const quote = QUOTE.exec(s)
  if (quote) s = s.slice(quote[0].length)
  take(LEVEL)
  take(FACILITY)
  const kmsg = take(KMSG)
  if (kmsg) {
    line.uptime = Number(kmsg[1]) / 1e6
    line.caller = kmsg[2] ?? null
  } else {
    take(VERSION)
    const date = take(DATE)
    if (date) line.clock = date[1]
    const kernel = take(KERNEL) ?? (date ? (take(RFC5424) ?? take(HOST)) : null)
    if (kernel) line.host = kernel[1] ?? null
    else if (date && DAEMON.test(s)) line.foreign = true
    // Some daemons put the identifier of the message before their own.
    while (kernel && take(KERNEL_AGAIN));
    take(LEVEL)
    stamps(line, take)
    // `journalctl -o short-monotonic` puts host and identifier behind the stamp.
    if (!kernel && line.uptime !== null) {
      const late = take(KERNEL)
      if (late) line.host = late[1] ?? null
      else if (DAEMON_PID.test(s)) line.foreign = true
    }
  }
  line.text = s.trim()
  return line
}

function stamps(line: LogLine, take: (re: RegExp) => RegExpExecArray | null): void {
  for (let i = 0; i < 4; i++) {
    const up = take(UPTIME)
    if (up) {
      line.uptime = Number(`${up[1]}.${up[2]}`)
      continue
    }
    const caller = take(CALLER)
    if (caller) {
      line.caller = caller[1]
      continue
    }
    const clock = take(CLOCK)
    if (!clock) return
    line.clock ??= clock[1]
  }
}

function entity(whole: string, dec: string | undefined, hex: string | undefined, name: string | undefined): string {
  if (name !== undefined) return NAMED[name.toLowerCase()] ?? whole
  const code = dec !== undefined ? Number(dec) : Number.parseInt(hex ?? '', 16)
  return code > 0 && code <= 0x10ffff ? String.fromCodePoint(code) : whole
}
