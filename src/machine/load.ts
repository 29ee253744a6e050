/** `--machine PATH`: a machine file, or a directory with copies of /proc files. */
import { statSync } from 'node:fs'
import { InputError } from '../base/errors.js'
import { readMachineJson } from './from-json.js'
import { readMachineProc } from './from-proc.js'
import type { MachineDescription } from './machine.js'

/** @throws InputError when the path cannot be read or describes no machine */
export function loadMachine(path: string): MachineDescription {
  let directory: boolean
  try {
    directory = statSync(path).isDirectory()
  } catch (e) {
    throw new InputError(`cannot be read: ${(e as Error).message}`, { file: path, code: 'TM_INPUT_UNREADABLE' })
  }
  return directory ? readMachineProc(path) : readMachineJson(path)
}
