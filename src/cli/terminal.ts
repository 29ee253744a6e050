/**
 * Where commands write: data to standard output, everything else to standard error. Commands get a {@link Terminal}
 * instead of `process`, so that tests can run them in their own process and look at what they wrote.
 */

/** The reader of our output went away (`| head`): nothing is wrong, and nothing more is to be done. */
export class OutputClosed extends Error {
  constructor() {
    super('the output was closed')
    this.name = 'OutputClosed'
  }
}

export interface Terminal {
  /** Writes to standard output; wait for it before writing more. @throws OutputClosed */
  write(data: string | Uint8Array): Promise<void>
  /** Writes a line about the work, not its result, to standard error. */
  note(line: string): void
  /** Standard error is a terminal: progress can be shown. */
  readonly interactive: boolean
  /** Messages may be coloured. */
  readonly colour: boolean
  /** Rewrites one line on standard error; '' takes it away. Only where `interactive`. */
  status(line: string): void
  readonly stdin: AsyncIterable<Uint8Array>
}

function isClosed(error: unknown): boolean {
  const code = (error as NodeJS.ErrnoException).code
  return code === 'EPIPE' || code === 'ERR_STREAM_DESTROYED'
}

/** The process's own streams. */
export function processTerminal(): Terminal {
  const { stdout, stderr, env } = process
  let shown = false
  // A write's callback reports its error too; without listeners the event would end the process.
  stdout.on('error', () => {})
  stderr.on('error', () => {})
  const interactive = stderr.isTTY === true
  const clear = (): void => {
    if (shown) stderr.write('\r\u001b[K')
    shown = false
  }
  return {
    interactive,
    colour: interactive && !env.NO_COLOR && env.TERM !== 'dumb',
    stdin: process.stdin,
    write: (data) =>
      new Promise((resolve, reject) => {
        clear()
        stdout.write(data, (error) => {
          if (!error) resolve()
          else reject(isClosed(error) ? new OutputClosed() : error)
        })
      }),
    note: (line) => {
      clear()
      stderr.write(`${line}\n`)
    },
    status: (line) => {
      if (!interactive) return
      clear()
      if (line === '') return
      stderr.write(line.slice(0, Math.max(20, (stderr.columns ?? 80) - 1)))
      shown = true
    },
  }
}
