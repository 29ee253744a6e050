/** Digest of a file's bytes: by it runs of one trace find each other, whatever it was called. */

import { createHash } from 'node:crypto'
import { closeSync, openSync, readSync } from 'node:fs'
import { unreadable } from '../base/byte-source.js'

/** `sha256:…` of the bytes as they lie on disk. @throws InputError when the file cannot be read */
export async function digestFile(path: string, checkpoint: () => Promise<void>): Promise<string> {
  const hash = createHash('sha256')
  const buffer = Buffer.allocUnsafe(1 << 20)
  try {
    const fd = openSync(path, 'r')
    try {
      for (let n = readSync(fd, buffer); n > 0; n = readSync(fd, buffer)) {
        hash.update(buffer.subarray(0, n))
        await checkpoint()
      }
    } finally {
      closeSync(fd)
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).syscall === undefined) throw error
    throw unreadable(path, error)
  }
  return `sha256:${hash.digest('hex')}`
}
