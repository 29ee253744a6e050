/**
 * Every failure a user can act on is a {@link TidemarkError}: a stable code, a documented exit status and a message
 * that says what is wrong, where, and what was expected. Anything else that escapes is a bug of tidemark.
 */

/** Exit statuses of the command line, as documented in the README. */
export const EXIT = {
  ok: 0,
  /** A bug in tidemark. */
  internal: 1,
  /** The command line was wrong: unknown option, bad value. */
  usage: 2,
  /** An input file is missing, unreadable, of no known format, or broken. */
  input: 3,
  /** The database cannot be opened or written, or a query is wrong. */
  store: 4,
  /** `--check` found the model breaking one of its conservation laws. */
  check: 5,
} as const

export type ErrorCode =
  | 'TM_USAGE'
  | 'TM_INPUT_UNREADABLE'
  | 'TM_INPUT_UNKNOWN_FORMAT'
  | 'TM_INPUT_REFUSED'
  | 'TM_INPUT_SYNTAX'
  | 'TM_INPUT_VALUE'
  | 'TM_MACHINE'
  | 'TM_STORE'
  | 'TM_QUERY'
  | 'TM_CHECK'
  | 'TM_OUTPUT'

export class TidemarkError extends Error {
  constructor(
    readonly code: ErrorCode,
    message: string,
    readonly exitCode: number,
    /** What the user can do about it, printed on a line of its own. */
    readonly hint?: string,
  ) {
    super(message)
    this.name = 'TidemarkError'
  }
}

export interface InputErrorDetails {
  /** Path as the user gave it, `-` for standard input. */
  file: string
  /** 1-based line, where the input has lines. */
  line?: number
  /** What should have stood there. */
  expected?: string
  /** What stood there, shortened. */
  found?: string
  hint?: string
  code?: ErrorCode
}

/** An input that cannot be used: `file:line: message (expected …, found …)`. */
export class InputError extends TidemarkError {
  readonly file: string
  readonly line?: number

  constructor(message: string, d: InputErrorDetails) {
    const where = d.line === undefined ? d.file : `${d.file}:${d.line}`
    const parts: string[] = []
    if (d.expected !== undefined) parts.push(`expected ${d.expected}`)
    if (d.found !== undefined) parts.push(`found ${excerpt(d.found)}`)
    super(
      d.code ?? 'TM_INPUT_SYNTAX',
      `${where}: ${message}${parts.length ? ` (${parts.join(', ')})` : ''}`,
      EXIT.input,
      d.hint,
    )
    this.name = 'InputError'
    this.file = d.file
    this.line = d.line
  }
}

export class UsageError extends TidemarkError {
  constructor(message: string, hint?: string) {
    super('TM_USAGE', message, EXIT.usage, hint)
    this.name = 'UsageError'
  }
}

/** At most 80 characters of foreign text, control characters made visible, in quotes. */
export function excerpt(text: string, max = 80): string {
  const cut = text.length > max ? `${text.slice(0, max)}…` : text
  return JSON.stringify(cut)
}
