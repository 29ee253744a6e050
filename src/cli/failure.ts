/** From whatever was thrown to a message on standard error and an exit status. */

import { CommanderError } from 'commander'
import { EXIT, TidemarkError } from '../base/errors.js'
import { Interrupted } from './interrupt.js'
import { OutputClosed, type Terminal } from './terminal.js'

/** Exit status after SIGINT or SIGTERM, as shells count it. */
export const EXIT_INTERRUPTED = 130

const RED = '\u001b[31m'
const PLAIN = '\u001b[0m'

/** Says what went wrong and returns the exit status for it. */
export function reportFailure(error: unknown, terminal: Terminal): number {
  if (error instanceof OutputClosed) return EXIT.ok
  // Commander has written its message; help and version are no failures.
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage
  if (error instanceof Interrupted) {
    terminal.note(`tidemark: ${error.message}`)
    return EXIT_INTERRUPTED
  }
  const label = (code: string): string => (terminal.colour ? `${RED}error${PLAIN} ${code}` : `error ${code}`)
  if (error instanceof TidemarkError) {
    terminal.note(`${label(error.code)}: ${error.message}`)
    if (error.hint !== undefined) terminal.note(`  hint: ${error.hint}`)
    return error.exitCode
  }
  const bug = error instanceof Error ? error : new Error(String(error))
  terminal.note(`${label('TM_INTERNAL')}: ${bug.message}`)
  if (process.env.TIDEMARK_DEBUG) terminal.note(bug.stack ?? '')
  else terminal.note('  hint: this is a bug in tidemark; TIDEMARK_DEBUG=1 shows where it happened')
  return EXIT.internal
}
