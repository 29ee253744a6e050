/** The machine that a recording of `tidemark record` holds in its first line. */
import { closeSync, openSync, readSync, statSync } from 'node:fs'
import { constants, gunzipSync } from 'node:zlib'
import { RECORDING_START, type RecordingHeader } from '../trace/recording-format.js'
import { machineFromJson } from './from-json.js'
import type { MachineDescription } from './machine.js'

const BLOCK = 1024 * 1024
/** Longest first line, bytes: per-CPU lists of large hosts make it long. */
const MAX_HEADER = 16 * BLOCK

/**
 * Reads the machine of a recording, gzip included.
 *
 * @returns undefined where the file is no recording, its first line is not whole, or it cannot be opened
 * @throws InputError naming file and field for a wrong type
 */
export function readRecordedMachine(path: string): MachineDescription | undefined {
  // A pipe can be read only once, and then by whoever reads machine files.
  if (!statSync(path).isFile()) return undefined
  const line = firstLine(path)
  if (line === undefined || !RECORDING_START.test(line)) return undefined
  let header: RecordingHeader
  try {
    header = JSON.parse(line) as RecordingHeader
  } catch {
    return undefined
  }
  return machineFromJson(header.machine, path)
}

function firstLine(path: string): string | undefined {
  let fd: number
  try {
    fd = openSync(path, 'r')
  } catch {
    return undefined
  }
  try {
    let bytes = Buffer.alloc(0)
    while (bytes.length < MAX_HEADER) {
      const block = Buffer.alloc(BLOCK)
      const got = readSync(fd, block, 0, BLOCK, null)
      bytes = Buffer.concat([bytes, block.subarray(0, got)])
      const text = decoded(bytes)
      const end = text.indexOf('\n')
      if (end >= 0) return text.toString('utf8', 0, end)
      if (got === 0 || !RECORDING_START.test(text.toString('utf8', 0, 256))) return undefined
    }
    return undefined
  } finally {
    closeSync(fd)
  }
}

/** What the beginning of a file holds; of gzip data as far as it goes. */
function decoded(bytes: Buffer): Buffer {
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) return bytes
  try {
    return gunzipSync(bytes, { finishFlush: constants.Z_SYNC_FLUSH, maxOutputLength: 16 * MAX_HEADER })
  } catch {
    return Buffer.alloc(0)
  }
}
