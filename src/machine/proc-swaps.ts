/** /proc/swaps, see proc(5). */
import { InputError } from '../base/errors.js'
import type { MachineSwap } from './machine.js'

/**
 * Reads the text of /proc/swaps. Its sizes leave the header page of each area out already.
 *
 * @param where file (or file and field) for messages
 * @throws InputError for a line that is not one of /proc/swaps
 */
export function parseProcSwaps(text: string, where: string): MachineSwap[] {
  const swaps: MachineSwap[] = []
  const lines = text.split(/\r?\n/)
  for (let i = 0; i < lines.length; i++) {
    const line = lines[i].trim()
    if (line === '' || line.startsWith('Filename')) continue
    // A name may hold blanks (written \040), so the four columns are taken from the right.
    const m = /^(\S.*?)\s+(?:partition|file)\s+(\d+)\s+\d+\s+(-?\d+)$/.exec(line)
    if (!m) {
      throw new InputError('not a line of /proc/swaps', {
        file: where,
        line: i + 1,
        expected: 'name, type, size, used, priority',
        found: line,
        code: 'TM_MACHINE',
      })
    }
    swaps.push({ name: m[1], pages: Math.floor(Number(m[2]) / 4), priority: Number(m[3]) })
  }
  return swaps
}
