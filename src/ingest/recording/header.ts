/** The line that begins a session of a recording. */

import { InputError } from '../../base/errors.js'
import { RECORDING_FORMAT, type RecordingHeader } from '../../trace/recording-format.js'

/**
 * Checks a parsed header.
 * @throws InputError for a version that is not known, or where a field is missing or of a wrong type
 */
export function readRecordingHeader(value: Record<string, unknown>, file: string, line: number): RecordingHeader {
  const fail = (message: string, expected: string, found: unknown, hint?: string): InputError =>
    new InputError(message, {
      file,
      line,
      expected,
      found: JSON.stringify(found) ?? 'nothing',
      hint,
      code: 'TM_INPUT_VALUE',
    })
  if (value.recording !== RECORDING_FORMAT) {
    const hint = 'It was made by another version of tidemark; read it with that one.'
    throw fail('a recording of another version', RECORDING_FORMAT, value.recording, hint)
  }
  for (const name of ['epoch', 'mono', 'interval', 'page_size']) {
    if (!Number.isFinite(value[name])) throw fail(`the header has no ${name}`, 'a number', value[name])
  }
  if ((value.page_size as number) <= 0) throw fail('the header has a wrong page_size', 'bytes', value.page_size)
  const { uptime, machine, tool, host, boot_id } = value
  if (uptime !== undefined && !Number.isFinite(uptime)) throw fail('the header has a wrong uptime', 'seconds', uptime)
  if (typeof machine !== 'object' || machine === null || Array.isArray(machine)) {
    throw fail('the header has no machine', 'an object', machine)
  }
  for (const [name, text] of Object.entries({ tool, host, boot_id })) {
    if (text !== undefined && typeof text !== 'string') throw fail(`the header has a wrong ${name}`, 'a string', text)
  }
  return value as unknown as RecordingHeader
}

/** Kernel release of a machine document: the third word of /proc/version. */
export function releaseOf(machine: Record<string, unknown>): string | undefined {
  return typeof machine.kernel === 'string' ? /^Linux version (\S+)/.exec(machine.kernel)?.[1] : undefined
}
