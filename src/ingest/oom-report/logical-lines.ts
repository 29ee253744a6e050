/**
 * Puts messages together again that mail programs and terminals have wrapped: a line without prefix that does not begin
 * as any line of a report does is the rest of the line before, if that one is not complete.
 */

import { cpuIsOpen, headerIsOpen } from './header-lines.js'
import type { LogLine } from './line-prefix.js'
import { startsMemInfo, wholeness, wrapsMemInfo } from './mem-info.js'
import { memcgIsOpen, startsMemcgInfo } from './memcg-info.js'
import { isRow, isTableHeader, startsTable, strangeColumns, tableHeader, tableRow } from './task-table.js'
import { startsVerdict, verdictIsOpen, wrapsVerdict } from './verdict-lines.js'

export interface Message extends LogLine {
  /** First and last physical line, 1-based. */
  first: number
  last: number
}

/** No message of a report is wrapped into more lines than this (a zone line at 72 columns has eight). */
const MAX_PARTS = 24
/** Words of a line that says that lines were left out here: `[...]`, `(...snipped...)`, `*** 40 lines skipped ***`. */
const CUT = /\.\.\.|…|\b(?:snip(?:ped)?|cut|truncated|omitted|elided|skipped)\b/i
const CUT_WORDS = /\b(?:snip(?:ped)?|cut|truncated|omitted|elided|skipped|lines?|rows?|more|of|output)\b/gi

/** True for such a line: it has nothing but these words, numbers and ornaments. */
export function isElision(text: string): boolean {
  return text.length <= 60 && CUT.test(text) && !/[a-z:=]/i.test(text.replace(CUT_WORDS, ''))
}

export class MessageJoiner {
  private pending: Message | null = null
  private parts = 0
  /** Columns of the last table header, which tell a complete row from a cut one. */
  private columns: string[] | null = null

  /** A message is waiting for its rest. */
  get waiting(): boolean {
    return this.pending !== null
  }

  /** Takes a physical line; returns the messages that are complete now, in order. */
  push(line: LogLine, no: number): Message[] {
    const { pending } = this
    if (line.text === '') return pending && this.isOpen(pending.text) ? [] : this.flush()
    const done: Message[] = []
    if (pending) {
      if (!line.prefixed && this.parts < MAX_PARTS && !startsMessage(line.text) && !isElision(line.text)) {
        pending.text = this.join(pending.text, line.text)
        pending.last = no
        this.parts++
        return this.takesMore(pending.text) ? [] : this.flush()
      }
      done.push(...this.flush())
    }
    const message: Message = { ...line, first: no, last: no }
    this.columns = tableHeader(line.text) ?? this.columns
    if (!this.takesMore(line.text)) done.push(message)
    else {
      this.pending = message
      this.parts = 1
    }
    return done
  }

  /** The message that is still waiting for its rest. */
  flush(): Message[] {
    const done = this.pending
    this.pending = null
    if (!done) return []
    this.columns = tableHeader(done.text) ?? this.columns
    return [done]
  }

  private takesMore(text: string): boolean {
    return this.isOpen(text) || wrapsMemInfo(text) || wrapsVerdict(text)
  }

  /** Something that every release prints is still missing. */
  private isOpen(text: string): boolean {
    if (isTableHeader(text)) return tableHeader(text) === null
    if (isRow(text)) return this.columns !== null && tableRow(text, this.columns, 0) === null
    return headerIsOpen(text) || cpuIsOpen(text) || memcgIsOpen(text) || verdictIsOpen(text)
  }

  /** Terminals break inside words, mail programs at blanks: where only one way gives a whole line, it is that one. */
  private join(a: string, b: string): string {
    const spaced = `${a} ${b}`
    const whole = startsMessage(a + b) && !this.isOpen(a + b)
    if (this.isOpen(spaced)) return whole ? a + b : spaced
    return whole && this.brokeInside(a, a + b, spaced) ? a + b : spaced
  }

  /** Signs of a break inside of a word where both ways give a whole line. */
  private brokeInside(a: string, joined: string, spaced: string): boolean {
    const columns = tableHeader(spaced)
    if (columns) return strangeColumns(tableHeader(joined) ?? columns) < strangeColumns(columns)
    // A number too many ends up in the name.
    if (isRow(spaced) && this.columns !== null) return /^-?\d+ /.test(tableRow(spaced, this.columns, 0)?.name ?? '')
    if (wrapsMemInfo(spaced)) return wholeness(joined) > wholeness(spaced)
    return a.startsWith('CPU: ') && /[\d.][.-]$/.test(a)
  }
}

/** True when a line begins as a line of a report does. */
export function startsMessage(text: string): boolean {
  return (
    text.includes('invoked oom-killer:') ||
    text.startsWith('CPU: ') ||
    text.startsWith('Pid: ') ||
    startsTable(text) ||
    startsVerdict(text) ||
    startsMemInfo(text) ||
    startsMemcgInfo(text)
  )
}
