/** Allocation traces in their written forms. */

import { closeSync, openSync, writeSync } from 'node:fs'
import { createTraceWriter, type TraceForm } from '../../src/ingest/allocation/write/forms.js'
import { headerOf } from '../traces/load.js'
import { SINGLE } from '../traces/loads.js'

/** Writes a trace with one page an event. */
export function writeTraceAs(form: TraceForm, path: string, events: number): void {
  const fd = openSync(path, 'w')
  const writer = createTraceWriter(form, headerOf(SINGLE))
  let text = ''
  const put = (parts: Iterable<string | Uint8Array>): void => {
    for (const part of parts) {
      text += part
      if (text.length < 1 << 20) continue
      writeSync(fd, text)
      text = ''
    }
  }
  for (const batch of SINGLE.generate(events)) put(writer.add(batch))
  put(writer.finish())
  writeSync(fd, text)
  closeSync(fd)
}
