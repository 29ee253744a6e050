/**
 * `--machine PATH`: a machine file, a recording of `tidemark record`, a recording's directory that holds a machine file, or a
 * directory with copies of /proc files.
 */
import { existsSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { InputError } from '../base/errors.js'
import { readMachineJson } from './from-json.js'
import { readMachineProc } from './from-proc.js'
import { readRecordedMachine } from './from-recording.js'
import type { MachineDescription } from './machine.js'

/** @throws InputError when the path cannot be read or describes no machine */
export function loadMachine(path: string): MachineDescription {
  let directory: boolean
  try {
    directory = statSync(path).isDirectory()
  } catch (e) {
    throw new InputError(`cannot be read: ${(e as Error).message}`, { file: path, code: 'TM_INPUT_UNREADABLE' })
  }
  if (!directory) return readRecordedMachine(path) ?? readMachineJson(path)
  const file = join(path, 'machine.json')
  return existsSync(file) ? readMachineJson(file) : readMachineProc(path)
}
