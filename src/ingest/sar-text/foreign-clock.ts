/** Times that are not read, and how to get others. */

import { InputError } from '../../base/errors.js'

/** Times of ar and fa: `CEST 07:39:21 ص`, `۰۷:۳۹:۲۱`. */
const FOREIGN_CLOCK = /^(\S{2,5} )?(\d{2}:\d{2}:\d{2} [صم](\s|$)|[٠-٩۰-۹]{1,2}:[٠-٩۰-۹]{2}:[٠-٩۰-۹]{2})/

/** The refusal of a line that begins with such a time, undefined for any other line. */
export function refuseForeignClock(text: string, file: string, line: number): InputError | undefined {
  if (!FOREIGN_CLOCK.test(text)) return undefined
  return new InputError('times in the digits or words of a locale that is not read', {
    file,
    line,
    expected: 'HH:MM:SS',
    found: text,
    hint: 'Run: LC_ALL=C sar ... or use sadf -j',
    code: 'TM_INPUT_REFUSED',
  })
}
