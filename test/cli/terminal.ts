import { runCli } from '../../src/cli/program.js'
import type { Terminal } from '../../src/cli/terminal.js'

/** A terminal that keeps what was written. */
export class FakeTerminal implements Terminal {
  out = ''
  notes: string[] = []
  interactive = false
  colour = false
  statuses: string[] = []
  stdin: AsyncIterable<Uint8Array> = (async function* () {})()

  async write(text: string): Promise<void> {
    this.out += text
  }

  note(line: string): void {
    this.notes.push(line)
  }

  status(line: string): void {
    this.statuses.push(line)
  }
}

/** Runs a command line in this process. */
export async function cli(...argv: string[]): Promise<{ status: number; out: string; notes: string }> {
  const terminal = new FakeTerminal()
  const status = await runCli(argv, terminal)
  return { status, out: terminal.out, notes: terminal.notes.join('\n') }
}
