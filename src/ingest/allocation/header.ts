/** The header of an allocation trace, the same object in all its forms. */

import { InputError } from '../../base/errors.js'
import type { TraceHeader } from '../../trace/events.js'

/** Bytes of a page that Linux uses: 4, 16 or 64 KiB, and what other architectures had between. */
const PAGE_SIZES = [4096, 8192, 16384, 32768, 65536]

/** Checks what was parsed as a header. @throws InputError naming what is missing or wrong */
export function readHeader(value: unknown, file: string, line?: number): TraceHeader {
  const fail = (message: string, expected: string, found?: unknown): InputError =>
    new InputError(message, {
      file,
      line,
      expected,
      found: found === undefined ? undefined : typeof found === 'string' ? found : JSON.stringify(found),
      code: 'TM_INPUT_VALUE',
    })
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw fail('the trace has no header', '{"trace":"allocation/1", ...}', value)
  }
  const header = value as Record<string, unknown>
  if (header.trace !== 'allocation/1') {
    throw fail('the header names no known trace version', '"trace":"allocation/1"', header.trace ?? 'no "trace"')
  }
  const pageSize = header.page_size ?? 4096
  if (!PAGE_SIZES.includes(pageSize as number)) {
    throw fail('"page_size" is not the size of a page', `one of ${PAGE_SIZES.join(', ')}`, pageSize)
  }
  const machine = header.machine ?? undefined
  if (machine !== undefined && (typeof machine !== 'object' || Array.isArray(machine))) {
    throw fail('"machine" in the header is not an object', 'an object', machine)
  }
  return {
    trace: 'allocation/1',
    page_size: pageSize as number,
    ...(machine === undefined ? {} : { machine: machine as Record<string, unknown> }),
    ...(typeof header.note === 'string' ? { note: header.note } : {}),
  }
}
