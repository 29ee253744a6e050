import { describe, expect, it } from 'vitest'
import { EXIT, InputError, TidemarkError, UsageError } from '../../src/base/errors.js'
import { EXIT_INTERRUPTED, reportFailure } from '../../src/cli/failure.js'
import { Interrupted } from '../../src/cli/interrupt.js'
import { OutputClosed } from '../../src/cli/terminal.js'
import { FakeTerminal } from './terminal.js'

function report(error: unknown): { status: number; notes: string[] } {
  const terminal = new FakeTerminal()
  return { status: reportFailure(error, terminal), notes: terminal.notes }
}

describe('a failure', () => {
  it('names its code, where it is, what was expected and found, and what to do', () => {
    const error = new InputError('touch: no such region', {
      file: 'a.ndjson',
      line: 7,
      expected: 'heap',
      found: 'stack',
      hint: 'map it first',
    })
    expect(report(error)).toEqual({
      status: EXIT.input,
      notes: [
        'error TM_INPUT_SYNTAX: a.ndjson:7: touch: no such region (expected heap, found "stack")',
        '  hint: map it first',
      ],
    })
  })

  it('has the exit status of its kind', () => {
    expect(report(new UsageError('no')).status).toBe(2)
    expect(report(new TidemarkError('TM_STORE', 'no', EXIT.store)).status).toBe(4)
    expect(report(new TidemarkError('TM_CHECK', 'no', EXIT.check)).status).toBe(5)
    expect(report(new Interrupted('SIGINT')).status).toBe(EXIT_INTERRUPTED)
    expect(report(new OutputClosed())).toEqual({ status: 0, notes: [] })
  })

  it('of our own says that it is one, without a stack', () => {
    const { status, notes } = report(new TypeError('x is not a function'))
    expect(status).toBe(1)
    expect(notes[0]).toBe('error TM_INTERNAL: x is not a function')
    expect(notes.join('\n')).not.toMatch(/\n\s+at /)
  })

  it('is red only on a terminal that wants colours', () => {
    const terminal = new FakeTerminal()
    terminal.colour = true
    reportFailure(new UsageError('no'), terminal)
    expect(terminal.notes[0]).toContain('\u001b[31m')
    expect(report(new UsageError('no')).notes[0]).not.toContain('\u001b')
  })
})
